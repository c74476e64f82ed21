// SPDX-License-Identifier: Apache-2.0
#include "stream/snapshot.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/decimal.h"

namespace streamutils {
SnapshotWriter& SnapshotWriter::entry(std::string_view kind) {
  begin_line();
  std::string begin = "{\"entry\":";
  append_json_string(begin, kind);
  lines_.append(begin);
  open_ = Open::entry;
  return *this;
}

SnapshotWriter& SnapshotWriter::json(std::string_view name, std::string_view raw) {
  std::string label = ",";
  append_json_string(label, name);
  lines_.append(label += ':');
  lines_.append(raw);
  return *this;
}

SnapshotWriter& SnapshotWriter::field(std::string_view name, std::string_view text) {
  std::string escaped;
  append_json_string(escaped, text);
  return json(name, escaped);
}

SnapshotWriter& SnapshotWriter::field(std::string_view name, std::int64_t n) {
  return json(name, fmt::format_int(n).c_str());
}

SnapshotWriter& SnapshotWriter::field(std::string_view name, std::uint64_t n) {
  return json(name, fmt::format_int(n).c_str());
}

SnapshotWriter& SnapshotWriter::field(std::string_view name, bool b) {
  return json(name, b ? "true" : "false");
}

// Nanoseconds, not RFC 3339: kMinTime and kMaxTime must survive too.
SnapshotWriter& SnapshotWriter::field(std::string_view name, Timestamp t) {
  return field(name, to_nanos(t));
}

RowText& SnapshotWriter::row() {
  begin_line();
  row_.begin();
  open_ = Open::row;
  return row_;
}

void SnapshotWriter::lines(std::string_view lines) {
  begin_line();
  lines_.append(lines);
}

void SnapshotWriter::part(std::unique_ptr<SnapshotPart> part) {
  if (take_part_) return take_part_(std::move(part));
  complete();
  part->write(*this);
}

std::string SnapshotWriter::take() {
  complete();
  return lines_.take();
}

void SnapshotWriter::take(std::string& lines) {
  complete();
  lines_.take(lines);
}

void SnapshotWriter::finish() {
  complete();
  put_(lines_.text());
  lines_.clear();
}

void SnapshotWriter::complete() {
  if (open_ == Open::entry) lines_.append("}\n");
  if (open_ == Open::row) row_.end();
  open_ = Open::nothing;
}

SnapshotReader::SnapshotReader(std::string lines) : lines_(std::move(lines)), size_(lines_.size()) {
  lines_.append(Record::kPadding, '\0');
}

void SnapshotReader::restart(std::string_view lines) {
  lines_.assign(lines).append(Record::kPadding, '\0');
  size_ = lines.size();
  position_ = 0;
  number_ = 0;
  elements_.clear();
  status_ = Status();
}

bool SnapshotReader::take_line(std::string_view& line) {
  if (!status_.ok() || position_ >= size_) return false;
  const std::size_t end = lines_.find('\n', position_);
  if (end == std::string::npos || end >= size_) {
    fail("the last line is cut off");
    return false;
  }
  line = std::string_view(lines_).substr(position_, end - position_);
  position_ = end + 1;
  ++number_;
  return true;
}

bool SnapshotReader::next() {
  std::string_view line;
  if (!take_line(line)) return false;
  elements_.clear();
  record_.reset(line);
  if (!record_.check()) {
    fail(std::string(record_.damage()));
    return false;
  }
  kind_ = text("entry");
  return status_.ok();
}

bool SnapshotReader::next_row() {
  std::string_view line;
  if (position_ >= size_ || lines_[position_] != '[' || !take_line(line)) return false;
  if (const std::string_view damage = array_.split(line, elements_); !damage.empty()) {
    fail(std::string(damage));
  }
  return status_.ok();
}

bool SnapshotReader::next_is(std::string_view kind) {
  if (!status_.ok() || position_ >= size_) return false;
  const std::string start = fmt::format("{{\"entry\":\"{}\"", kind);
  if (std::string_view(lines_).substr(position_, start.size()) != start) return false;
  return next();
}

Value SnapshotReader::json(std::string_view name) const { return record_.member(name); }

template <typename Name>
std::string SnapshotReader::read_text(Value value, Name name) {
  if (!value.is(Kind::string)) {
    fail(fmt::format("no text '{}'", name));
    return {};
  }
  std::string scratch;
  return std::string(value.text(scratch));
}

template <typename Name>
std::int64_t SnapshotReader::read_integer(Value value, Name name) {
  const auto n = value.is(Kind::number) ? to_int64(value.raw()) : std::nullopt;
  if (!n) fail(fmt::format("no integer '{}'", name));
  return n.value_or(0);
}

template <typename Name>
std::uint64_t SnapshotReader::read_unsigned(Value value, Name name) {
  const std::string_view raw = value.raw();
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), n);
  if (raw.empty() || error != std::errc() || end != raw.data() + raw.size()) {
    fail(fmt::format("no whole number '{}'", name));
  }
  return n;
}

std::string SnapshotReader::text(std::string_view name) { return read_text(json(name), name); }

std::string SnapshotReader::text(std::size_t i) { return read_text(json(i), i); }

std::int64_t SnapshotReader::integer(std::string_view name) {
  return read_integer(json(name), name);
}

std::int64_t SnapshotReader::integer(std::size_t i) { return read_integer(json(i), i); }

std::uint64_t SnapshotReader::unsigned_integer(std::string_view name) {
  return read_unsigned(json(name), name);
}

std::uint64_t SnapshotReader::unsigned_integer(std::size_t i) { return read_unsigned(json(i), i); }

bool SnapshotReader::boolean(std::string_view name) {
  const Value value = record_.member(name);
  if (!value.is(Kind::boolean)) {
    fail(fmt::format("no boolean '{}'", name));
    return false;
  }
  return value.as_bool();
}

Timestamp SnapshotReader::time(std::string_view name) { return from_nanos(integer(name)); }

void SnapshotReader::fail(std::string message) {
  if (status_.ok()) status_ = Error{fmt::format("snapshot entry {}: {}", number_, message)};
}

}  // namespace streamutils
