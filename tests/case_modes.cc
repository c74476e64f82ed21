// SPDX-License-Identifier: Apache-2.0
#include "case_modes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "case_chain.h"

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;

std::string& binary_folder() {
  static std::string folder;
  return folder;
}

// --- Running -----------------------------------------------------------------------------------

void apply(const Step& step, std::size_t inputs, Chain& chain) {
  if (step.kind == Step::Kind::line) {
    chain.put(step.input, step.bytes);
    if (step.terminated) chain.put(step.input, "\n");
  } else if (step.kind == Step::Kind::end && step.input != kAllInputs) {
    chain.close(step.input);
  } else if (step.kind == Step::Kind::end) {
    for (std::size_t i = 0; i < inputs; ++i) chain.close(i);
  }
}

// A message with a caret has several lines.
Lines lines_of(const Lines& messages) {
  Lines all;
  for (const std::string& message : messages) {
    for (std::string& line : split_lines(message)) all.push_back(std::move(line));
  }
  return all;
}

// With `at_outputs` the chain reads only where the case expects something, so that blocks are
// large.
Result<Transcript> run(const Case& c, const std::vector<Words>& commands, ChainOptions options,
                       bool at_outputs = false) {
  Chain chain(c, commands, options);
  Transcript got;
  for (const Step& step : c.steps) {
    apply(step, std::max<std::size_t>(c.numbered_inputs(), 1), chain);
    const bool reads = !at_outputs || !step.out.empty() || step.kind == Step::Kind::end;
    got.out.push_back(reads ? chain.run() : Lines{});
    if (!chain.failure().empty()) return Error{chain.failure()};
  }
  got.err = lines_of(chain.messages());
  got.statuses = chain.statuses();
  got.files = chain.files();
  return got;
}

std::string verdict(const Case& c, Result<Transcript> got, Comparison how) {
  return got ? difference(c, std::move(*got), how) : got.error().message + "\n";
}

std::string check_straight(const Case& c) { return verdict(c, run(c, c.commands, {}), {}); }

std::string check_restart(const Case& c) {
  return verdict(c, run(c, c.commands, {.restart = true}), {});
}

std::string check_blocks(const Case& c) {
  const ChainOptions options{.feed = ChainOptions::Feed::blocks};
  return verdict(c, run(c, c.commands, options, true), {.timing = false});
}

std::string check_chunks(const Case& c) {
  for (const std::size_t size : {1, 2, 3, 7, 1 << 20}) {
    const ChainOptions options{.feed = ChainOptions::Feed::chunks, .chunk = size};
    std::string problem = verdict(c, run(c, c.commands, options), {});
    if (!problem.empty()) return fmt::format("in chunks of {} bytes:\n{}", size, problem);
  }
  return {};
}

// The worst of the statuses, where "done, but bad records were skipped" counts as done: with a
// filter in front it may be that one which meets the bad record, also one that the case would never
// have read.
int worst_status(const std::vector<int>& statuses) {
  const int worst = *std::max_element(statuses.begin(), statuses.end());
  return worst == 1 ? 0 : worst;
}

std::string check_identity(const Case& c) {
  const bool is_usage_error = std::count(c.statuses.begin(), c.statuses.end(), 2) > 0;
  // Clock lines of a stream without a begin line do not get through a filter.
  if (is_usage_error || c.live || c.numbered_inputs() > 0 || !c.fresh_output.empty()) return {};
  std::vector<Words> commands = c.commands;
  commands.insert(commands.begin(), Words{"sfilter"});
  commands.push_back({"sfilter"});
  auto got = run(c, commands, {});
  if (!got) return got.error().message;
  Case worst = c;
  worst.statuses = {worst_status(c.statuses)};
  got->statuses = {worst_status(got->statuses)};
  return difference(worst, std::move(*got), {.messages = false});
}

std::string check_processes(const Case& c) {
  return verdict(c, run_processes(c, binary_folder()), {.timing = false});
}

constexpr Mode kModes[] = {{"straight", check_straight}, {"restart", check_restart},
                           {"chunks", check_chunks},     {"blocks", check_blocks},
                           {"identity", check_identity}, {"process", check_processes}};

// --- Comparing ---------------------------------------------------------------------------------

std::string show(std::string_view title, const Lines& lines, std::string_view mark) {
  std::string text = fmt::format("  {}:\n", title);
  for (const std::string& line : lines) text += fmt::format("    {}\n", spell_line(mark, line));
  if (lines.empty()) text += "    (nothing)\n";
  return text;
}

std::string show_both(std::string_view what, const Lines& expected, const Lines& got,
                      std::string_view mark) {
  return show(fmt::format("{} expected", what), expected, mark) + show("got", got, mark);
}

std::string show_input_until(const Case& c, std::size_t step) {
  Lines input;
  for (std::size_t i = 0; i <= step; ++i) {
    if (c.steps[i].kind == Step::Kind::line) input.push_back(c.steps[i].bytes);
  }
  const bool ended = c.steps[step].kind == Step::Kind::end;
  return show(ended ? "input, which has ended" : "input so far", input, ">");
}

// Without a "." what comes at the last line and what comes at the end are one.
void join_end(std::vector<Lines>& out) {
  Lines& line = out[out.size() - 2];
  line.insert(line.end(), out.back().begin(), out.back().end());
  out.pop_back();
}

std::string difference_by_step(const Case& c, std::vector<Lines> got) {
  std::vector<Lines> expected;
  for (const Step& step : c.steps) expected.push_back(step.out);
  if (!c.end_is_explicit) {
    join_end(expected);
    join_end(got);
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] == got[i]) continue;
    return show_input_until(c, i) + show_both("output at this step", expected[i], got[i], "<");
  }
  return {};
}

Lines flatten(const std::vector<Lines>& parts) {
  Lines all;
  for (const Lines& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Lines expected_lines(const Case& c) {
  Lines all;
  for (const Step& step : c.steps) all.insert(all.end(), step.out.begin(), step.out.end());
  return all;
}

std::string difference_of_files(const Case& c, const Transcript& got) {
  std::string text;
  for (const auto& [name, lines] : got.files) {
    const auto expected = c.files.find(name);
    const Lines wanted = expected == c.files.end() ? Lines{} : expected->second;
    if (wanted != lines) text += show_both("file " + name + ",", wanted, lines, "=");
  }
  for (const auto& [name, lines] : c.files) {
    if (got.files.count(name) == 0) text += fmt::format("  no file {} was written\n", name);
  }
  return text;
}

}  // namespace

std::span<const Mode> modes() { return kModes; }

void set_binary_folder(std::string folder) { binary_folder() = std::move(folder); }

Result<Transcript> observe(const Case& c) { return run(c, c.commands, {}); }

std::string difference(const Case& c, Transcript got, Comparison how) {
  std::string text;
  if (how.timing) {
    text = difference_by_step(c, std::move(got.out));
  } else if (const Lines lines = flatten(got.out); lines != expected_lines(c)) {
    text = show_both("output", expected_lines(c), lines, "<");
  }
  if (how.messages && got.err != c.err) text += show_both("standard error", c.err, got.err, "!");
  if (how.messages) text += difference_of_files(c, got);
  if (got.statuses != c.statuses) {
    text += fmt::format("  exit status expected: {}\n  got: {}\n", fmt::join(c.statuses, " "),
                        fmt::join(got.statuses, " "));
  }
  return text;
}

}  // namespace streamutils
