// SPDX-License-Identifier: Apache-2.0
#include "run/stage.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "run/help.h"
#include "run/report.h"
#include "run/usage_error.h"

namespace streamutils {
namespace {

// CLI11 would take a word like [1,2] apart and lose [].  A mark in front keeps it whole, until the
// check of its option removes the mark.
void keep_brackets(CLI::App& app, std::vector<std::string>& words) {
  constexpr char kMark = '\x1f';
  for (std::string& word : words) {
    if (word.starts_with('[') && word.ends_with(']')) word.insert(0, 1, kMark);
  }
  const CLI::Validator unmark(
      [](std::string& word) {
        if (word.starts_with(kMark)) word.erase(0, 1);
        return std::string();
      },
      "");
  for (CLI::Option* option : app.get_options()) option->transform(unmark);
}

// Shared options that shape the state; all of a tool's own do, but for its free ones.
constexpr std::string_view kShaping[] = {"--time", "--time-unit", "--time-format", "--tz"};

std::string name_of(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  return names.empty() ? "-" + option.get_snames().front() : "--" + names.front();
}

bool shapes_state(const Tool& tool, const CLI::App& own, const std::string& name) {
  if (std::find(std::begin(kShaping), std::end(kShaping), name) != std::end(kShaping)) return true;
  const auto& free = tool.info.free_options;
  return own.get_option_no_throw(name) != nullptr &&
         std::find(free.begin(), free.end(), name) == free.end();
}

// The operands, without the files behind them.
std::vector<std::string> operands_without_files(const Invocation& invocation, const Plan& plan) {
  std::vector<std::string> operands = invocation.operands;
  std::vector<std::string> files = plan.files;
  files.resize(files.size() - std::min(files.size(), invocation.files.size()));
  while (!files.empty() && !operands.empty() && operands.back() == files.back()) {
    operands.pop_back();
    files.pop_back();
  }
  return operands;
}

std::string state_options(const Tool& tool, const CLI::App& app, const Invocation& invocation,
                          const Plan& plan) {
  CLI::App own;
  own.set_help_flag("");
  tool.declare(own);
  std::string text = tool.info.name;
  auto add = [&](const std::string& word) { text += " " + shell_quote(word); };
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_positional()) continue;
    const std::string name = name_of(*option);
    if (!shapes_state(tool, own, name)) continue;
    const bool is_flag = option->get_expected_max() == 0;
    if (is_flag) add(name);
    for (const std::string& value : option->results()) {
      if (!is_flag) add(fmt::format("{}={}", name, value));
    }
  }
  for (const std::string& word : operands_without_files(invocation, plan)) add(word);
  return text;
}

// No word of a command line begins with it: CLI11 sees an operand.
constexpr char kProtected = '\x01';

// Marks the words that are operands although they look like options.
void protect_words(const Tool& tool, std::vector<std::string>& words) {
  const auto& taking = tool.info.taking_words;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool taken = std::find(taking.begin(), taking.end(), words[i - 1]) != taking.end();
    if (taken && words[i].starts_with('-')) words[i].insert(words[i].begin(), kProtected);
  }
}

void restore_words(std::vector<std::string>& operands) {
  for (std::string& word : operands) {
    if (word.starts_with(kProtected)) word.erase(word.begin());
  }
}

}  // namespace

std::string copy_suffix(const std::string& copy) {
  const std::size_t slash = copy.find('/');
  if (slash == std::string::npos) return {};
  return fmt::format("-{}-of-{}", copy.substr(0, slash), copy.substr(slash + 1));
}

void declare_all(CLI::App& app, const Tool& tool, CommonOptions& common, HelpOptions& help,
                 std::vector<std::string>& operands) {
  app.set_help_flag("");
  app.option_defaults()->group("Options");
  tool.declare(app);
  declare_common_options(app, common, tool.info.time);
  app.add_flag("-h", help.brief, "Show a short help")->group("Help");
  app.add_flag("--help{full}", help.form, "Show all options (--help=json for programs)")
      ->type_name("[=json]")
      ->check(CLI::IsMember({"full", "json"}))
      ->group("Help");
  app.add_flag("-V,--version", help.version, "Show the version")->group("Help");
  app.add_option("operands", operands)->group("");
}

Result<Parsed> parse_arguments(const Tool& tool, const std::vector<std::string>& argv,
                               const World& world) {
  Parsed parsed;
  HelpOptions help;
  Invocation invocation;
  CLI::App app(tool.info.summary, tool.info.name);
  declare_all(app, tool, parsed.common, help, invocation.operands);

  // CLI11 would forget where "--" stood; behind it are files, whatever they look like.
  const auto dashes = std::find(argv.begin() + 1, argv.end(), "--");
  std::vector<std::string> words(argv.begin() + 1, dashes);
  keep_brackets(app, words);
  protect_words(tool, words);
  if (dashes != argv.end()) invocation.files.assign(dashes + 1, argv.end());
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, words, tool.info.synopsis);
  }
  restore_words(invocation.operands);
  if (help.version) {
    parsed.help = fmt::format("{} (streamutils) {}\n", tool.info.name, STREAMUTILS_VERSION);
    return parsed;
  }
  if (help.brief || !help.form.empty()) {
    auto text = render_help(tool, app, help.brief ? "short" : help.form);
    if (!text) return text.error();
    parsed.help = std::move(*text);
    return parsed;
  }

  if (parsed.common.checkpoint.empty() && parsed.common.state.empty()) {
    parsed.common.checkpoint = world.checkpoint;
  }
  if (!world.state.empty() && parsed.common.checkpoint.empty() && parsed.common.state.empty()) {
    const std::string& name = parsed.common.name.empty() ? tool.info.name : parsed.common.name;
    parsed.common.state = world.state + "/" + name + copy_suffix(world.copy);
  }
  auto settings = parse_common(parsed.common);
  if (!settings) return settings.error();
  parsed.settings = std::move(*settings);
  parsed.settings.originate |= world.originate;
  invocation.common = parsed.common;
  invocation.time_syntax = parsed.settings.time_syntax;
  invocation.file_exists = world.file_exists;
  invocation.fresh_output = world.fresh_output;
  auto plan = tool.plan(invocation);
  if (!plan) return plan.error();
  parsed.plan = std::move(*plan);
  parsed.settings.originate |= parsed.plan.originate;
  parsed.settings.originate |= parsed.plan.role == Role::source;
  if (parsed.plan.role == Role::sink && parsed.common.control == "auto") {
    parsed.settings.control = CommonSettings::Control::never;
  }
  if (!parsed.common.state.empty() || !parsed.common.checkpoint.empty())
    parsed.state_options = state_options(tool, app, invocation, parsed.plan);
  return parsed;
}

std::unique_ptr<Driver> make_driver(const Tool& tool, const std::vector<std::string>& argv,
                                    Parsed parsed, std::vector<InputInfo> inputs,
                                    const World& world, Sink& out, Sink* bad_to, Sink* late_to,
                                    Say say, Sink* side, const Resumption& resumption,
                                    FileSink* files) {
  DriverSettings settings;
  settings.tool = tool.info.name;
  settings.role = parsed.plan.role;
  settings.decode = std::move(parsed.plan.decode);
  settings.speed = parsed.plan.speed;
  settings.data_only = parsed.plan.data_only;
  settings.argv = argv;
  settings.common = std::move(parsed.settings);
  settings.inputs = std::move(inputs);
  const std::size_t planned = std::min(settings.inputs.size(), parsed.plan.inputs.size());
  for (std::size_t i = 0; i < planned; ++i) settings.inputs[i].plan = parsed.plan.inputs[i];
  settings.inputs_come = parsed.inputs_come;
  settings.takes_time = parsed.plan.takes_time;
  settings.time_optional = parsed.plan.time_optional;
  settings.by_arrival = parsed.plan.by_arrival;
  settings.output_is_stream = world.output_is_stream;
  // A copy of several sees some of the events.
  if (world.copy.empty()) settings.members = std::move(parsed.plan.members);
  settings.keeping = resumption.keeping;
  settings.epoch = resumption.epoch;
  settings.checkpoints = resumption.checkpoints;
  settings.is_over = resumption.is_over;
  settings.repeats_watermark = !world.copy.empty();
  settings.out = &out;
  settings.files = files;
  settings.bad_to = bad_to;
  settings.late_to = late_to;
  settings.side = side;
  settings.say = std::move(say);
  if (!settings.common.quiet) {
    for (const std::string& warning : parsed.plan.warnings) settings.say(warning);
  }
  return std::make_unique<Driver>(std::move(settings), std::move(parsed.plan.op));
}

}  // namespace streamutils
