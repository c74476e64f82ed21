// What the driver says: places, hints, the closing report, the statistics.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "run/driver_input.h"

namespace streamutils {
namespace {

using namespace std::chrono_literals;

std::string share(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.2g}%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string_view plural(std::uint64_t n, std::string_view one, std::string_view many) {
  return n == 1 ? one : many;
}

// d without digits that nobody reads: 671.293884s -> 11m11s.
std::string rough(Duration d) {
  const Duration unit = d < 1ms    ? Duration(1)
                        : d < 1s   ? Duration(1us)
                        : d < 1min ? Duration(1ms)
                                   : Duration(1s);
  return format_duration(d / unit * unit);
}

}  // namespace

void Driver::say(std::string_view message) const { settings_.say(message); }

void Driver::warn(std::string_view message) const {
  if (!settings_.common.quiet) settings_.say(message);
}

std::string Driver::place(const Input& input) const {
  const std::uint64_t line = const_cast<Input&>(input).line_number();
  return input.info.name == "-" ? fmt::format("line {}: ", line)
                                : fmt::format("{}:{}: ", input.info.name, line);
}

void Driver::write_bad(const Input& input, std::string_view reason, std::string_view line) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().name("reason").string(reason).name("file").string(input.info.name);
  writer.name("line").unsigned_integer(const_cast<Input&>(input).line_number());
  writer.name("offset").unsigned_integer(input.offset).name("text").string(line);
  writer.end_object();
  settings_.bad_to->write(text);
}

void Driver::hint_about_first_time(Timestamp t, const Input& input) const {
  if (t < from_nanos(0) + std::chrono::hours(24 * 3652)) {
    return warn(
        fmt::format("{}the first time is {}: is it the right member (-t) and unit (--time-unit)?",
                    place(input), format_time(t)));
  }
  if (!input.info.live || now_ == kMinTime) return;
  const Duration off = t > now_ ? t - now_ : now_ - t;
  const Duration quarter = 15min;
  const Duration rest = (off + quarter / 2) % quarter - quarter / 2;
  if (off > quarter / 2 && off < 14h + quarter && std::chrono::abs(rest) < 3s) {
    warn(fmt::format("{}the first time is off the clock by {}: is its zone right (--tz)?",
                     place(input), format_duration((off + quarter / 2) / quarter * quarter)));
  }
}

ExitStatus Driver::loss() const {
  if (counts_.bad > 0 || counts_.lost > 0) return ExitStatus::lossy;
  const bool derived = std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
    return input.clock.is_derived() && !input.info.plan.table;
  });
  const bool nobody_gave = derived && !settings_.common.disorder_given;
  return counts_.late > 0 && nobody_gave && settings_.late_to == nullptr ? ExitStatus::lossy
                                                                         : ExitStatus::done;
}

void Driver::report_end() {
  if (counts_.bad > 0) {
    warn(fmt::format("{} of {} records {} bad{}{}", counts_.bad, counts_.in,
                     plural(counts_.bad, "was", "were"), stopped_ ? "" : " and skipped",
                     seems_text() ? " (lines of text become events with sread --format)" : ""));
  }
  for (const std::string& reason : failures_) {
    const std::uint64_t n = reasons_[reason];
    warn(fmt::format("{} {} in all: {}", n, plural(n, "time", "times"), reason));
  }
  if (lateness_.count() > 0) report_late();
  if (!stopped_ && absent_.is_watching()) report_absent();
}

// True if there were some lines, and none of them was an event.
bool Driver::seems_text() const {
  constexpr std::uint64_t kSome = 5;
  const auto no_objects = reasons_.find("bad: not a JSON object");
  return counts_.in >= kSome && no_objects != reasons_.end() && no_objects->second == counts_.in;
}

void Driver::report_absent() {
  std::vector<std::string> names;
  for (const Input& input : inputs_) names.push_back(input.info.name);
  for (const std::string& sentence : absent_.describe(names)) warn(sentence);
}

void Driver::report_late() {
  const std::uint64_t n = counts_.late + counts_.late_partly;
  warn(fmt::format(
      "{} of {} events {} late ({}; behind the newest event by p50 {}, p99 {}, max {}); {} {}", n,
      counts_.in, plural(n, "was", "were"), share(n, counts_.in), rough(lateness_.quantile(0.5)),
      rough(lateness_.quantile(0.99)), rough(lateness_.max()), counts_.late, op_->fate_of_late()));
  const bool derived = std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
    return input.clock.is_derived() && !input.info.plan.table;
  });
  if (needed_disorder_ > Duration::zero()) {
    const std::string disorder = format_duration(round_up_nicely(needed_disorder_));
    warn(derived
             ? fmt::format("this keeps them: {}",
                           command_with(settings_.argv, "--disorder", disorder))
             : fmt::format(
                   "the stage that writes the watermarks (-w) would keep them with --disorder {}",
                   disorder));
  }
  if (counts_.late_by_idle > 0) {
    const std::string idle = format_duration(round_up_nicely(needed_idle_));
    warn(fmt::format("{} of them only because the input fell quiet; this keeps them: {}",
                     counts_.late_by_idle, command_with(settings_.argv, "--idle", idle)));
  }
}

std::string Driver::stats(bool json, double seconds) const {
  const std::pair<std::string_view, std::uint64_t> rows[] = {
      {"in", counts_.in},   {"used", counts_.used},    {"dropped", counts_.dropped},
      {"bad", counts_.bad}, {"late", counts_.late},    {"late_partly", counts_.late_partly},
      {"out", counts_.out}, {"absurd", counts_.absurd}};
  std::string state;
  op_->describe_state(state);
  std::string text;
  if (!json) {
    for (const auto& [name, n] : rows) text += fmt::format("{:<12}{}\n", name, n);
    for (const auto& [reason, n] : reasons_) text += fmt::format("  {}: {}\n", reason, n);
    if (watermark_ != kMinTime && watermark_ != kMaxTime) {
      text += fmt::format("{:<12}{}\n", "watermark", format_time(watermark_));
    }
    if (!state.empty()) text += fmt::format("{:<12}{{{}}}\n", "state", state);
    if (seconds > 0) {
      text += fmt::format("{:<12}{:.0f} records/s\n", "rate",
                          static_cast<double>(counts_.in) / seconds);
    }
    return text;
  }
  JsonWriter writer(text);
  writer.begin_object().name("tool").string(settings_.tool);
  for (const auto& [name, n] : rows) writer.name(name).unsigned_integer(n);
  writer.name("reasons").begin_object();
  for (const auto& [reason, n] : reasons_) writer.name(reason).unsigned_integer(n);
  writer.end_object().name("watermark");
  if (watermark_ == kMinTime || watermark_ == kMaxTime) {
    writer.null();
  } else {
    writer.time(watermark_, {});
  }
  const bool has_lag = now_ != kMinTime && watermark_ != kMinTime && watermark_ != kMaxTime;
  writer.name("lag_seconds");
  has_lag ? writer.number(std::chrono::duration<double>(now_ - watermark_).count()) : writer.null();
  writer.name("state").raw("{" + state + "}");
  if (seconds > 0) {
    writer.name("seconds").number(seconds);
    writer.name("records_per_second").number(static_cast<double>(counts_.in) / seconds);
  }
  writer.end_object();
  return text + "\n";
}

}  // namespace streamutils
