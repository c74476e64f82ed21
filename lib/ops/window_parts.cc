// SPDX-License-Identifier: Apache-2.0
#include "ops/window_parts.h"

#include "stream/watermark.h"

namespace streamutils {

RowWriter::RowWriter(const WindowArguments& arguments, const AggregateList& aggregates)
    : aggregates_(aggregates), keys_(arguments.keys), having_(arguments.having) {}

void RowWriter::begin_window(Timestamp start, Timestamp end) {
  length_ = difference(end, start);
  times_ = "{\"window_start\":";
  append_time(times_, start, style_);
  times_ += ",\"window_end\":";
  append_time(times_, end, style_);
}

void RowWriter::write(const Group& group, const std::byte* block, RowMark mark, Emitter& out) {
  row_ = times_;
  keys_.append_to(row_, group);
  append_results(block, mark, out);
  emit(out);
}

void RowWriter::write_enriched(std::string_view event, const std::byte* block, RowMark mark,
                               Emitter& out) {
  event = event.substr(0, event.rfind('}'));
  row_ = event.substr(0, event.find_last_not_of(" \t\r") + 1);
  const std::size_t size = row_.size();
  const bool is_empty = row_.back() == '{';
  append_results(block, mark, out);
  if (is_empty) row_.erase(size, 1);  // no comma before the first member
  emit(out);
}

void RowWriter::append_results(const std::byte* block, RowMark mark, Emitter& out) {
  aggregates_.write(block, length_, row_, out);
  if (mark.partial) row_ += ",\"partial\":true";
  if (mark.late) row_ += ",\"late\":true";
  if (mark.revision > 0) row_ += ",\"revision\":" + std::to_string(mark.revision);
  row_ += '}';
}

void RowWriter::emit(Emitter& out) {
  if (having_.lets_through(row_, out)) out.emit(row_);
}

// A look at one byte tells nearly all events from rows.
bool PartialFilter::is_row(std::string_view line) {
  return line.size() > 2 && line[2] == 'w' && line.starts_with("{\"window_start\":");
}

bool PartialFilter::is_partial(const Record& record) {
  if (stream_ == Stream::unknown) {
    const bool has_end = record.member("window_end").exists();
    if (record.ok()) stream_ = has_end ? Stream::rows : Stream::events;
  }
  if (stream_ != Stream::rows && !is_row(record.line())) return false;
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

FixedWindows fixed_windows(const WindowOptions& options) {
  const WindowSpec& window = options.arguments.window;
  return {window.size, window.slide, options.offset, options.zone};
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

Outcome WindowParts::refuse_key(Emitter& out) const {
  const std::string limit = "--max-keys " + std::to_string(max_keys);
  if (out.count("a key beyond " + limit)) {
    out.say("more keys than " + limit + ": events of further keys are dropped");
  }
  return {.fate = Fate::dropped, .late_partly = false, .lost = true, .deadline = kMaxTime};
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

}  // namespace streamutils
