// SPDX-License-Identifier: Apache-2.0
#include "run/help.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "base/text.h"
#include "json/writer.h"
#include "run/exit_status.h"
#include "run/option_table.h"
#include "run/wrap.h"

namespace streamutils {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kScreen = 24;
constexpr std::size_t kExamples = 3;
// Names that are wider than this push the text to the next line.
constexpr std::size_t kNames = 26;

using Lines = std::vector<std::string>;

void append(Lines& lines, const Lines& more) {
  lines.insert(lines.end(), more.begin(), more.end());
}

std::string join(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

// A short option stands below the others, a long one that has no short form below their long forms.
std::string aligned_spelling(const OptionEntry& option) {
  return (option.names.front().starts_with("--") ? "    " : "") + spelling(option);
}

// `name` in a column of its own, `text` in the one to the right of it.
Lines in_two_columns(std::string_view name, const Lines& text, std::size_t name_width) {
  Lines lines;
  const std::string indent(name_width + 4, ' ');
  lines.push_back(fmt::format("  {}", name));
  const bool fits = columns(name) <= name_width;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 0 && fits) {
      lines.back() =
          fmt::format("  {}{}  {}", name, std::string(name_width - columns(name), ' '), text[0]);
    } else {
      lines.push_back(indent + text[i]);
    }
  }
  return lines;
}

std::size_t width_of_names(const std::vector<OptionEntry>& options) {
  std::size_t width = 0;
  for (const OptionEntry& option : options) {
    const std::size_t n = columns(aligned_spelling(option));
    if (n <= kNames) width = std::max(width, n);
  }
  return width;
}

Lines usage(const ToolInfo& info) {
  Lines lines;
  const std::size_t indent = std::string_view("Usage: ").size() + info.name.size() + 1;
  for (const std::string& form : info.synopsis) {
    std::string head = (lines.empty() ? "Usage: " : "   or: ") + info.name + " ";
    for (const std::string& line : wrap(form, kWidth - indent)) {
      lines.push_back(head + line);
      head.assign(indent, ' ');
    }
  }
  return lines;
}

// With an empty line behind them.
Lines examples(const ToolInfo& info) {
  if (info.examples.empty()) return {};
  Lines lines = {"Examples:"};
  for (std::size_t i = 0; i < std::min(kExamples, info.examples.size()); ++i) {
    lines.push_back("  " + info.examples[i]);
  }
  lines.emplace_back();
  return lines;
}

// The tool's own options; as many as fit into `room` lines, the last of which says if there are
// more.
Lines own_options(const Tool& tool, std::vector<OptionEntry> options, std::size_t room) {
  std::erase_if(options, [](const OptionEntry& option) { return !option.own; });
  const std::size_t name_width = width_of_names(options);
  const std::size_t text_width = kWidth - name_width - 4;
  Lines lines;
  for (const OptionEntry& option : options) {
    const Lines entry = in_two_columns(aligned_spelling(option),
                                       wrap(gist(option.text, text_width), text_width), name_width);
    const bool is_last = &option == &options.back();
    if (lines.size() + entry.size() + (is_last ? 0 : 1) > room) {
      lines.push_back(fmt::format("  ... more: {} --help", tool.info.name));
      return lines;
    }
    append(lines, entry);
  }
  return lines;
}

std::string short_help(const Tool& tool, const CLI::App& app) {
  Lines head = usage(tool.info);
  append(head, {sentence(tool.info.summary), ""});
  Lines tail = {""};
  append(tail, examples(tool.info));
  tail.push_back(
      fmt::format("All options: {0} --help    Manual: man {0}, man streamutils", tool.info.name));
  const std::size_t room = kScreen - std::min(kScreen, head.size() + tail.size());
  append(head, own_options(tool, option_table(tool, app), room));
  append(head, tail);
  return join(head);
}

std::string full_help(const Tool& tool, const CLI::App& app) {
  const std::vector<OptionEntry> options = option_table(tool, app);
  const std::size_t name_width = width_of_names(options);
  Lines lines = usage(tool.info);
  append(lines, {sentence(tool.info.summary), ""});
  for (const std::string& group : groups_of(options)) {
    lines.push_back(group + ":");
    for (const OptionEntry& option : options) {
      if (option.group != group) continue;
      append(lines, in_two_columns(aligned_spelling(option),
                                   wrap(option.text, kWidth - name_width - 4), name_width));
    }
    lines.emplace_back();
  }
  lines.emplace_back("Exit status:");
  for (const ExitStatusRow& row : exit_statuses()) {
    append(lines, in_two_columns(row.status, wrap(row.text, kWidth - 9), 5));
  }
  append(lines, {"", fmt::format("Manual: man {}, man streamutils", tool.info.name)});
  return join(lines);
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.name(name).begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_option(JsonWriter& json, const OptionEntry& option) {
  json.begin_object();
  write_texts(json, "names", option.names);
  json.name("argument").string(option.argument);
  json.name("group").string(option.group);
  json.name("text").string(option.text);
  json.name("repeatable").boolean(option.repeatable);
  write_texts(json, "choices", option.choices);
  json.name("default");
  if (option.default_value.empty()) {
    json.null();
  } else {
    json.string(option.default_value);
  }
  json.end_object();
}

std::string json_help(const Tool& tool, const CLI::App& app) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("schema").integer(1).name("name").string(tool.info.name);
  json.name("summary").string(tool.info.summary).name("version").string(STREAMUTILS_VERSION);
  write_texts(json, "synopsis", tool.info.synopsis);
  write_texts(json, "examples", tool.info.examples);
  json.name("options").begin_array();
  for (const OptionEntry& option : option_table(tool, app)) write_option(json, option);
  json.end_array();
  json.name("exit_statuses").begin_array();
  for (const ExitStatusRow& row : exit_statuses()) {
    json.begin_object()
        .name("status")
        .string(row.status)
        .name("text")
        .string(row.text)
        .end_object();
  }
  json.end_array().end_object();
  return text + "\n";
}

}  // namespace

Result<std::string> render_help(const Tool& tool, const CLI::App& app, std::string_view form) {
  if (form == "short") return short_help(tool, app);
  if (form == "full") return full_help(tool, app);
  if (form == "json") return json_help(tool, app);
  return Error{fmt::format("no such form of help: {} (expected short, full or json)", quote(form))};
}

}  // namespace streamutils
