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
// and the watermark of the result is the minimum.  The end mark leaves when all have written
// theirs.
//
// A barrier leaves, with the stages that it has passed in all copies, once it has come out of all
// of them.  What stands in front of it and may not leave yet, because another copy is to come
// first, is saved with it, and leaves behind it: where barriers stand does not show in the order of
// records, so that it is the same after a failure.
//
//     copy 0    a W1 b B c W2          leaves:  a d W1 b B c e f W2, and "e" is saved with B:
//     copy 1    d W1 e B f W2          it has come before it, and leaves behind c
//
// Any other control line is a place where the copies wait for each other; it leaves once.  So is a
// barrier where nothing is saved, and where no time is told: records would wait for the end.
//
// What waits for another copy is kept, beyond some megabytes on disk.  It cannot be left in the
// pipes: the copy that is waited for may itself wait for input, which is not read while another
// copy takes none because nobody takes its output.
//
// A copy that writes no control lines is not held: its lines leave as they arrive.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "run/driver.h"
#include "run/spilled_lines.h"
#include "stream/message.h"
#include "stream/snapshot.h"

namespace streamutils {

class JobsMerge {
 public:
  // Where lines that wait at a barrier are saved (run/merge_state.h).
  class Keeper {
   public:
    using Write = std::function<void(SnapshotWriter& out)>;

    virtual ~Keeper() = default;
    // Of the run: the streams of all copies have to begin with it.
    virtual std::uint64_t epoch() const = 0;
    // Saves what `write` writes at once; it need not be durable yet.  How the stage is named in a
    // barrier.
    virtual Result<std::string> save(std::uint64_t epoch, const Write& write) = 0;
    // Waits until it is durable.
    virtual Status complete() = 0;
  };

  // forwards: whether control lines leave; asked when the first of them could.  keeper: null if
  // nothing is saved; else copies have to write control lines, or there is a problem.
  JobsMerge(std::size_t copies, Sink& out, std::function<bool()> forwards,
            Keeper* keeper = nullptr);

  // What was saved, before the first line comes.
  Status restore(SnapshotReader& in);

  // A line of a copy, without line ending.
  void add(std::size_t copy, std::string_view line);
  // The copy writes no more.
  void end(std::size_t copy);
  // Why nothing leaves any more: lines that wait cannot be kept or had back, or copies do not write
  // what they have to.  Empty: there is no problem.
  const std::string& problem() const { return problem_; }
  // True if the problem goes when all is started once more.
  bool may_try_again() const { return may_try_again_; }

 private:
  struct Copy {
    // What has come and not left, cut by the barriers that have not passed yet: they stand between
    // the last ones.  Never empty.
    std::deque<SpilledLines> stretches = std::deque<SpilledLines>(1);
    std::deque<Message> barriers;
    std::string begin;                  // its begin line
    std::vector<std::string> restored;  // they stand behind that
    Timestamp watermark = kMinTime;
    bool begun = false;
    bool controlled = false;
    bool waits = false;  // stands before a line that all must come to
    bool closed = false;
    bool end_mark = false;         // has written it…
    bool ended = false;            // …and all that it has written has left
    std::vector<std::string> via;  // of the last barrier

    // Its lines leave in their order.  One that has died before it wrote any holds all others.
    bool is_held() const { return controlled || !begun; }
    bool has_barrier() const { return !barriers.empty(); }
    // Those in front of the first barrier that has not passed.
    std::size_t open_stretches() const { return stretches.size() - barriers.size(); }
    // The first of them that holds a line; null: none does.
    SpilledLines* next_lines();
  };

  void begin(Copy& copy, std::string_view line, const Message& message);
  void keep(Copy& copy, std::string_view line);
  void advance();
  bool all_have_begun() const;
  bool is_cut_off(Copy& copy) const;
  Copy* lowest();
  bool take_segment(Copy& copy);
  void take_control(Copy& copy, std::string_view line);
  void fail();
  bool pass_joint_line();

  bool has_come_of_all() const;
  bool pass_barrier();
  void save(SnapshotWriter& out);
  static void save_lines(SpilledLines& lines, SnapshotWriter& out);

  void write_begin();
  void forward_watermark();
  void forward_end();
  void write_control(std::string_view line);

  Sink& out_;
  std::function<bool()> forwards_;
  Keeper* keeper_;
  std::deque<Copy> copies_;
  Timestamp written_ = kMinTime;
  bool is_timed_ = false;  // a begin line names a time
  bool begin_written_ = false;
  bool finished_ = false;
  std::string problem_;
  bool may_try_again_ = false;
};

}  // namespace streamutils
