// JobsMerge: the outputs of the copies of a command, made one stream.
//
// Copies run at their own speed, but what leaves must not show it.  A copy that writes control
// lines (its first line is a begin line) is cut by its watermarks into segments, and the next
// segment always comes from the copy whose watermark is lowest, the first of them:
//
//     copy 0    a b W1 . c W2          W1 of copy 0, then of copy 1, then c, then d
//     copy 1    e W1   . d W2          leaves:  a b e W1 c d W2
//
// So between two watermarks of the result the copies' records stand in the order of the copies,
// and the watermark of the result is the minimum.  Any other control line (a barrier) is a place
// where the copies wait for each other; it leaves once, a barrier with the stages that it has
// passed in all of them.  The end mark leaves when all have written theirs.
//
// What waits for another copy is kept, beyond some megabytes on disk.  It cannot be left in the
// pipes: the copy that is waited for may itself wait for input, which is not read while another
// copy takes none because nobody takes its output.
//
// A copy that writes no control lines is not held: its lines leave as they arrive.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "run/driver.h"
#include "run/spilled_lines.h"

namespace streamutils {

class JobsMerge {
 public:
  // forwards: whether control lines leave; asked when the first of them could.  controlled: copies
  // have to write them, or there is a problem.
  JobsMerge(std::size_t copies, Sink& out, std::function<bool()> forwards, bool controlled = false);

  // A line of a copy, without line ending.
  void add(std::size_t copy, std::string_view line);
  // The copy writes no more.
  void end(std::size_t copy);
  // Why nothing leaves any more: lines that wait cannot be kept or had back, or copies do not write
  // what they have to.  Empty: there is no problem.
  const std::string& problem() const { return problem_; }

 private:
  struct Copy {
    SpilledLines lines;
    std::size_t marks = 0;  // control lines among them
    Timestamp watermark = kMinTime;
    bool begun = false;
    bool controlled = false;
    bool waits = false;  // stands before a line that all must come to
    bool closed = false;
    bool ended = false;
    bool end_mark = false;
    std::vector<std::string> via;  // of the last barrier
  };

  void advance();
  Copy* lowest();
  void take_segment(Copy& copy);
  void take_control(Copy& copy, std::string_view line);
  void fail();
  bool pass_barrier();
  bool lacks_end() const;
  std::optional<std::string> joint_line();
  void forward_watermark();
  void forward_end();
  void write_control(std::string_view line);
  bool all_have_begun() const;

  Sink& out_;
  std::function<bool()> forwards_;
  bool has_to_be_controlled_;
  std::deque<Copy> copies_;
  Timestamp written_ = kMinTime;
  bool begin_written_ = false;
  bool finished_ = false;
  std::string problem_;
};

}  // namespace streamutils
