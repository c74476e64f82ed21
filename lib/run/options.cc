// SPDX-License-Identifier: Apache-2.0
#include "run/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/text.h"
#include "json/value.h"
#include "run/tool.h"

namespace streamutils {
namespace {

void declare_time(CLI::App& app, CommonOptions& o, TimeUse use) {
  const char* group = "Event time";
  app.add_option(
         "-t,--time", o.time_field,
         "The member that holds the time of an event (a path). Without it: the one that the "
         "stream names, else the first of ts, timestamp, @timestamp, time, event_time, "
         "window_end that a record has")
      ->type_name("FIELD")
      ->group(group);
  app.add_option(
         "--time-unit", o.time_unit,
         "Numbers are an epoch in this unit: s, ms, us or ns. Without it their size decides")
      ->type_name("UNIT")
      ->group(group);
  app.add_option("--time-format", o.time_format, "Times are texts of this form, as in strptime(3)")
      ->type_name("FORMAT")
      ->group(group);
  app.add_option("--tz", o.time_zone, "The zone of times that have none (default UTC)")
      ->type_name("ZONE")
      ->group(group);
  app.add_option(
         "--disorder", o.disorder,
         "How far out of order events may come: the watermark is the greatest time seen minus "
         "this (default 1s)")
      ->type_name("DURATION")
      ->group(group);
  app.add_option(
         "--idle", o.idle,
         "After this time without input event time goes on with the clock, so that windows of "
         "a quiet stream close; 'off' to wait for the next event (default 1s, on live input)")
      ->type_name("DURATION")
      ->group(group);
  app.add_option(
         "--max-ahead", o.max_ahead,
         "An event further ahead of the clock than this does not move the watermark (default "
         "5m, on live input)")
      ->type_name("DURATION")
      ->group(group);
  if (use == TimeUse::always) {
    app.add_option("--late-to", o.late_to,
                   "Write each event that was too late for any window to this file, its own bytes")
        ->type_name("FILE")
        ->group(group);
    app.add_option(
           "--max-spill", o.max_spill,
           "Of an input that is ahead of another one, keep at most this much outside of its "
           "pipe (default 1G)")
        ->type_name("SIZE")
        ->group(group);
  }
}

void declare_stream(CLI::App& app, CommonOptions& o) {
  const char* group = "Stream";
  app.add_flag("-w,--watermarks", o.watermarks,
               "Write watermarks into the output, so that later stages share this one's event time "
               "(also by STREAMUTILS_WATERMARKS=1)")
      ->group(group);
  app.add_option("--watermark-every", o.watermark_every,
                 "Write one at each multiple of this much event time (default 100ms)")
      ->type_name("DURATION")
      ->group(group);
  app.add_option("--control", o.control,
                 "Write control lines: auto (not to a terminal or a regular file), always or never")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group(group);
  app.add_option(
         "--clock", o.clock,
         "The wall clock: system, or stream to obey the clock lines of the input (for replays)")
      ->type_name("CLOCK")
      ->check(CLI::IsMember({"system", "stream"}))
      ->group(group);
}

void declare_recovery(CLI::App& app, CommonOptions& o) {
  const char* group = "Recovery";
  app.add_option("--state", o.state,
                 "Go on from the state in this file, and save it there at the end of the input and "
                 "on SIGTERM: what is open waits for the next run. See streamutils-recovery(7)")
      ->type_name("PATH")
      ->group(group);
  app.add_option("--checkpoint", o.checkpoint,
                 "The folder in which the stages of a pipeline save what they need to go on after "
                 "any failure, nothing lost and nothing twice (also by STREAMUTILS_CHECKPOINT). "
                 "See streamutils-recovery(7)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--name", o.name,
                 "The name of this stage in that folder, where two are of one tool (default: the "
                 "tool's)")
      ->type_name("NAME")
      ->group(group);
  app.add_flag(
         "--drain", o.drain,
         "Take the end of the input as the end of the stream, also where its end mark is missing, "
         "or with --state: what is open leaves")
      ->group(group);
}

void declare_bad(CLI::App& app, CommonOptions& o) {
  const char* group = "Malformed input";
  app.add_option("--bad", o.bad,
                 "What a malformed line does: skip (count it, go on) or stop (exit 3)")
      ->type_name("POLICY")
      ->check(CLI::IsMember({"skip", "stop"}))
      ->group(group);
  app.add_option("--bad-to", o.bad_to,
                 "Write malformed lines to this file, as "
                 "{\"reason\",\"file\",\"line\",\"offset\",\"text\"}")
      ->type_name("FILE")
      ->group(group);
  app.add_option(
         "--max-bad", o.max_bad,
         "Stop with exit status 3 after more malformed lines than this, or than this share of "
         "all (from 100 lines on)")
      ->type_name("N|P%")
      ->group(group);
  app.add_flag(
         "--strict", o.strict,
         "Check the whole of every line and refuse duplicate names; without it a line is checked "
         "as far as it is read")
      ->group(group);
  app.add_option("--max-line", o.max_line, "The longest line that is read (default 16M)")
      ->type_name("SIZE")
      ->group(group);
}

void declare_reports(CLI::App& app, CommonOptions& o) {
  const char* group = "Reports";
  app.add_flag(
         "--stats{text}", o.stats,
         "At the end say what became of every record (--stats=json for programs); SIGUSR1 does so "
         "at any time")
      ->type_name("[=json]")
      ->check(CLI::IsMember({"text", "json"}))
      ->group(group);
  app.add_flag(
         "--progress", o.progress,
         "Show progress on standard error; done unasked where that is a terminal and standard "
         "output is not")
      ->group(group);
  app.add_flag("-q,--quiet", o.quiet, "No warnings and hints; errors only")->group(group);
  app.add_flag("--verbose", o.verbose, "Say also what is usually taken for granted")->group(group);
  app.add_option("--color", o.color,
                 "Colours in messages: auto, always or never (NO_COLOR is honoured)")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group(group);
  // Accepted for muscle memory: output never waits in a buffer while the tool waits for input.
  app.add_flag("--line-buffered,--unbuffered", o.ignored, "Accepted, without effect")->group("");
}

Error about(std::string_view option, const Error& error) {
  return Error{fmt::format("{}: {}", option, error.message)};
}

// A duration that is not negative.
Result<Duration> parse_length(std::string_view option, std::string_view text) {
  auto d = parse_duration(text);
  if (!d) return about(option, d.error());
  if (*d < Duration::zero()) return Error{fmt::format("{}: {} is negative", option, quote(text))};
  return *d;
}

Result<BadLimit> parse_bad_limit(std::string_view text) {
  const bool share = text.ends_with('%');
  const std::string_view digits = text.substr(0, text.size() - (share ? 1 : 0));
  BadLimit limit;
  const char* end = digits.data() + digits.size();
  const auto parsed = share ? std::from_chars(digits.data(), end, limit.percent)
                            : std::from_chars(digits.data(), end, limit.count);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end || !(limit.percent >= 0)) {
    return Error{
        fmt::format("--max-bad: expected a number or a percentage like 1%, found {}", quote(text))};
  }
  return limit;
}

Status parse_times(const CommonOptions& o, CommonSettings& s) {
  if (o.time_field) {
    auto path = Path::parse(*o.time_field);
    if (!path) return about("--time", path.error());
    s.time_path = std::move(*path);
  }
  if (!o.time_unit.empty()) {
    auto unit = parse_epoch_unit(o.time_unit);
    if (!unit) return about("--time-unit", unit.error());
    s.time_syntax.unit = *unit;
  }
  s.time_syntax.format = o.time_format;
  if (!o.time_zone.empty()) {
    auto zone = parse_time_zone(o.time_zone);
    if (!zone) return about("--tz", zone.error());
    s.time_syntax.zone = *zone;
  }
  return {};
}

Status parse_watermarks(const CommonOptions& o, CommonSettings& s) {
  auto set = [](std::string_view option, const std::string& text, Duration& target) -> Status {
    if (text.empty()) return {};
    auto d = parse_length(option, text);
    if (!d) return d.error();
    target = *d;
    return {};
  };
  if (Status status = set("--disorder", o.disorder, s.watermark.disorder); !status) return status;
  if (Status status = set("--max-ahead", o.max_ahead, s.watermark.max_ahead); !status)
    return status;
  if (Status status = set("--watermark-every", o.watermark_every, s.watermark_every); !status)
    return status;
  if (s.watermark_every == Duration::zero()) return Error{"--watermark-every: must be more than 0"};
  s.disorder_given = !o.disorder.empty();
  s.watermark.idle_given = !o.idle.empty() && o.idle != "off";
  if (o.idle == "off") {
    s.watermark.idle = std::nullopt;
  } else if (s.watermark.idle_given) {
    auto d = parse_length("--idle", o.idle);
    if (!d) return d.error();
    s.watermark.idle = *d;
  }
  return {};
}

Status check_recovery(const CommonOptions& o) {
  if (!o.state.empty() && !o.checkpoint.empty()) {
    return Error{"--state and --checkpoint: one tool alone, or a pipeline; not both"};
  }
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  };
  if (!std::all_of(o.name.begin(), o.name.end(), is_plain) || o.name == "COMMIT") {
    return Error{
        fmt::format("--name: expected letters, digits, '-' and '_', found {}", quote(o.name))};
  }
  return {};
}

}  // namespace

void declare_common_options(CLI::App& app, CommonOptions& options, TimeUse time) {
  declare_time(app, options, time);
  declare_stream(app, options);
  declare_recovery(app, options);
  declare_bad(app, options);
  declare_reports(app, options);
}

Result<std::size_t> parse_size(std::string_view text) {
  std::size_t n = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, n);
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (unit.ends_with('B')) unit.remove_suffix(1);
  const std::size_t index = unit.empty() ? 0 : std::string_view("kKmMgG").find(unit) / 2 + 1;
  if (text.empty() || error != std::errc() || index > 3 || unit.size() > 1 ||
      n > (SIZE_MAX >> (10 * index))) {
    return Error{
        fmt::format("not a size: {} (expected bytes like 65536, 64k or 16M)", quote(text))};
  }
  return n << (10 * index);
}

Result<CommonSettings> parse_common(const CommonOptions& o) {
  CommonSettings s;
  if (Status status = check_recovery(o); !status) return status.error();
  if (Status status = parse_times(o, s); !status) return status.error();
  if (Status status = parse_watermarks(o, s); !status) return status.error();
  if (!o.max_bad.empty()) {
    auto limit = parse_bad_limit(o.max_bad);
    if (!limit) return limit.error();
    s.max_bad = *limit;
  }
  auto max_line = parse_size(o.max_line);
  if (!max_line) return about("--max-line", max_line.error());
  if (*max_line > Value::kMaxSize) {
    return about("--max-line", Error{fmt::format("at most {} bytes", Value::kMaxSize)});
  }
  s.max_line = std::max<std::size_t>(*max_line, 64);
  auto max_spill = parse_size(o.max_spill);
  if (!max_spill) return about("--max-spill", max_spill.error());
  s.max_spill = *max_spill;
  using Control = CommonSettings::Control;
  s.control = o.control == "always"  ? Control::always
              : o.control == "never" ? Control::never
                                     : Control::automatic;
  s.originate = o.watermarks || !o.checkpoint.empty();
  s.stream_clock = o.clock == "stream";
  s.drain = o.drain;
  s.stop_at_bad = o.bad == "stop";
  s.strict = o.strict;
  s.quiet = o.quiet;
  s.verbose = o.verbose;
  return s;
}

}  // namespace streamutils
