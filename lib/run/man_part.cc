// SPDX-License-Identifier: Apache-2.0
#include "run/man_part.h"

#include <fmt/format.h>

#include "run/exit_status.h"
#include "run/wrap.h"

namespace streamutils {
namespace {

// In roff a plain '-' may come out as a hyphen, and quotes as typographic ones, which nobody could
// paste into a shell.
std::string_view escape_of(char c) {
  switch (c) {
    case '\\':
      return "\\e";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    default:
      return {};
  }
}

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const std::string_view replaced = escape_of(c);
    if (replaced.empty()) {
      escaped += c;
    } else {
      escaped += replaced;
    }
  }
  return escaped;
}

// The sentences of text, each from a new line, as roff wants them.
std::string paragraph(std::string_view text) {
  std::string source;
  while (!text.empty()) {
    const std::size_t end = text.find(". ");
    const std::string_view sentence = text.substr(0, end == text.npos ? end : end + 1);
    text.remove_prefix(end == text.npos ? text.size() : end + 2);
    for (const std::string& line : wrap(escape(sentence), 80)) {
      // A line that begins with '.' would be a request ("'" is escaped already).
      source += (line.starts_with('.') ? "\\&" : "") + line + "\n";
    }
  }
  return source;
}

std::string tag(const OptionEntry& option) {
  std::string line;
  for (const std::string& name : option.names) {
    line += fmt::format("{}\\fB{}\\fR", line.empty() ? "" : ", ", escape(name));
  }
  if (option.argument.empty()) return line;
  if (option.argument_is_optional()) return fmt::format("{}{}", line, escape(option.argument));
  return fmt::format("{} \\fI{}\\fR", line, escape(option.argument));
}

struct Place {
  std::size_t begin = std::string_view::npos;  // behind the first comment
  std::size_t end = std::string_view::npos;    // at the second one
  bool ok() const { return begin != std::string_view::npos && end != std::string_view::npos; }
};

Place place_of(std::string_view page, std::string_view part) {
  const std::string first = fmt::format(".\\\" {} BEGIN\n", part);
  Place place;
  const std::size_t at = page.find(first);
  if (at == page.npos) return place;
  place.begin = at + first.size();
  place.end = page.find(fmt::format(".\\\" {} END\n", part), place.begin);
  return place;
}

}  // namespace

std::string man_options(const std::vector<OptionEntry>& options) {
  std::string text;
  for (const std::string& group : groups_of(options)) {
    text += fmt::format(".SS {}\n", escape(group));
    for (const OptionEntry& option : options) {
      if (option.group != group) continue;
      text += fmt::format(".TP\n{}\n{}", tag(option), paragraph(option.text + "."));
    }
  }
  return text;
}

std::string man_exit_statuses() {
  std::string text;
  for (const ExitStatusRow& row : exit_statuses()) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}", escape(row.status), paragraph(row.text));
  }
  return text;
}

bool has_man_part(std::string_view page, std::string_view part) {
  return place_of(page, part).ok();
}

Result<std::string> replace_man_part(std::string_view page, std::string_view part,
                                     std::string_view text) {
  const Place place = place_of(page, part);
  if (!place.ok()) {
    return Error{
        fmt::format("there is no pair of lines '.\\\" {0} BEGIN' and '.\\\" {0} END'", part)};
  }
  return std::string(page.substr(0, place.begin)).append(text).append(page.substr(place.end));
}

}  // namespace streamutils
