// SPDX-License-Identifier: Apache-2.0
#include "run/docs.h"

#include <memory>
#include <utility>

#include "run/man_part.h"
#include "run/option_table.h"

namespace streamutils {
namespace {

constexpr std::string_view kExitStatus = "EXIT STATUS";

Document whole(std::string path, std::string text) {
  return {std::move(path), false, [text = std::move(text)](std::string_view) { return text; }};
}

// A page may leave the exit statuses to streamutils(7).
Result<std::string> with_exit_statuses(std::string_view page) {
  if (!has_man_part(page, kExitStatus)) return std::string(page);
  return replace_man_part(page, kExitStatus, man_exit_statuses());
}

Document tool_page(const std::string& tool, const std::vector<OptionEntry>& options) {
  auto make = [text = man_options(options)](std::string_view page) -> Result<std::string> {
    auto with_options = replace_man_part(page, "OPTIONS", text);
    return with_options ? with_exit_statuses(*with_options) : with_options;
  };
  return {"man/" + tool + ".1", true, make};
}

Document suite_page() {
  auto make = [](std::string_view page) {
    return replace_man_part(page, kExitStatus, man_exit_statuses());
  };
  return {"man/streamutils.7", true, make};
}

}  // namespace

std::vector<Document> documents(const std::vector<Tool>& tools, const WordsOf& words_of) {
  std::vector<Document> all;
  for (const Tool& tool : tools) {
    const std::string& name = tool.info.name;
    const CompletionSource source{name, option_table(tool), words_of(tool)};
    all.push_back(tool_page(name, source.options));
    all.push_back(whole("completions/bash/" + name, bash_completion(source)));
    all.push_back(whole("completions/zsh/_" + name, zsh_completion(source)));
    all.push_back(whole("completions/fish/" + name + ".fish", fish_completion(source)));
  }
  all.push_back(suite_page());
  return all;
}

}  // namespace streamutils
