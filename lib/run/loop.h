// Loop: reads, drives, writes; waits; notices signals, a full disk, and a reader that has left.
//
//     while an input is to be read:
//       hand its whole lines to the driver
//       none left: if a read would wait, write everything out first, and wait; then read
//
// That is the whole of "flush before you wait".  While it waits it looks at four things: the input,
// its own output (a reader that leaves ends the tool, also an idle one), signals, and the quiet
// time after which the idle rule speaks.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "formats/unpack.h"
#include "run/driver.h"
#include "run/exec.h"
#include "run/file_pattern.h"
#include "run/file_watch.h"
#include "run/follow.h"
#include "run/line_reader.h"
#include "run/line_writer.h"
#include "run/live_table.h"
#include "run/open_files.h"
#include "run/recovery.h"
#include "run/relief.h"
#include "run/side_outputs.h"
#include "run/spill.h"
#include "run/staged_files.h"

namespace streamutils {

// An input that is open.
struct Source {
  std::string name;
  int fd = -1;
  bool live = false;                     // no regular file
  std::uint64_t size = 0;                // of a regular file
  Timestamp written{};                   // when it was changed last; now, if it is live
  std::shared_ptr<std::uint64_t> bytes;  // read so far
  std::unique_ptr<LineReader> reader;
  std::uint64_t rest = 0;  // bytes behind the last line end that were worked on, at the end

  // Where to go on: behind everything that the driver has taken.
  std::uint64_t position() const { return reader->offset() + rest; }
  // True if it is that file, and something stands there.
  bool reads(const struct stat& file) const;
  // True if it is a file to which standard output is added: it would never end.
  bool is_output_too() const;
  // Skips what was read in another run.  False: errno tells.
  bool seek(std::uint64_t offset);
  bool skip(std::uint64_t offset);  // by reading

  std::shared_ptr<Spill> spill;  // what had to be read too early: it comes first; null: nothing can

  ReadBytes read;          // what the reader reads by
  bool is_packed = false;  // what is read is not what the file holds

  std::unique_ptr<Follower> follow;   // of a file that is followed
  bool is_of_pattern = false;         // it ends when its file is deleted
  bool is_table = false;              // that is kept current, see loop_table.cc
  bool loaded = false;                // of that: what was there at the start has been read
  bool dry = false;                   // of that: nothing can be read for now
  Duration quiet = Duration::zero();  // and for how long it has been waited for
};

// Opens a file, or standard input for "-".  nullopt: errno tells.
// unpack: what is read goes through it; may be null.
// max_spill: how much of it may be kept outside of its pipe.
std::optional<Source> open_source(const std::string& name, std::size_t max_line,
                                  std::uint64_t max_spill, Unpack unpack = nullptr);
// A file that is followed, also if it does not exist yet.  nullopt: errno tells.
std::optional<Source> open_followed(const std::string& name, std::size_t max_line);

// What the sources have open.
KnownFiles known_files(const std::vector<Source>& sources);

// A writer to a descriptor, which stays the caller's.
std::unique_ptr<LineWriter> output_to(int fd);

// A file for bad or late records, or what else a tool writes beside its output; nothing if no name
// was given.
class SideFile {
 public:
  // False: errno tells.  With keep, what the file holds up to this length stays.
  bool open(const std::string& name, std::optional<std::uint64_t> keep = {});
  // How long it is, with what has been flushed; nullopt if it is no regular file.
  std::optional<std::uint64_t> length() const;
  // Makes it durable, with the folder that lists it.  Several threads may do so.
  Status sync();
  Sink* sink() { return writer_.get(); }
  // False once writing has failed.
  bool flush();
  const std::string& name() const { return name_; }
  int error() const { return writer_ ? writer_->error() : 0; }

 private:
  std::string name_;
  int fd_ = -1;
  std::unique_ptr<std::atomic<bool>> is_new_ = std::make_unique<std::atomic<bool>>(false);
  std::unique_ptr<LineWriter> writer_;
};

// Where the stream goes: standard output, or a file in its place.
class MainOutput {
 public:
  MainOutput();  // standard output
  // False: errno tells.
  bool open(const std::string& name, bool append);

  LineWriter& writer() { return *writer_; }
  int fd() const { return fd_; }
  const std::string& name() const { return name_; }
  int error() const { return writer_->error(); }
  // Makes it durable if it is a file, with the folder that lists it.
  Status sync() const;
  // Some file systems report a full disk only here.  The errno, or 0.
  int close();

 private:
  std::string name_ = "standard output";
  int fd_;
  std::unique_ptr<LineWriter> writer_;
};

struct Outputs {
  MainOutput out;
  SideFile bad_to;
  SideFile late_to;
  SideFile side;  // Plan::side_file
  // In place of `out`, if they are there:
  std::unique_ptr<ManyFiles> files{};    // by Emitter::emit_to
  StagedFiles* staged = nullptr;         // the same, if its lines wait to be committed
  SideFile dead_to{};                    // of exec
  std::unique_ptr<Exec> exec{};          // a command for each line
  std::unique_ptr<SideOutputs> sides{};  // copies of a command

  // The descriptor whose reader may leave; -1 if nothing goes there.
  int watched() const { return files || exec ? -1 : out.fd(); }
};

struct LoopSettings {
  Recovery* recovery = nullptr;
  std::string stats;      // "", "text", "json"
  bool progress = false;  // asked for
  bool quiet = false;
  Say say;
  FilePatterns* patterns = nullptr;  // whose files are followed, also those that come later
  std::size_t max_line = 0;          // of those
  bool shows_table = false;  // standard output is a terminal that watches a table come to be
};

class Loop final : public Files {
 public:
  Loop(LoopSettings settings, Driver& driver, std::vector<Source> sources, Outputs outputs);

  // Runs to the end and returns the exit status, or dies of the signal that ended it.
  int run();

  std::vector<InputPosition> positions() const override;
  std::vector<InputPosition> files_read() const override;
  Result<std::vector<FileLength>> side_files() override;
  Status sync_side_files() override;
  Result<std::vector<FileLength>> cut_output(const std::string& name, bool goes_on) override;
  bool is_between_lines() const override;

  // Wipes the progress line, so that a message does not stand in it.
  void clear_progress();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Wait : std::uint8_t { readable, again, stop };

  void pump();
  bool consume(Source& source, std::size_t index);
  bool wait_until_due();
  bool read(Source& source, std::size_t index);
  Wait wait(const Source& source, std::size_t index);
  // Following (loop_follow.cc)
  void watch_files();
  void go_on(Source& source, std::size_t index);
  InputPosition position_of(std::size_t index) const;
  void end_source(Source& source, std::size_t index);
  bool waits_for_files() const;
  void look_for_files();
  void begin_source(const MatchedFile& file);
  void share_files(Source& source);
  Wait wait_for_files();
  Duration until_quiet() const;
  void note_quiet(Duration waited);
  void look_at_files();
  // A table that is kept current (loop_table.cc)
  bool is_loading() const;
  void rest_table();
  pollfd table_news() const;
  bool look_at_table();
  void table_has_ended();

  bool is_readable(const Source& source);
  bool relieve(std::size_t waited_for);
  bool flush();
  bool sides_failed() const { return outputs_.sides && !outputs_.sides->problem().empty(); }
  bool must_stop(const Source& source);
  Duration tick();
  void look_at_signals();
  void save_before_end(Ending ending);
  void keep_side_files();
  void save_after_end();
  void leave_with_reader();
  void show_progress();
  void show_table();
  void print_stats(bool json);
  void report_failed_commands();
  int finish();

  LoopSettings settings_;
  Driver& driver_;
  std::vector<Source> sources_;
  Relief relief_;
  Outputs outputs_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_progress_;
  std::optional<LiveTable> table_;
  Clock::time_point next_table_;
  std::uint64_t shown_ = 0;  // records that the table shows
  std::optional<Clock::time_point> interrupted_;
  std::unique_ptr<FileWatch> watch_;        // if files are followed
  std::optional<std::size_t> table_input_;  // a table that is kept current, until it ends
  Clock::time_point looked_at_files_;
  Clock::time_point looked_for_files_;
  bool has_new_names_ = false;        // somewhere where files of a pattern may be
  std::set<std::string> unreadable_;  // files of a pattern that could not be opened
  bool shows_progress_ = false;
  bool progress_stands_ = false;
  bool failed_ = false;
};

}  // namespace streamutils
