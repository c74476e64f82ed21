// Reading on to a barrier, without working on what comes before it.
//
// A tool that merges its inputs by time takes the next line from the one with the lowest watermark.
// Where barriers stand in the inputs is a matter of clocks, and must not show in what leaves:
//
//     LEFT   a  b  |N  c          a b x, then c or y, whichever is earlier:
//     RIGHT  x  y  z  |N          LEFT stands at barrier N, and c may come before y
//
// So RIGHT is read on to its own barrier N, but y and z are kept, not worked on.  Then the state is
// taken, with y and z in it, the barrier passes, and the merge goes on as if there had been none.
// The lines that are kept are what is on its way in the channels of Chandy and Lamport's snapshot;
// Carbone et al. call that unaligned.  There are as many as a pipe holds, or what had to be taken
// out of one that was full (run/relief.h).
//
// A barrier among the lines that are kept has been seen when it was read, and so has the epoch of a
// begin line.  After a restart they are worked on before what another process sends; its begin
// line is then the first line of the input once more.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "run/driver_input.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

bool is_begin(std::string_view line) {
  if (!is_control(line)) return false;
  const auto message = decode_control(line);
  return message && message->kind == Message::Kind::begin;
}

}  // namespace

// True if what comes on the input is to be kept: it is read for the sake of its barrier alone.  A
// stage that saves nothing could only lose it, and so it works on it at once.
bool Driver::reads_on(std::size_t index) const {
  if (!aligning_ || settings_.checkpoints == nullptr || !merges_by_time() || inputs_[index].barrier)
    return false;
  return next_in_order() != index;
}

std::size_t Driver::keep_ahead(Input& input, std::string_view block, std::uint64_t offset) {
  std::size_t at = 0;
  while (at < block.size() && reads_on(input.index) && !stopped_) {
    const std::string_view line = block.substr(at, block.find('\n', at) - at);
    if (!keep_line(input, line, offset + at)) break;
    at += line.size() + 1;
  }
  return at > 0 ? at : feed_each(input.index, block, offset);
}

// False if it need not be kept, but can be worked on: nothing stands in front of it, and it is no
// event.
bool Driver::keep_line(Input& input, std::string_view line, std::uint64_t offset) {
  const std::string_view content = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
  auto message = is_control(content) ? decode_control(content) : Result<Message>(Error{});
  using What = Message::Kind;
  const bool is_mark = message && (message->kind == What::barrier || message->kind == What::end ||
                                   message->kind == What::begin);
  if (is_mark && input.ahead.empty()) return false;
  input.ahead.push(line, offset);
  if (input.ahead.size() > settings_.common.max_spill) {
    stop(ExitStatus::io,
         fmt::format("{}: more lies in front of its barrier than --max-spill holds, while another "
                     "input waits at its own",
                     input.info.name));
  }
  if (!is_mark) return true;
  if (message->kind == What::begin) {
    input.is_anew = false;
    if (!has_right_epoch(input, *message)) return true;
  }
  if (message->kind == What::end) input.ends_ahead = true;
  if (message->kind == What::barrier) input.barrier = std::move(*message);
  align();
  return true;
}

void Driver::catch_up() {
  while (const auto next = next_in_order()) {
    Input& input = inputs_[*next];
    if (input.ahead.empty() || input.barrier || is_done()) return;
    take_ahead(input);
  }
}

void Driver::take_ahead(Input& input) {
  kept_line_.assign(input.ahead.front());
  const std::size_t size = kept_line_.size();
  kept_line_.append(Record::kPadding, ' ');
  const std::string_view line = std::string_view(kept_line_).substr(0, size);
  const std::uint64_t offset = input.ahead.offset();
  input.ahead.pop();
  if (input.begun && is_begin(line)) {
    const bool is_anew = input.is_anew;
    begin_anew(input);
    input.is_anew = is_anew;
  }
  input.at = input.counted = line.data();
  input.offset = offset;
  forget_foreseen(input);
  from_ahead_ = true;
  on_line(input, line);
  from_ahead_ = false;
  ++input.lines;
  if (input.ahead.empty() && input.is_anew) begin_anew(input);
}

void Driver::save_ahead(const Input& input, SnapshotWriter& out) const {
  if (input.ahead.empty()) return;
  out.entry("ahead").field("offset", input.ahead.offset()).field("ends", input.ends_ahead);
  save_bytes(out, "lines", input.ahead.lines());
}

void Driver::restore_ahead(Input& input, SnapshotReader& in) {
  input.ahead = {};
  input.ends_ahead = false;
  if (!in.next_is("ahead")) return;
  input.ends_ahead = in.boolean("ends");
  const std::uint64_t offset = in.unsigned_integer("offset");
  input.ahead.restore(restore_bytes(in, "lines"), offset);
}

}  // namespace streamutils
