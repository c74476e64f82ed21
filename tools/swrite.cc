// swrite: end a stream in a file, in several, or in a command for each event.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "ops/filter.h"
#include "ops/write.h"
#include "run/exec.h"
#include "run/note_file.h"
#include "run/options.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/expected_members.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::string to = "ndjson";
  std::optional<std::string> columns;
  bool no_header = false;
  bool append = false;
  bool rollback = false;
  std::optional<std::string> rotate;
  std::optional<std::string> exec;
  std::optional<std::string> env;
  std::optional<std::string> max_rate;
  std::size_t max_parallel = 1;
  std::optional<std::uint64_t> retries;
  std::optional<std::string> retry_wait;
  std::string dead_to;
};

void declare_writing(CLI::App& app, Options& o) {
  const char* group = "Writing";
  app.add_option(
         "--to", o.to,
         "The form of the output: ndjson (the default, bytes untouched), csv, tsv, or table "
         "(aligned for the eye)")
      ->type_name("FORM")
      ->check(CLI::IsMember({"ndjson", "csv", "tsv", "table"}))
      ->group(group);
  app.add_option("--columns", o.columns,
                 "The fields that are columns of csv, tsv or table (default: the members of the "
                 "first event)")
      ->type_name("FIELDS")
      ->group(group);
  app.add_flag("--no-header", o.no_header, "No row with the names of the columns")->group(group);
  app.add_flag("-a,--append", o.append, "Add to what FILE holds, in place of replacing it")
      ->group(group);
  app.add_option("--rotate", o.rotate,
                 "Begin another file for each span of event time (1h), or before one grows larger "
                 "than this (100M)")
      ->type_name("DURATION|SIZE")
      ->group(group);
  app.add_flag("--rollback", o.rollback,
               "With --checkpoint, cut FILE to what was committed if it is longer")
      ->group("Recovery");
}

void declare_exec(CLI::App& app, Options& o) {
  const char* group = "Commands";
  app.add_option("--exec", o.exec,
                 "Run this command for each event, which is its standard input; no shell, words "
                 "are split once")
      ->type_name("COMMAND")
      ->group(group);
  app.add_option("--env", o.env,
                 "These fields of the event are variables of the command: user.name is "
                 "EVENT_USER_NAME")
      ->type_name("FIELDS")
      ->group(group);
  app.add_option("--max-rate", o.max_rate, "Start no more commands than so many per s, m or h")
      ->type_name("N/UNIT")
      ->group(group);
  app.add_option("--max-parallel", o.max_parallel,
                 "Run so many commands at once (default 1: one after the other, in order)")
      ->type_name("N")
      ->check(whole_number(1, 1000))
      ->group(group);
  app.add_option("--retries", o.retries, "Run a command that fails so many times more (default 3)")
      ->type_name("N")
      ->check(whole_number())
      ->group(group);
  app.add_option(
         "--retry-wait", o.retry_wait,
         "Wait so long before the first of them, and twice as long before each other, up to "
         "a minute (default 1s)")
      ->type_name("DURATION")
      ->group(group);
  app.add_option("--dead-to", o.dead_to,
                 "Write each event whose command has failed for good to this file, as "
                 "{\"reason\",\"tries\",\"event\"}")
      ->type_name("FILE")
      ->group(group);
}

void declare(CLI::App& app, Options& o) {
  declare_writing(app, o);
  declare_exec(app, o);
}

// --- What is written -----------------------------------------------------------------------------

WriteForm form_of(const std::string& name) {
  if (name == "csv") return WriteForm::csv;
  if (name == "tsv") return WriteForm::tsv;
  return name == "table" ? WriteForm::table : WriteForm::ndjson;
}

// A size has a unit of bytes or none, a duration one of time; "1m" is a minute and "1M" a mebibyte.
Result<Rotation> rotation_of(const std::string& text) {
  Rotation rotation;
  if (auto every = parse_duration(text)) {
    if (*every <= Duration::zero()) return Error{"--rotate: must be more than 0"};
    rotation.every = *every;
    return rotation;
  }
  auto size = parse_size(text);
  if (!size || *size == 0) {
    return Error{"--rotate: neither a duration like 1h nor a size like 100M: " + text};
  }
  rotation.size = *size;
  return rotation;
}

Result<WriteOptions> write_options(const Options& o) {
  WriteOptions write;
  write.form = form_of(o.to);
  const bool has_columns = write.form != WriteForm::ndjson;
  if (!has_columns && (o.columns || o.no_header)) {
    return Error{"--columns and --no-header are for --to csv, tsv or table"};
  }
  write.header = !o.no_header;
  if (o.columns) {
    auto columns = Path::parse_list(*o.columns);
    if (!columns) return Error{"--columns: " + columns.error().message};
    write.columns = std::move(*columns);
  }
  if (o.rotate) {
    auto rotation = rotation_of(*o.rotate);
    if (!rotation) return rotation.error();
    write.rotation = *rotation;
  }
  return write;
}

// --- Commands ------------------------------------------------------------------------------------

Status read_limits(const Options& o, ExecOptions& exec) {
  if (o.max_rate) {
    auto interval = parse_rate(*o.max_rate);
    if (!interval) return Error{"--max-rate: " + interval.error().message};
    exec.interval = *interval;
  }
  if (o.retry_wait) {
    auto wait = parse_duration(*o.retry_wait);
    if (!wait) return Error{"--retry-wait: " + wait.error().message};
    exec.wait = std::max(*wait, Duration::zero());
  }
  exec.parallel = o.max_parallel;
  exec.retries = o.retries.value_or(exec.retries);
  exec.dead_to = o.dead_to;
  return {};
}

// Null without --exec.
Result<std::shared_ptr<const ExecOptions>> exec_options(const Options& o) {
  if (!o.exec) {
    const bool alone = o.env || o.max_rate || o.retries || o.retry_wait || !o.dead_to.empty();
    if (alone || o.max_parallel > 1) {
      return Error{
          "--env, --max-rate, --max-parallel, --retries, --retry-wait and --dead-to need "
          "an --exec"};
    }
    return std::shared_ptr<const ExecOptions>();
  }
  auto exec = std::make_shared<ExecOptions>();
  auto words = split_command(*o.exec);
  if (!words) return Error{"--exec: " + words.error().message};
  exec->words = std::move(*words);
  if (o.env) {
    auto env = Path::parse_list(*o.env);
    if (!env) return Error{"--env: " + env.error().message};
    exec->env = std::move(*env);
  }
  if (Status status = read_limits(o, *exec); !status) return status.error();
  return std::shared_ptr<const ExecOptions>(std::move(exec));
}

// --- The plan ------------------------------------------------------------------------------------

Result<OperatorPtr> make_operator(WriteOptions write) {
  if (write.form == WriteForm::ndjson && !write.file) return make_filter({});
  return make_write(std::move(write));
}

Status check(const Options& o, const Invocation& invocation, const std::vector<std::string>& files,
             bool to_file) {
  if (files.size() > 1) {
    return Error{"one FILE to write is expected, found " + std::to_string(files.size()) +
                 "; the events come from standard input"};
  }
  if (o.append && !to_file) return Error{"--append needs the FILE to append to"};
  if (o.rotate && !to_file) return Error{"--rotate needs the FILE to begin anew"};
  if (!invocation.common.checkpoint.empty() && o.to == "table") {
    return Error{
        "--to table is for the eye: its first rows are held back, so no epoch could commit them; "
        "--checkpoint goes with ndjson, csv and tsv"};
  }
  if (o.exec && !files.empty()) return Error{"--exec takes the place of the FILE"};
  if (o.exec && o.to != "ndjson") return Error{"--exec gives events to its command, not rows"};
  return {};
}

// A name with fields, or one that rotates, is made for each event; any other is opened once.
Status plan_file(const Options& o, const std::string& name, const Invocation& invocation,
                 WriteOptions& write, Plan& plan) {
  const bool has_fields = name.find_first_of("{}") != name.npos;
  if (o.append && write.rotation.size) {
    return Error{"--append cannot know how large the files of --rotate SIZE are"};
  }
  plan.output = OutputFile{.name = name, .append = o.append, .rollback = o.rollback};
  if (has_fields || o.rotate) {
    const bool has_rows = write.form != WriteForm::ndjson;
    if (o.append && has_rows && write.header) {
      return Error{"--append to files of rows that a name makes needs --no-header"};
    }
    auto file = FileName::parse(name);
    if (!file) return file.error();
    expect_members(file->fields(), plan.members);
    write.file = std::move(*file);
    plan.writes_files = true;
    if (!invocation.common.checkpoint.empty()) plan.notes = std::make_shared<NoteFile>();
    write.notes = plan.notes;
    plan.appends_to_files = o.append;
    plan.takes_time = write.rotation.every.has_value();
    return {};
  }
  if (o.append && invocation.file_exists(name)) write.header = false;
  return {};
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  std::vector<std::string> files = invocation.operands;
  files.insert(files.end(), invocation.files.begin(), invocation.files.end());
  const bool to_file = !files.empty() && files[0] != "-";
  if (Status status = check(o, invocation, files, to_file); !status) return status.error();
  auto write = write_options(o);
  if (!write) return write.error();
  auto exec = exec_options(o);
  if (!exec) return exec.error();
  Plan plan;
  plan.role = Role::sink;
  expect_rare_members(write->columns, plan.members);
  if (*exec) expect_rare_members((*exec)->env, plan.members);
  plan.exec = std::move(*exec);
  if (to_file) {
    if (Status status = plan_file(o, files[0], invocation, *write, plan); !status)
      return status.error();
  }
  auto op = make_operator(std::move(*write));
  if (!op) return op.error();
  plan.op = std::move(*op);
  return plan;
}

}  // namespace

Tool swrite() {
  return define_tool<Options>(
      {.name = "swrite",
       .summary = "end a stream in a file",
       .synopsis = {"[OPTION]... [FILE]", "[OPTION]... --exec COMMAND"},
       .time = TimeUse::optional,
       .examples = {"sread app.log | sfilter level=error | swrite errors",
                    "swindow tumbling 1m count < app.log | swrite --to csv out.csv",
                    "swrite 'out/{region}/{ts:%Y-%m-%d}.ndjson' < app.log"},
       .free_options = {"--append", "--rollback"}},
      declare, plan);
}

}  // namespace streamutils
