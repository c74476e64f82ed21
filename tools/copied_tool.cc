// SPDX-License-Identifier: Apache-2.0
#include "tools/copied_tool.h"

#include <utility>

#include "run/stage.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

// The option about event time that was given, or empty.
std::string_view time_option(const CommonOptions& common) {
  if (common.time_field) return "--time";
  const std::pair<std::string_view, const std::string*> options[] = {
      {"--time-unit", &common.time_unit}, {"--time-format", &common.time_format},
      {"--disorder", &common.disorder},   {"--idle", &common.idle},
      {"--max-ahead", &common.max_ahead}, {"--watermark-every", &common.watermark_every}};
  for (const auto& [name, text] : options) {
    if (!text->empty()) return name;
  }
  return {};
}

}  // namespace

Result<CopiedCommand> look_at_command(const std::vector<std::string>& words,
                                      const std::function<bool(const std::string&)>& file_exists) {
  const std::string name = words[0].substr(words[0].rfind('/') + 1);
  for (const Tool& tool : all_tools()) {
    if (tool.info.name != name) continue;
    World world;
    world.file_exists = file_exists;
    const auto parsed = parse_arguments(tool, words, world);
    if (!parsed) return Error{name + ": " + parsed.error().message};
    if (!parsed->help.empty()) return CopiedCommand{true, false};
    const std::string_view option = time_option(parsed->common);
    if (!option.empty()) {
      return Error{name + ": " + std::string(option) +
                   " belongs in front of --jobs: sgroup reads the times, and sends the watermarks"};
    }
    return CopiedCommand{true, parsed->plan.takes_time};
  }
  return CopiedCommand{};
}

}  // namespace streamutils
