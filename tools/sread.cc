// sread: begin a stream from files.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "formats/format.h"
#include "formats/unpack.h"
#include "ops/filter.h"
#include "run/options.h"
#include "run/tool.h"
#include "run/usage_error.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::string checkpoint_every;
  std::string follow_epochs;
  std::string format = "ndjson";
  std::string columns;
  std::string delimiter;
  std::string numbers;
  std::optional<int> year;
  bool follow = false;
  std::optional<double> speed;
  bool replay = false;
};

void declare_checkpoints(CLI::App& app, Options& o) {
  app.add_option("--checkpoint-every", o.checkpoint_every,
                 "With --checkpoint, let all stages save this often (default 1s)")
      ->type_name("DURATION")
      ->group("Recovery");
  app.add_option(
         "--follow-epochs", o.follow_epochs,
         "With --checkpoint, follow the barriers of the source of this name: for the second "
         "input of sjoin")
      ->type_name("NAME")
      ->group("Recovery");
}

void declare_format(CLI::App& app, Options& o) {
  const char* group = "Format";
  app.add_option("--format", o.format,
                 "What the lines are: ndjson (the default), clf, combined, logfmt, csv, tsv, "
                 "syslog, text, or regex: and an RE2 expression whose named groups become members")
      ->type_name("FORMAT")
      ->group(group);
  app.add_option("--columns", o.columns,
                 "The names of the columns of csv or tsv; then the first row is no header")
      ->type_name("NAMES")
      ->group(group);
  app.add_option("--delimiter", o.delimiter, "What stands between the fields of csv (default ',')")
      ->type_name("CHAR")
      ->group(group);
  app.add_option("--numbers", o.numbers,
                 "These members, or * for all, are numbers where they are spelled like numbers of "
                 "JSON, and null where they are empty (csv, tsv, logfmt, regex)")
      ->type_name("NAMES")
      ->group(group);
  app.add_option("--year", o.year,
                 "The year of the first line of a syslog file whose times have none; without it "
                 "the latest one in which that time is not after the file was written")
      ->type_name("YEAR")
      ->check(whole_number(1678, 2261))
      ->group(group);
}

void declare(CLI::App& app, Options& o) {
  declare_format(app, o);
  app.add_flag("-F,--follow", o.follow,
               "Go on reading the files as they grow, through rotation; also those that are not "
               "there yet")
      ->group("Reading");
  app.add_option("--speed", o.speed,
                 "Hand on the events at N times the pace at which they happened: 1 as then, 60 an "
                 "hour in a minute (default: as fast as can be)")
      ->type_name("N")
      ->group("Reading");
  app.add_flag("--replay", o.replay,
               "The input is a recorded stream: obey its control lines, which otherwise are bad "
               "records")
      ->group("Reading");
  declare_checkpoints(app, o);
}

Status plan_checkpoints(const Options& o, Plan& plan) {
  plan.follow_epochs = o.follow_epochs;
  if (o.checkpoint_every.empty()) return {};
  auto every = parse_duration(o.checkpoint_every);
  if (!every) return Error{"--checkpoint-every: " + every.error().message};
  if (*every <= Duration::zero()) return Error{"--checkpoint-every: must be more than 0"};
  plan.barrier_every = *every;
  return {};
}

Status read_columns(const Options& o, FormatOptions& format) {
  if (o.columns.empty()) return {};
  for (std::size_t begin = 0; begin <= o.columns.size();) {
    const std::size_t comma = std::min(o.columns.find(',', begin), o.columns.size());
    std::string name = o.columns.substr(begin, comma - begin);
    auto& names = format.columns;
    if (name.empty()) return Error{"--columns: an empty name"};
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      return Error{"--columns: " + name + " stands there twice"};
    }
    names.push_back(std::move(name));
    begin = comma + 1;
  }
  return {};
}

Status read_delimiter(const Options& o, FormatOptions& format) {
  if (o.delimiter.empty()) return {};
  const bool is_tab = o.delimiter == "\\t";
  if ((o.delimiter.size() != 1 && !is_tab) || o.delimiter[0] == '"') {
    return Error{"--delimiter: one character is expected, and not a quote"};
  }
  format.delimiter = is_tab ? '\t' : o.delimiter[0];
  return {};
}

Result<MakeDecoder> decoder_of(const Options& o, const Invocation& invocation) {
  FormatOptions format;
  if (Status s = read_columns(o, format); !s) return s.error();
  if (Status s = read_delimiter(o, format); !s) return s.error();
  format.numbers = NumberMembers(o.numbers);
  format.year = o.year;
  format.zone = invocation.time_syntax.zone;
  if (auto size = parse_size(invocation.common.max_line)) format.max_record = *size;
  if (o.format != "ndjson") return make_format(o.format, format);
  const bool has_more =
      !o.columns.empty() || !o.delimiter.empty() || !o.numbers.empty() || o.year.has_value();
  if (has_more) return Error{"--columns, --delimiter, --numbers and --year need a --format"};
  return MakeDecoder();
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto op = make_filter({});
  if (!op) return op.error();
  auto decode = decoder_of(o, invocation);
  if (!decode) return decode.error();
  if (*decode && o.replay) return Error{"--replay reads a recorded stream, which is ndjson"};
  if (o.speed && !(*o.speed > 0)) return Error{"--speed: must be more than 0"};
  const bool has_file = !invocation.operands.empty() || !invocation.files.empty();
  if (o.follow && !has_file) return Error{"-F needs the files to follow"};
  Plan plan;
  plan.decode = std::move(*decode);
  plan.op = std::move(*op);
  plan.files = invocation.operands;
  plan.files.insert(plan.files.end(), invocation.files.begin(), invocation.files.end());
  plan.role = Role::source;
  if (Status status = plan_checkpoints(o, plan); !status) return status.error();
  plan.follow = o.follow;
  plan.expands_files = true;
  plan.speed = o.speed.value_or(0);
  plan.unpack = unpack;
  plan.data_only = !o.replay;
  return plan;
}

}  // namespace

Tool sread() {
  return define_tool<Options>(
      {.name = "sread",
       .summary = "begin a stream from files",
       .synopsis = {"[OPTION]... [FILE]..."},
       .time = TimeUse::optional,
       .examples = {"sread a.ndjson b.ndjson | swindow tumbling 1m count",
                    "sread --format combined access.log | sfilter 'status>=500'",
                    "sread --replay recorded | sfilter level=error"},
       .free_options = {"--checkpoint-every", "--follow"}},
      declare, plan);
}

}  // namespace streamutils
