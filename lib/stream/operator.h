// Operator: the logic of one tool; Emitter: where its output goes.
//
// An operator sees records and watermarks, never files, clocks or control lines.  The driver keeps
// the rules of the stream (order, watermarks that never go back, snapshots at barriers,
// accounting), so that no operator can break them, and any operator can be tested without a
// process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "json/record.h"
#include "stream/snapshot.h"

namespace streamutils {

// What becomes of the member that holds the stream's time.
struct MemberChange {
  std::string name;   // the output has it under this name; empty: not at all
  bool anew = false;  // its values are others than in the input
};

// What a line must hold to matter: a line that lacks the text, and also "\u", by which it could be
// spelled, may be dropped unseen.  With a member only if the line has a string under that name at
// its top level: without it, more would come of the record than that it is dropped.
struct RequiredText {
  static constexpr std::size_t kMaxSize = 64;  // of either; see json/scan.h

  std::string text;  // empty: nothing is known
  std::string member;
};

// A line that is given in pieces, as one.
inline std::string put_together(std::span<const std::string_view> pieces) {
  std::string line;
  for (const std::string_view piece : pieces) line += piece;
  return line;
}

// Takes what an operator produces.
class Emitter {
 public:
  virtual ~Emitter() = default;

  // One output record, without line ending.  The bytes are copied before it returns.
  virtual void emit(std::string_view line) = 0;

  // One output record in pieces, which need not be put together first.
  virtual void emit_pieces(std::span<const std::string_view> pieces) { emit(put_together(pieces)); }

  // A line for the tool's side file, if it has one (Plan::side_file); else nothing happens.
  virtual void emit_aside(std::string_view line) { (void)line; }

  // One output line for the file of this name, in place of the stream (swrite, sgroup --split).
  // Control lines do not go there.
  virtual void emit_to(std::string_view file, std::string_view line) {
    (void)file;
    emit(line);
  }

  // Counts one occurrence of `reason` ("field 'amount' is no number") for the statistics.  True the
  // first time: then the operator may say() more.
  virtual bool count(std::string_view reason, std::uint64_t n = 1) = 0;

  // The same for something that went wrong: how often is also said at the end, without --stats.
  virtual bool count_failure(std::string_view reason) { return count(reason); }

  // A message for the user, on standard error, prefixed with tool and place.
  virtual void say(std::string_view message) = 0;

  // What was to be written is lost for good (scratch room that cannot be read again).  Says so, and
  // ends the run as an input/output failure: no more records come, no watermark or end mark leaves,
  // and no state is saved.
  virtual void fail(std::string_view message) { say(message); }
};

// What became of a record: each is exactly one of these, so that in = used + dropped + bad + late.
enum class Fate : std::uint8_t {
  used,     // passed, counted, stored
  dropped,  // not wanted: a filter's no, a repeat, a gap between windows
  bad,      // no record: malformed, or without what the operator needs; see Record::damage
  late,     // too late for everything it was meant for
};

struct Outcome {
  Fate fate = Fate::used;
  // Used, but too late for some of its windows.
  bool late_partly = false;
  // Dropped although it was wanted (a limit was reached): the result lacks it, and the exit status
  // says so.
  bool lost = false;
  // Of late and late_partly: it would have been in time iff the watermark had been less than this.
  Timestamp deadline = kMaxTime;
  // Of bad: why, unless the record's own damage() tells.  Must outlive the call (a literal, or a
  // member).
  std::string_view reason = {};
};

class Operator {
 public:
  virtual ~Operator() = default;

  // One event.  The record, and every Value taken from it, is valid during the call only.  If
  // !record.ok() after the operator has read what it needs, it returns Fate::bad and changes
  // nothing.
  virtual Outcome on_record(const Record& record, Emitter& out) = 0;

  // Event time has come to `now`: no later record has a smaller time.  Only grows.  Output that
  // this causes leaves before the watermark does.
  virtual void on_watermark(Timestamp now, Emitter& out) {
    (void)now;
    (void)out;
  }

  // The stream is complete.  on_watermark(kMaxTime) has been called before (if the tool takes
  // time).
  virtual void on_end(Emitter& out) { (void)out; }

  // The user interrupts: write what is open, marked partial.  Nothing is called after it.
  virtual void on_interrupt(Emitter& out) { (void)out; }

  // The least time that a row which is still to be written can carry, given that no record before w
  // comes any more.  The driver forwards this in place of w.
  virtual Timestamp least_time_to_come(Timestamp w) const { return w; }

  // The member in which the output carries its time, if it is not the one of the input.
  virtual std::optional<std::string> output_time() const { return std::nullopt; }

  // For an operator that passes events on with members changed: what it does to this one, which
  // holds the time; nullopt: nothing.  The driver then announces the new name, and derives
  // watermarks from the times that are written if those are others.  Constant.
  virtual std::optional<MemberChange> change_of(const Path& time_member) const {
    (void)time_member;
    return std::nullopt;
  }

  // How times in the output are to be spelled: that of the first time read.  Called before the
  // first on_record, and after restore.
  virtual void set_time_style(TimeStyle style) { (void)style; }

  // What Fate::late means here, behind a number of records.
  virtual std::string_view fate_of_late() const { return "reached no window"; }

  // The member that holds the time of the records of an input.  Called before the first of them, as
  // soon as it is known, and before restore.
  virtual void set_time_member(std::size_t input, const Path& member) {
    (void)input;
    (void)member;
  }

  // True once no further record can change the output (sfilter -m): the driver ends the stream.
  virtual bool is_done() const { return false; }

  // What the line of every record holds that is not dropped.  Constant.
  virtual RequiredText required_text() const { return {}; }

  // True if foresee() is of use: it lets an operator that looks into a large table bring near what
  // it will need, while other lines are worked on.
  virtual bool foresees() const { return false; }
  // The lines that on_record will see next, most of them as these very records, so that what is
  // read here need not be read again.  Some may turn out to be no records, and none may come at
  // all; nothing that can be seen from outside may depend on it.  Their lines are valid until the
  // next call, which replaces them.
  virtual void foresee(std::span<const Record> records) { (void)records; }
  // The same where inputs are merged by time, so that lines of one come between those of others:
  // what was foreseen of an input is replaced by the next call for that one.
  virtual bool foresees_inputs() const { return false; }
  virtual void foresee_input(std::size_t input, std::span<const Record> records) {
    (void)input;
    (void)records;
  }

  // True if the state is worth keeping beyond on_end: what comes later belongs to the same whole
  // (keys that were seen, a running count).  Then on_end is called at the end of each run, and may
  // change nothing.  False if on_end gives away what was open.
  virtual bool outlives_end() const { return false; }

  // True if there is state that a restart must not lose.
  virtual bool has_state() const { return false; }

  // All state, such that a fresh operator of the same options behaves, after restore, like this one
  // on every input.
  virtual void save(SnapshotWriter& out) const { (void)out; }
  virtual Status restore(SnapshotReader& in) {
    (void)in;
    return {};
  }

  // Another way to save, for state so large that an image of the whole process, taken by fork(2),
  // is dear: every page of it that is written to afterwards has to be copied.  The image is of the
  // moment of begin_image, and is written between records by continue_image, about so many entries
  // at a time; what is about to change before its turn is written first.  restore() takes the
  // entries in the order that comes of it.
  virtual bool has_images() const { return false; }
  // `out` is used until the image is complete.  REQUIRES: has_images(), and the image before this
  // one is complete.
  virtual void begin_image(SnapshotWriter& out) { (void)out; }
  // True when the image is complete.
  virtual bool continue_image(std::size_t entries) {
    (void)entries;
    return true;
  }

  // For state that mostly stands still: an image of what has changed since the image before this
  // one was begun, whole or not.  It is continued by continue_image, too.  restore() is called once
  // more for each, in their order, and puts them on top of what is there.
  // True if the changes are known, and much less than the whole.
  virtual bool has_changes() const { return false; }
  // REQUIRES: has_changes(), and as begin_image.
  virtual void begin_changes(SnapshotWriter& out) { (void)out; }

  // The secret with which keys are hashed, if the state holds hashes in place of keys; else empty.
  // For the header of snapshots: save() keeps it, too.
  virtual std::string hash_seed() const { return {}; }

  // The size of what it keeps, for --stats: {"groups":12,"windows":3} as members, without braces.
  virtual void describe_state(std::string& json_members) const { (void)json_members; }
};

using OperatorPtr = std::unique_ptr<Operator>;

}  // namespace streamutils
