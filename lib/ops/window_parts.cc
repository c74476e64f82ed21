// SPDX-License-Identifier: Apache-2.0
#include "ops/window_parts.h"

#include <algorithm>

#include "json/writer.h"
#include "ops/snapshot_bytes.h"

namespace streamutils {
namespace {

constexpr char kBetween = '\n';  // between the values of a key

}  // namespace

GroupKey KeyReader::read(const Record& record) {
  canonical_.clear();
  spelling_.clear();
  bool same = true;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) {
      canonical_ += kBetween;
      spelling_ += kBetween;
    }
    const Value value = record.get(fields_[i]);
    const std::size_t begin = canonical_.size();
    append_key(canonical_, value);
    same = same && std::string_view(canonical_).substr(begin) == value.raw();
    spelling_ += value.raw();
  }
  return {canonical_, same ? std::string_view() : std::string_view(spelling_)};
}

RowWriter::RowWriter(const std::vector<Path>& keys, const AggregateList& aggregates)
    : aggregates_(aggregates) {
  for (const Path& key : keys) {
    std::string label = ",";
    append_json_string(label, key.text());
    key_labels_.push_back(label + ':');
  }
}

void RowWriter::begin_window(Timestamp start, Timestamp end) {
  times_ = "{\"window_start\":";
  append_time(times_, start, style_);
  times_ += ",\"window_end\":";
  append_time(times_, end, style_);
}

void RowWriter::write(const Group& group, const std::byte* block, bool partial, Emitter& out) {
  row_ = times_;
  std::string_view spelling = group.spelling();
  for (const std::string& label : key_labels_) {
    const std::size_t length = std::min(spelling.find(kBetween), spelling.size());
    if (length > 0) row_.append(label).append(spelling.substr(0, length));
    spelling.remove_prefix(std::min(length + 1, spelling.size()));
  }
  aggregates_.write(block, row_);
  row_ += partial ? ",\"partial\":true}" : "}";
  out.emit(row_);
}

bool PartialFilter::is_partial(const Record& record) {
  if (stream_ == Stream::unknown) {
    const bool has_end = record.member("window_end").exists();
    if (record.ok()) stream_ = has_end ? Stream::rows : Stream::events;
  }
  if (stream_ != Stream::rows && !record.line().starts_with("{\"window_start\":")) return false;
  return record.member("window_end").exists() && record.member("partial").raw() == "true";
}

void PartialFilter::save(SnapshotWriter& out) const {
  out.field("rows", static_cast<std::int64_t>(stream_));
}

void PartialFilter::restore(SnapshotReader& in) {
  const std::int64_t stream = in.integer("rows");
  if (stream < 0 || stream > 2) return in.fail("'rows' is out of range");
  stream_ = static_cast<Stream>(stream);
}

bool WindowParts::read(const Record& record, Emitter& out, GroupKey& key, Outcome& outcome) {
  const bool is_partial = partial.is_partial(record);
  key = keys.read(record);
  aggregates.read(record);
  if (!record.ok()) {
    outcome.fate = Fate::bad;
    return false;
  }
  if (is_partial) {
    out.count("partial row of another window stage");
    outcome.fate = Fate::dropped;
    return false;
  }
  ++events;
  return true;
}

void WindowParts::save(SnapshotWriter& out) const {
  out.entry("windows").field("events", events).field("watermark", watermark);
  partial.save(out);
}

void WindowParts::restore(SnapshotReader& in) {
  if (!in.next_is("windows")) return in.fail("no entry 'windows'");
  events = in.unsigned_integer("events");
  watermark = in.time("watermark");
  partial.restore(in);
}

void save_key(SnapshotWriter& out, const Group& group) {
  const GroupKey key = group.group_key();
  save_bytes(out, "key", key.canonical);
  if (!key.spelling.empty()) save_bytes(out, "spelling", key.spelling);
}

SavedKey::SavedKey(SnapshotReader& in) : canonical(restore_bytes(in, "key")) {
  const bool spelled = in.json("spelling").exists() || in.json("spelling_hex").exists();
  if (spelled) spelling = restore_bytes(in, "spelling");
}

}  // namespace streamutils
