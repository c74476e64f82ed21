// Lines by the block: found with SIMD, and passed over where they cannot matter.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>
#include <span>

#include "run/driver_input.h"

namespace streamutils {
namespace {

// The whole lines at the start of block that fit into `limit` bytes.
std::string_view whole_lines(std::string_view block, std::size_t limit) {
  if (block.size() <= limit) return block;
  return block.substr(0, block.substr(0, limit).rfind('\n') + 1);
}

// The first lines of those from `at` on.
std::span<const Record> records_from(const char* at, const char* end,
                                     std::optional<RecordBatch>& batch) {
  std::array<std::string_view, RecordBatch::kSize> lines;
  std::array<const char*, RecordBatch::kSize> ends;
  const std::size_t n = find_newlines(at, end, ends);
  for (std::size_t i = 0; i < n; ++i) {
    lines[i] = {at, ends[i]};
    at = ends[i] + 1;
  }
  if (!batch) batch.emplace();
  return batch->reset({lines.data(), n});
}

// The ends of the lines of a block, one after the other.
class LineEnds {
 public:
  explicit LineEnds(const char* block_end) : block_end_(block_end) {}

  // Of the line that begins there, behind the last one.
  const char* next(const char* at) {
    if (next_ == size_) {
      size_ = find_newlines(at, block_end_, ends_);
      next_ = 0;
    }
    return ends_[next_++];
  }

 private:
  const char* block_end_;
  std::array<const char*, 32> ends_;
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

const char* end_of(const Record& record) { return record.line().data() + record.line().size(); }

}  // namespace

std::size_t Driver::feed_block(std::size_t index, std::string_view block, std::uint64_t offset) {
  Input& input = inputs_[index];
  leaves_block_ = false;
  // The scanner is for records; how a stream begins and ends is for the plain path, and so is a
  // line that is too long, for which the scanner has no eye.
  if (scanner_ && input.begun && !input.end_mark) {
    const std::string_view piece = whole_lines(block, settings_.common.max_line);
    if (!piece.empty()) return feed_scanned(input, piece, offset);
  }
  const std::size_t taken =
      reads_on(index) ? keep_ahead(input, block, offset) : feed_each(index, block, offset);
  catch_up();
  return taken;
}

std::size_t Driver::feed_each(std::size_t index, std::string_view block, std::uint64_t offset) {
  Input& input = inputs_[index];
  const bool exact = merges_exactly();
  const bool may_switch = !exact && inputs_.size() > 1;
  const Timestamp rival = may_switch ? watermark_of_others(index) : kMaxTime;
  const bool next_is_known = inputs_.size() == 1 || !merges_by_time();
  if (op_->foresees() && next_is_known) return feed_foreseen(input, block, offset);
  const bool foresees = may_switch && !input.decoder && op_->foresees_inputs();
  if (!foresees) forget_foreseen(input);
  const char* const begin = block.data();
  const char* const end = begin + block.size();
  const char* at = begin;
  LineEnds ends(end);
  while (at < end) {
    const std::uint64_t place = offset + static_cast<std::uint64_t>(at - begin);
    const char* newline = foresees ? look_ahead(input, at, end, place) : ends.next(at);
    if (exact && !is_next(input, {at, newline})) break;
    input.at = input.counted = at;
    input.offset = place;
    take_line(input, {at, newline});
    ++input.lines;
    at = newline + 1;
    if (ends_block()) break;
    if (may_switch && !is_before(input, rival) && (next_input() != index || reads_on(index))) break;
    if (scanner_ && input.begun && !input.end_mark) break;
  }
  return static_cast<std::size_t>(at - begin);
}

// on_line(), quick for what nearly every line is.
void Driver::take_line(Input& input, std::string_view line) {
  const bool begins_like_record =
      line.size() > 2 && line[0] == '{' && line[1] == '"' && line[2] != '~';
  const bool is_usual =
      begins_like_record && line.back() == '}' && line.size() <= settings_.common.max_line;
  if (!is_usual || input.decoder || !input.begun || input.end_mark) return on_line(input, line);
  current_ = &input;
  input.place.reset();
  ++counts_.in;
  input.active = now_;
  work_on(input, line);
}

// The least watermark of an input other than this one, where that says who comes next.
Timestamp Driver::watermark_of_others(std::size_t index) const {
  Timestamp least = kMaxTime;
  if (!merges_by_time()) return least;
  for (const Input& input : inputs_) {
    if (input.index == index || input.info.plan.table) continue;
    least = std::min(least, input.clock.watermark());
  }
  return least;
}

// True if the input, which was next, is so still: it has not come as far as any other, and nothing
// waits for a barrier.
bool Driver::is_before(const Input& input, Timestamp others) const {
  return !aligning_ && !input.barrier && input.clock.watermark() < others;
}

// Some lines at a time: the operator sees all of them coming, then each is fed.
std::size_t Driver::feed_foreseen(Input& input, std::string_view block, std::uint64_t offset) {
  const char* const begin = block.data();
  const char* const end = begin + block.size();
  const char* at = begin;
  while (at < end && !ends_block()) {
    const std::span<const Record> records = records_from(at, end, input.foreseen);
    op_->foresee(records);
    for (auto record = records.begin(); record != records.end() && !ends_block(); ++record) {
      input.at = input.counted = at;
      input.offset = offset + static_cast<std::uint64_t>(at - begin);
      at = end_of(*record) + 1;
      take_line(input, record->line());
      ++input.lines;
    }
  }
  op_->foresee(records_from(end, end, input.foreseen));
  return static_cast<std::size_t>(at - begin);
}

// The same while other inputs take turns: what was foreseen stays good as long as the block stays
// where it is.  Returns the end of the line at `at`, which has that offset in the input.
const char* Driver::look_ahead(Input& input, const char* at, const char* end,
                               std::uint64_t offset) {
  const bool is_inside = at >= input.foreseen_begin && at < input.foreseen_end;
  const std::uint64_t since = static_cast<std::uint64_t>(at - input.foreseen_begin);
  if (is_inside && offset - input.foreseen_offset == since) {
    return end_of(*input.foreseen->find(at));
  }
  const std::span<const Record> records = records_from(at, end, input.foreseen);
  op_->foresee_input(input.index, records);
  input.foreseen_begin = at;
  input.foreseen_end = end_of(records.back()) + 1;
  input.foreseen_offset = offset;
  return end_of(records.front());
}

// Lines from elsewhere come next on the input: they may stand where others stood.
void Driver::forget_foreseen(Input& input) {
  if (input.foreseen_end == nullptr) return;
  op_->foresee_input(input.index, input.foreseen->reset({}));
  input.foreseen_begin = input.foreseen_end = nullptr;
}

// Lines that the scanner passes over cannot matter: they look like records and lack what the
// operator requires, so they are dropped by their number.
std::size_t Driver::feed_scanned(Input& input, std::string_view block, std::uint64_t offset) {
  lines_.clear();
  const std::uint64_t all = scanner_->scan(block, lines_);
  const std::uint64_t lines_before = input.lines;
  std::uint64_t looked_at = 0;
  auto drop_others = [&](std::uint64_t lines, std::size_t size) {
    if (absent_.is_watching()) absent_.pass(block.substr(0, size), lines - looked_at, input.index);
    counts_.in += lines - looked_at;
    counts_.dropped += lines - looked_at;
    input.lines = lines_before + lines;
  };
  input.counted = block.data();
  for (const TextScanner::Line& line : lines_) {
    input.at = block.data() + line.begin;
    input.offset = offset + line.begin;
    ++looked_at;
    take_line(input, block.substr(line.begin, line.end - line.begin));
    if (!is_done() && !input.end_mark) continue;
    drop_others(input.line_number() - lines_before, line.end + 1);
    return line.end + 1;
  }
  drop_others(all, block.size());
  return block.size();
}

}  // namespace streamutils
