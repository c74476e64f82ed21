// SPDX-License-Identifier: Apache-2.0
#include "stream/snapshot.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/decimal.h"

namespace streamutils {
namespace {

constexpr std::size_t kPiece = 1 << 18;

}  // namespace

SnapshotWriter& SnapshotWriter::entry(std::string_view kind) {
  finish_entry();
  if (put_ && lines_.size() >= kPiece) finish();
  lines_ += "{\"entry\":";
  append_json_string(lines_, kind);
  open_ = true;
  return *this;
}

SnapshotWriter& SnapshotWriter::json(std::string_view name, std::string_view raw) {
  lines_ += ',';
  append_json_string(lines_, name);
  lines_ += ':';
  lines_ += raw;
  return *this;
}

SnapshotWriter& SnapshotWriter::field(std::string_view name, std::string_view text) {
  json(name, "");
  append_json_string(lines_, text);
  return *this;
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

std::string SnapshotWriter::take() {
  finish_entry();
  return std::exchange(lines_, {});
}

void SnapshotWriter::finish() {
  finish_entry();
  put_(lines_);
  lines_.clear();
}

void SnapshotWriter::finish_entry() {
  if (open_) lines_ += "}\n";
  open_ = false;
}

SnapshotReader::SnapshotReader(std::string lines) : lines_(std::move(lines)), size_(lines_.size()) {
  lines_.append(Record::kPadding, '\0');
}

bool SnapshotReader::next() {
  if (!status_.ok() || position_ >= size_) return false;
  const std::size_t end = lines_.find('\n', position_);
  if (end == std::string::npos || end >= size_) {
    fail("the last line is cut off");
    return false;
  }
  record_.reset(std::string_view(lines_).substr(position_, end - position_));
  position_ = end + 1;
  ++number_;
  if (!record_.check()) {
    fail(std::string(record_.damage()));
    return false;
  }
  kind_ = text("entry");
  return status_.ok();
}

bool SnapshotReader::next_is(std::string_view kind) {
  if (!status_.ok() || position_ >= size_) return false;
  const std::string start = fmt::format("{{\"entry\":\"{}\"", kind);
  if (std::string_view(lines_).substr(position_, start.size()) != start) return false;
  return next();
}

Value SnapshotReader::json(std::string_view name) const { return record_.member(name); }

std::string SnapshotReader::text(std::string_view name) {
  const Value value = record_.member(name);
  if (!value.is(Kind::string)) {
    fail(fmt::format("no text '{}'", name));
    return {};
  }
  std::string scratch;
  return std::string(value.text(scratch));
}

std::int64_t SnapshotReader::integer(std::string_view name) {
  const Value value = record_.member(name);
  const auto n = value.is(Kind::number) ? to_int64(value.raw()) : std::nullopt;
  if (!n) fail(fmt::format("no integer '{}'", name));
  return n.value_or(0);
}

std::uint64_t SnapshotReader::unsigned_integer(std::string_view name) {
  const std::string_view raw = record_.member(name).raw();
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), n);
  if (raw.empty() || error != std::errc() || end != raw.data() + raw.size()) {
    fail(fmt::format("no whole number '{}'", name));
  }
  return n;
}

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
