// SPDX-License-Identifier: Apache-2.0
#include "ops/window_parts.h"

#include <array>

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
  head_ = times_;
  head_ += keys_.only_label();
}

// In pieces, which are put together where they leave.
void RowWriter::write(const Group& group, const std::byte* block, RowMark mark, Emitter& out,
                      const RunningTotals* totals) {
  results_.clear();
  append_results(block, totals, mark, results_, out);
  std::array<std::string_view, 3> pieces{head_, group.spelling(), results_};
  if (keys_.only_label().empty() || pieces[1].empty()) {
    members_.clear();
    keys_.append_to(members_, group);
    pieces = {times_, members_, results_};
  }
  if (!having_.is_needed()) return out.emit_pieces(pieces);
  row_ = put_together(pieces);
  emit(out);
}

void RowWriter::write_enriched(std::string_view event, const std::byte* block, RowMark mark,
                               Emitter& out, const RunningTotals* totals) {
  event = event.substr(0, event.rfind('}'));
  row_ = event.substr(0, event.find_last_not_of(" \t\r") + 1);
  const std::size_t size = row_.size();
  const bool is_empty = row_.back() == '{';
  append_results(block, totals, mark, row_, out);
  if (is_empty) row_.erase(size, 1);  // no comma before the first member
  emit(out);
}

void RowWriter::append_results(const std::byte* block, const RunningTotals* totals, RowMark mark,
                               std::string& row, Emitter& out) {
  aggregates_.write(block, length_, row, out, totals);
  if (mark.partial) row += ",\"partial\":true";
  if (mark.late) row += ",\"late\":true";
  if (mark.revision > 0) row += ",\"revision\":" + std::to_string(mark.revision);
  row += '}';
}

void RowWriter::emit(Emitter& out) {
  if (having_.lets_through(row_, out)) out.emit(row_);
}

FixedWindows fixed_windows(const WindowOptions& options) {
  const WindowSpec& window = options.arguments.window;
  return {window.size, window.slide, options.offset, options.zone};
}

void WindowParts::save(SnapshotWriter& out) const {
  out.entry("windows").field("watermark", watermark);
  save_fields(out);
}

void WindowParts::restore(SnapshotReader& in) {
  if (!in.next_is("windows")) return in.fail("no entry 'windows'");
  watermark = in.time("watermark");
  restore_fields(in);
}

}  // namespace streamutils
