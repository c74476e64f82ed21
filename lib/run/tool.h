// Tool: a name, its options, and a function from options to an operator.  run_tool(): the process
// around it.
//
// A tool is declared without being run, so that one program can list all tools with all options:
// from that come --help, the man pages and the completions.  A tool is built from an argument
// vector without touching a file or the process (see run/stage.h), so that a test, or a
// later runner of whole pipelines, can have many in one process.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/line_decoder.h"
#include "formats/unpack.h"
#include "run/absent_members.h"
#include "run/options.h"
#include "run/role.h"
#include "stream/operator.h"

namespace CLI {
class App;
}  // namespace CLI

namespace streamutils {

// What the operands and the world look like to a tool that is being built.
struct Invocation {
  std::vector<std::string> operands;  // in front of "--"
  std::vector<std::string> files;     // behind "--": files, whatever they look like
  CommonOptions common;
  std::function<bool(const std::string&)> file_exists;
  // The name of standard output if that is a fresh, empty regular file; else empty.
  std::string fresh_output;
  TimeSyntax time_syntax;  // of --time-unit, --time-format, --tz
};

struct ExecOptions;  // run/exec.h
class NoteFile;      // run/note_file.h

// A file that a tool writes in place of standard output.
struct OutputFile {
  std::string name;
  bool append = false;    // to what it holds; else that is replaced
  bool rollback = false;  // with --checkpoint: cut what was not committed
};

enum class ExitStatus : int;
class SideOutputs;
class Sink;

// What outputs beside the stream need of the process.
struct SideContext {
  Sink& out;                                  // standard output
  bool out_is_stream;                         // it is neither a terminal nor a regular file
  bool originates;                            // watermarks were asked for
  std::string control;                        // --control
  std::function<bool()> input_is_controlled;  // known once the first line has been read
  std::string checkpoint;                     // --checkpoint, or empty…
  std::string tool;                           // …the tool…
  std::string name;                           // …the name that the stage saves under…
  std::string options;                        // …and the command line, as for a snapshot
  std::string state;                          // --state, or empty…
  std::uint64_t run;                          // …and the number of the run, from 1
};

// What a tool has made of its arguments.
struct Plan {
  OperatorPtr op;
  std::vector<std::string> files;     // empty: standard input
  bool takes_time = false;            // records without a readable time are bad
  bool by_arrival = false;            // the time of a record is when it comes
  std::vector<std::string> warnings;  // said before the first record
  Role role = Role::filter;
  double speed = 0;                           // of a replay; 0: as fast as can be
  bool writes_files = false;                  // by Emitter::emit_to
  bool appends_to_files = false;              // also to what stood in them before this run
  std::shared_ptr<NoteFile> notes{};          // of files that have not been written for long
  std::shared_ptr<const ExecOptions> exec{};  // a command for each output line
  Unpack unpack = nullptr;                    // of packed input
  bool follow = false;                        // the files, through rotation
  bool expands_files = false;                 // those that are patterns (run/file_pattern.h)
  MakeDecoder decode{};                       // of what is no NDJSON; else empty
  bool data_only = false;                     // control lines in the input are bad records
  std::optional<OutputFile> output{};         // in place of standard output
  std::string side_file{};                    // where Emitter::emit_aside goes; empty: nowhere
  std::vector<InputPlan> inputs{};  // of the first files; the others have nothing of their own
  std::vector<ExpectedMember> members{};  // told at the end if no event had them
  // With takes_time: in a stream in which no record had a time so far, none is bad for want of it.
  bool time_optional = false;
  // Of a source with --checkpoint: how often it sends a barrier, or whose barriers it follows.
  Duration barrier_every = std::chrono::seconds(1);
  std::string follow_epochs{};
  bool is_table = false;   // on a terminal, what would leave is shown before the end
  bool originate = false;  // as if -w had been given
  // Makes what the operator writes to beside the stream; empty if it does not.  On an error
  // `status`, if it has been set, is what the tool exits with.
  using MakeSides = Result<std::unique_ptr<SideOutputs>>(const SideContext&, ExitStatus& status);
  std::function<MakeSides> make_sides{};
};

// How much of event time a tool knows.
enum class TimeUse : std::uint8_t {
  optional,  // only with -w or where an option needs it; no --late-to
  always,
};

struct ToolInfo {
  std::string name;
  std::string summary;                // half a sentence: "keep the events that match"
  std::vector<std::string> synopsis;  // what follows the name, one form per line
  TimeUse time = TimeUse::optional;
  std::vector<std::string> examples;  // whole command lines for the short help
  // Options of its own that may differ from run to run with the same state: "--count-to".
  std::vector<std::string> free_options = {};
  // Operands whose next word is an operand too, whatever it looks like: `within -5s..10s`.
  std::vector<std::string> taking_words = {};
};

struct Tool {
  ToolInfo info;
  // Declares the tool's own options on app; they live as long as the Tool.
  std::function<void(CLI::App& app)> declare;
  // REQUIRES: the app of declare has parsed.
  std::function<Result<Plan>(const Invocation&)> plan;
};

// A Tool whose options are a struct.  declare(app, options) adds them, in a group "…" as CLI11 has
// it; plan(options, invocation) builds the operator.
template <typename Options, typename Declare, typename MakePlan>
Tool define_tool(ToolInfo info, Declare declare, MakePlan plan) {
  auto options = std::make_shared<Options>();
  return Tool{std::move(info), [options, declare](CLI::App& app) { declare(app, *options); },
              [options, plan](const Invocation& invocation) { return plan(*options, invocation); }};
}

// -h, --help[=json], --version.
struct HelpOptions {
  bool brief = false;
  std::string form;  // "", "full" or "json"
  bool version = false;
};

// Everything that a command line of the tool can hold: its own options, the common ones, help,
// operands.
void declare_all(CLI::App& app, const Tool& tool, CommonOptions& common, HelpOptions& help,
                 std::vector<std::string>& operands);

// Runs the tool as this process: parses, reads, drives, writes.  Returns the exit status, or dies
// of the signal that ended it.
int run_tool(Tool tool, int argc, char** argv);

}  // namespace streamutils
