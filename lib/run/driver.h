// Driver: keeps the rules of the stream, for all tools.
//
//   1. Watermarks never go back; an earlier or equal one is dropped.
//   2. Output that a watermark causes leaves before that watermark.
//   3. Unknown control lines are forwarded, untouched, in order; barriers in order, with the name
//   of this stage added, when its state has been taken.
//   4. The snapshot of a tool is that of the driver (inputs, clocks, counters) and that of the
//   operator.
//   5. A malformed line is never a crash and never silent: it is counted, told, and goes where
//   --bad-to says.
//   6. Death is not end: a controlled stream that stops without its end mark publishes nothing
//   more.
//   7. What leaves is a function of the lines alone.  The wall clock enters through set_now() and
//      on_quiet() only.
//
// The driver is all of a tool but its file descriptors: lines come in by feed(), lines go out to a
// Sink. One driver's Sink may feed another driver.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/line_decoder.h"
#include "json/scan.h"
#include "run/absent_members.h"
#include "run/options.h"
#include "run/report.h"
#include "run/role.h"
#include "stream/event_time.h"
#include "stream/message.h"
#include "stream/operator.h"
#include "stream/watermark.h"

namespace streamutils {

// Takes lines, without line ending.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(std::string_view line) = 0;
  // A line in pieces.
  virtual void write_pieces(std::span<const std::string_view> pieces);
};

// Takes lines for files by their names, without line ending.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual void write(std::string_view file, std::string_view line) = 0;
};

// contract 3, "Exit status".  128+n is death by signal n.
enum class ExitStatus : int {
  done = 0,
  lossy = 1,  // bad records skipped, or late ones dropped under a disorder that nobody gave
  usage = 2,
  bad_input = 3,
  io = 4,
  try_again = 75,  // upstream died
};

struct InputInfo {
  std::string name;              // for messages: "app.log"; "-" is standard input
  bool live = false;             // not a regular file
  Timestamp written = kMinTime;  // see MakeDecoder
  InputPlan plan = {};
  bool may_be_over = false;  // one of many files of which most are not written to any more
};

// Takes the state of a stage at a barrier.
class Checkpoints {
 public:
  virtual ~Checkpoints() = default;
  // The barrier has come on every input; `via` are the stages that it has passed.  Returns what
  // this stage adds to them.  On an error the run ends with `status`, and the barrier goes no
  // further.
  virtual Result<std::string> take(std::uint64_t epoch, const std::vector<std::string>& via,
                                   ExitStatus& status) = 0;
};

// What becomes of the state at the end of a run.
enum class Keeping : std::uint8_t {
  nothing,      // what is open leaves
  state,        // --state: it waits for the next run
  checkpoints,  // --checkpoint: the last barrier counts, so nothing leaves behind it
};

// How a run ends.
enum class Ending : std::uint8_t {
  complete,     // everything has been read: what is open leaves, and the end mark
  suspended,    // another run goes on
  interrupted,  // by a signal: what is open leaves, marked partial
  held,         // by a signal, or by the death of upstream: what is open does not leave
  stopped,      // by an error that has been told
};

struct DriverSettings {
  std::string tool;
  Role role = Role::filter;
  MakeDecoder decode;             // of what is no NDJSON; else empty
  bool data_only = false;         // control lines in the input are bad records
  std::vector<std::string> argv;  // with the tool's name first, for the advice about late events
  CommonSettings common;
  std::vector<InputInfo> inputs;
  bool inputs_come = false;    // more of them, by add_input()
  bool takes_time = false;     // records without a readable time are bad
  bool time_optional = false;  // but not in a stream in which no record had one so far
  bool by_arrival = false;     // the time of a record is when it came
  std::vector<ExpectedMember> members = {};  // told at the end if no event had them
  bool output_is_stream = true;  // neither a terminal nor a regular file: control lines may leave
  Keeping keeping = Keeping::nothing;
  std::optional<std::uint64_t> epoch;  // what this stage has restored; with --checkpoint alone
  Checkpoints* checkpoints = nullptr;  // null: state is not saved at barriers
  // The stream has ended in an earlier run, in which all has left: only its end is told again.
  bool is_over = false;
  // After a restart the last watermark is written again: whoever merges the stream with others
  // goes by it, and keeps nothing himself (run/jobs_merge.h).
  bool repeats_watermark = false;
  Sink* out = nullptr;
  FileSink* files = nullptr;  // of Emitter::emit_to, or null
  double speed = 0;           // replay at so many times the recorded pace; 0: as fast as can be
  Sink* bad_to = nullptr;     // --bad-to, or null
  Sink* late_to = nullptr;    // --late-to, or null
  Sink* side = nullptr;       // Plan::side_file, or null
  Say say;                    // messages; -q is applied by the driver
};

class Driver {
 public:
  Driver(DriverSettings settings, OperatorPtr op);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // The wall clock, as of the last read.  Ignored under --clock=stream, which has clock lines
  // instead.
  void set_now(Timestamp now);

  // True if one input waits until another one has come so far.
  bool inputs_wait() const;

  // The input that the next line must come from: the one with the lowest watermark, ties in order;
  // without event time, the first that has not ended; a table before all others, unless it is kept
  // current and dry.  nullopt when all have ended (but for tables that are kept current) or
  // is_done().
  std::optional<std::size_t> next_input() const;

  // One line without its '\n' (a '\r' may stand at its end); offset: of its first byte in the
  // input.  False if a line of another input goes first (Role::source): then nothing has happened,
  // and next_input() says which.  REQUIRES: Record::kPadding readable bytes behind it.
  bool feed(std::size_t input, std::string_view line, std::uint64_t offset);

  // A block of whole lines, as feed() for each of them, but lines that cannot matter are not looked
  // at. Returns the bytes consumed: all of them unless the driver became done, another input is to
  // be read, or it was told to leave.
  std::size_t feed_block(std::size_t input, std::string_view block, std::uint64_t offset);

  // While feed_block() works on a line: it returns behind this one.
  void leave_block() { leaves_block_ = true; }

  // A line that exceeds --max-line, of which `head` is the start.
  void feed_too_long(std::size_t input, std::string_view head, std::uint64_t offset);

  // What stands behind the last '\n' of an input: a record if it is complete JSON.  Then end_input.
  // False as feed().
  bool feed_unterminated(std::size_t input, std::string_view line, std::uint64_t offset);

  // The same at the end of one of several files of the input; it goes on with begin_file().
  void feed_rest(std::size_t input, std::string_view line, std::uint64_t offset);
  // The lines that come next stand in another file of the same name.
  void begin_file(std::size_t input);
  // With a speed: how long the next line still has to wait, as of set_now().
  Duration pause() const { return pause_; }
  // Nothing can be read from the input for now: an exact merge does not wait for it, and nobody for
  // a table that is kept current.
  void set_dry(std::size_t input, bool dry);

  // Works on the lines that were read on while a barrier was awaited, as far as it is their turn.
  // For the start of a run: after each of the calls that hand on lines it has been done.
  void catch_up();

  // The input has ended (end of file).
  void end_input(std::size_t input);

  // One input more from now on, of a source.  Its index: that of one that has ended, if there is
  // one.
  std::size_t add_input(InputInfo info);

  // The input has been empty for so long.
  void on_quiet(std::size_t input, Duration quiet);
  // The quiet time of the input after which on_quiet may matter; nullopt: never.  Of a table that
  // is kept current, from its first line on: after it, it counts as dry, see set_dry().
  std::optional<Duration> idle_after(std::size_t input) const;

  // Ends the run: last output, end mark, report.  With interrupted, what is open leaves marked
  // partial. Call once, when next_input() is nullopt, or on a signal.
  void finish(bool interrupted = false);

  // Begins a barrier here, between two lines (a source's).  False if the run has to end.
  bool insert_barrier(std::uint64_t epoch);

  // Ends the run with this status: nothing more leaves.
  void stop(ExitStatus status, std::string_view message);

  // How finish() will end the run.
  Ending ending(bool interrupted) const;
  // What would leave if the stream ended now, as rows for somebody who watches.
  void preview(Sink& rows);

  // True when no more input can matter (sfilter -m), or --bad stop or --max-bad have struck.
  bool is_done() const { return stopped_ || (op_->is_done() && !waits_for_barrier()); }

  // An input began with a begin line.
  bool input_is_controlled() const;

  // Every input but tables has come to its end mark: the stream is complete, whatever else
  // happened.
  bool is_complete() const;

  ExitStatus status() const { return status_; }
  // Makes the exit status an I/O failure or another one that finish() cannot know of.
  void fail(ExitStatus status) { status_ = status; }

  const Counts& counts() const { return counts_; }
  Timestamp watermark() const { return watermark_; }
  // How times are written; nullopt: none has been read.
  std::optional<TimeStyle> time_style() const { return style_; }
  // The statistics as text (several lines) or as one line of JSON; seconds: since the start, 0:
  // unknown.
  std::string stats(bool json, double seconds = 0) const;

  // Everything that a restart needs, and back.  REQUIRES for restore: a fresh driver of the same
  // settings.
  std::string save() const;
  void save(SnapshotWriter& out) const;
  // The same in slices, where the operator has that (stream/operator.h).
  bool has_images() const { return op_->has_images(); }
  void begin_image(SnapshotWriter& out);
  bool has_changes() const { return op_->has_changes(); }
  void begin_changes(SnapshotWriter& out);
  bool continue_image(std::size_t entries) { return op_->continue_image(entries); }
  std::string hash_seed() const { return op_->hash_seed(); }
  // from: for each input the saved one whose place it takes; empty: as they stand.
  Status restore(std::string lines, const std::vector<std::optional<std::size_t>>& from = {});
  // After restore, in another process: inputs and output are new ones.  resumed: the inputs that
  // are the files of then, and go on where they stood.
  void reopen(const std::vector<bool>& resumed);
  // Lines in front of the one that comes next.
  std::uint64_t lines_read(std::size_t input) const;
  // True if the rest behind the last line end is not complete yet and waits for another run.
  bool left_rest(std::size_t input) const;
  bool outlives_end() const { return op_->outlives_end(); }

 private:
  bool ends_block() const { return leaves_block_ || is_done(); }

  struct Input;
  class Out;

  void set_up(Input& input) const;

  // Lines
  void on_line(Input& input, std::string_view line);
  void take_rest(Input& input, std::string_view line, std::uint64_t offset);
  void on_too_long(Input& input, std::string_view head);
  bool has_died(const Input& input) const;
  void take_line(Input& input, std::string_view line);
  void on_record(Input& input, std::string_view line);
  void work_on(Input& input, std::string_view line);
  bool read_time(Input& input);
  bool does_without_time(Input& input);
  bool read_arrival(Input& input);
  void note_time(Input& input, Timestamp t);
  void learn_time(Input& input, Timestamp t);
  void ask_about_time(Input& input);
  void read_written_time(Input& input, std::string_view row);
  void tell_time_member(Input& input);
  void settle(Input& input, const Outcome& outcome);
  void on_bad(Input& input, std::string_view reason, std::string_view line);
  void write_bad(const Input& input, std::string_view reason, std::string_view line);
  void on_late(const Outcome& outcome, Timestamp t);
  std::size_t feed_scanned(Input& input, std::string_view block, std::uint64_t offset);
  std::size_t feed_each(std::size_t index, std::string_view block, std::uint64_t offset);
  Timestamp watermark_of_others(std::size_t index) const;
  bool is_before(const Input& input, Timestamp others) const;
  const char* look_ahead(Input& input, const char* at, const char* end, std::uint64_t offset);
  void forget_foreseen(Input& input);
  std::size_t feed_foreseen(Input& input, std::string_view block, std::uint64_t offset);

  // Text formats (driver_text.cc)
  void look_at_text(Input& input, std::string_view line);
  void on_text(Input& input, std::string_view line);
  void end_text(Input& input);

  // Merging (driver_merge.cc)
  bool merges_exactly() const;
  bool is_due(Timestamp place);
  std::optional<Timestamp> time_in(Input& input, std::string_view line);
  bool is_next(Input& input, std::string_view line);
  std::optional<std::size_t> next_by_line() const;

  // Control
  void on_control(Input& input, std::string_view line);
  void on_begin(Input& input, const Message& message);
  void on_clock(Timestamp now);
  void advance(bool forced);
  void forward_watermark(bool forced);
  void ensure_begin();
  void write_begin();
  void write_control(std::string_view line);
  bool may_write_control() const;
  void take_record(Input& input, std::string_view line);
  bool reads_time(const Input& input) const;
  bool merges_by_time() const { return settings_.takes_time || settings_.common.originate; }
  std::optional<std::string> output_member() const;
  Timestamp lowest(Timestamp (InputClock::*of)() const) const;

  // Recovery (driver_recovery.cc)
  void save_own(SnapshotWriter& out) const;
  Status restore_own(SnapshotReader& in, const std::vector<std::optional<std::size_t>>& from);
  Status restore_inputs(SnapshotReader& in, const std::vector<std::optional<std::size_t>>& from);
  Status restore_input(Input& input, SnapshotReader& in);
  static Status restore_barrier(std::optional<Message>& to, Value line);
  bool is_first_line_right(Input& input, std::string_view line);
  bool has_right_epoch(const Input& input, const Message& message);
  void on_barrier(Input& input, Message message);
  void align();
  bool owes_barrier() const;
  bool waits_for_barrier() const;
  bool brings_barrier(const Input& input) const;
  std::vector<std::string> gather_via();
  void pass_barrier(std::uint64_t epoch, std::vector<std::string> via);
  bool goes_on(const Input& input) const;
  bool has_to_end(const Input& input) const;
  bool upstream_died() const;
  void report_death();
  void forget_counts();
  bool derives_time() const;
  void complete();
  void suspend();

  // Reading on (driver_ahead.cc)
  bool reads_on(std::size_t index) const;
  std::size_t keep_ahead(Input& input, std::string_view block, std::uint64_t offset);
  bool keep_line(Input& input, std::string_view line, std::uint64_t offset);
  void take_ahead(Input& input);
  void save_ahead(const Input& input, SnapshotWriter& out) const;
  void restore_ahead(Input& input, SnapshotReader& in);
  void begin_anew(Input& input);
  std::optional<std::size_t> next_in_order() const;

  // Words
  void say(std::string_view message) const;   // always
  void warn(std::string_view message) const;  // unless --quiet
  std::string place(const Input& input) const;
  void hint_about_first_time(Timestamp t, const Input& input) const;
  void report_end();
  void report_late();
  bool seems_text() const;
  void report_absent();
  bool over_bad_limit(std::uint64_t least) const;
  ExitStatus loss() const;

  DriverSettings settings_;
  OperatorPtr op_;
  std::deque<Input> inputs_;
  std::unique_ptr<Emitter> out_;
  std::optional<TextScanner> scanner_;
  std::vector<TextScanner::Line> lines_;  // scratch of feed_scanned
  Record own_record_;
  Record* record_ = &own_record_;  // of the event that is being worked on
  Record written_;                 // a row that leaves, where its time is read…
  std::string written_row_;        // …with padding
  Input* current_ = nullptr;       // whose line is being worked on
  AbsentMembers absent_;
  Counts counts_;
  std::map<std::string, std::uint64_t, std::less<>> reasons_;
  std::set<std::string, std::less<>> failures_;  // the reasons that are also told at the end
  LengthHistogram lateness_;
  Duration needed_disorder_ = Duration::zero();
  Duration needed_idle_ = Duration::zero();
  Timestamp now_ = kMinTime;
  Duration pause_ = Duration::zero();
  struct Replay {
    Timestamp clock;
    Timestamp event;
  };
  std::optional<Replay> replay_;  // when it has begun, by the clock and in event time
  Timestamp watermark_ = kMinTime;
  Timestamp max_time_ = kMinTime;
  Timestamp written_watermark_ = kMinTime;
  std::optional<TimeStyle> style_;
  std::optional<std::uint64_t> epoch_;
  std::vector<std::string> held_;  // output that waits until the begin line can name its member
  std::size_t held_bytes_ = 0;
  bool has_passed_barrier_ = false;
  bool aligning_ = false;        // a barrier has come, and is awaited on other inputs
  bool from_ahead_ = false;      // the current line was kept
  std::string kept_line_;        // it, with padding
  bool controlled_out_ = false;  // control lines leave
  bool begin_written_ = false;
  bool stopped_ = false;
  bool leaves_block_ = false;
  bool finished_ = false;
  ExitStatus status_ = ExitStatus::done;
};

}  // namespace streamutils
