// SPDX-License-Identifier: Apache-2.0
#include "case_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace streamutils {
namespace {

// --- Escapes -------------------------------------------------------------------------------------

std::optional<char> simple_escape(char letter) {
  static constexpr std::string_view kLetters = "rnt0\\";
  static constexpr std::string_view kBytes{"\r\n\t\0\\", 5};
  const std::size_t i = kLetters.find(letter);
  if (i == std::string_view::npos) return std::nullopt;
  return kBytes[i];
}

Result<std::string> unescape(std::string_view text);

// "1000*TEXT": TEXT a thousand times.
Result<std::string> repeat(std::string_view body) {
  std::size_t n = 0;
  const auto parsed = std::from_chars(body.data(), body.data() + body.size(), n);
  const std::size_t digits = static_cast<std::size_t>(parsed.ptr - body.data());
  if (digits == 0 || digits >= body.size() || body[digits] != '*') {
    return Error{"expected \\{N*TEXT}"};
  }
  auto unit = unescape(body.substr(digits + 1));
  if (!unit) return unit;
  std::string all;
  for (std::size_t i = 0; i < n; ++i) all += *unit;
  return all;
}

Result<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return Error{"a lone \\ at the end"};
    if (const auto c = simple_escape(text[i])) {
      bytes += *c;
    } else if (text[i] == 'x' && i + 2 < text.size()) {
      unsigned value = 0;
      std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      bytes += static_cast<char>(value);
      i += 2;
    } else if (const std::size_t end = text.find('}', i); text[i] == '{' && end != text.npos) {
      auto repeated = repeat(text.substr(i + 1, end - i - 1));
      if (!repeated) return repeated;
      bytes += *repeated;
      i = end;
    } else {
      return Error{fmt::format("unknown escape \\{}", text[i])};
    }
  }
  return bytes;
}

bool is_plain(std::string_view bytes) {
  const bool printable = std::none_of(bytes.begin(), bytes.end(),
                                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return printable && !bytes.ends_with(' ') && is_utf8(bytes);
}

std::string escape(std::string_view bytes) {
  const bool text = is_utf8(bytes);
  std::string escaped;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(bytes[i]);
    const bool last_space = c == ' ' && i + 1 == bytes.size();
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c < 0x20 || c == 0x7f || last_space || (c >= 0x80 && !text)) {
      escaped += fmt::format("\\x{:02x}", c);
    } else {
      escaped += static_cast<char>(c);
    }
  }
  return escaped;
}

// --- The command -------------------------------------------------------------------------------

// The words of a command as a shell would split them; an unquoted '|' begins the next stage.
Result<std::vector<Words>> split_command(std::string_view text) {
  std::vector<Words> stages(1);
  std::string word;
  bool in_word = false;
  char quote_mark = 0;
  auto finish_word = [&] {
    if (in_word) stages.back().push_back(std::move(word));
    word.clear();
    in_word = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote_mark != 0) {
      const bool escaped = quote_mark == '"' && c == '\\' && i + 1 < text.size() &&
                           (text[i + 1] == '"' || text[i + 1] == '\\');
      if (escaped) {
        word += text[++i];
      } else if (c == quote_mark) {
        quote_mark = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote_mark = c;
      in_word = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (c == ' ') {
      finish_word();
    } else if (c == '|') {
      finish_word();
      stages.emplace_back();
    } else {
      word += c;
      in_word = true;
    }
  }
  finish_word();
  if (quote_mark != 0) return Error{"a quote is not closed"};
  for (const Words& stage : stages) {
    if (stage.empty()) return Error{"an empty command"};
  }
  return stages;
}

// --- The lines ---------------------------------------------------------------------------------

class Parser {
 public:
  explicit Parser(Case& c) : case_(c) { case_.steps.emplace_back(); }

  Status line(std::string_view text) {
    if (text.empty() || text[0] == '#') return comment(text);
    switch (text[0]) {
      case '$':
        return command(text);
      case '>':
        return input(text);
      case '<':
        return output(text);
      case '.':
        return end(text);
      case '!':
        return error_line(text);
      case '=':
        return file_line(text);
      case '?':
        return status(text);
      case '@':
        return directive(text);
      default:
        return Error{"expected one of # $ > < . ! = ? @"};
    }
  }

  Status finish() {
    if (case_.title.empty())
      return Error{"the first line must be a comment that says the behaviour"};
    if (case_.commands.empty()) return Error{"no command ($)"};
    if (!case_.end_is_explicit) {
      Step last;
      last.kind = Step::Kind::end;
      last.input = kAllInputs;
      last.source_line = case_.source.size();
      case_.steps.push_back(last);
    }
    case_.statuses.resize(case_.commands.size());
    return {};
  }

 private:
  std::size_t here() const { return case_.source.size() - 1; }

  // What stands behind the mark: nothing, or a space and the text.
  static Result<std::string> body(std::string_view text, std::size_t mark, bool escaped) {
    if (text.size() == mark) return std::string();
    if (text[mark] != ' ')
      return Error{fmt::format("expected a space behind {}", text.substr(0, mark))};
    if (escaped) return unescape(text.substr(mark + 1));
    return std::string(text.substr(mark + 1));
  }

  Status comment(std::string_view text) {
    if (case_.title.empty() && text.size() > 2) case_.title = text.substr(2);
    return {};
  }

  Status command(std::string_view text) {
    if (!case_.commands.empty()) return Error{"a second command; one case, one behaviour"};
    auto stages = split_command(text.substr(1));
    if (!stages) return stages.error();
    case_.commands = std::move(*stages);
    case_.steps[0].source_line = here();
    return {};
  }

  Status input(std::string_view text) {
    if (case_.commands.empty() || case_.end_is_explicit) return Error{"input before $ or behind ."};
    Step step;
    step.kind = Step::Kind::line;
    step.source_line = here();
    bool escaped = false;
    std::size_t i = 1;
    for (; i < text.size() && text[i] != ' '; ++i) {
      if (text[i] == '|') {
        step.terminated = false;
      } else if (text[i] == '\\') {
        escaped = true;
      } else if (text[i] >= '1' && text[i] <= '9') {
        step.input = static_cast<std::size_t>(text[i] - '1');
      } else {
        return Error{"expected > followed by a digit, | or \\, and a space"};
      }
    }
    auto bytes = body(text, i, escaped);
    if (!bytes) return bytes.error();
    step.bytes = std::move(*bytes);
    case_.steps.push_back(std::move(step));
    return {};
  }

  Status output(std::string_view text) {
    const bool escaped = text.starts_with("<\\");
    auto bytes = body(text, escaped ? 2 : 1, escaped);
    if (!bytes) return bytes.error();
    case_.steps.back().out.push_back(std::move(*bytes));
    return {};
  }

  Status end(std::string_view text) {
    Step step;
    step.kind = Step::Kind::end;
    step.source_line = here();
    step.input = kAllInputs;
    if (text.size() == 2 && text[1] >= '1' && text[1] <= '9') {
      step.input = static_cast<std::size_t>(text[1] - '1');
    } else if (text != ".") {
      return Error{"expected . or .1"};
    }
    case_.end_is_explicit = step.input == kAllInputs;
    case_.steps.push_back(step);
    return {};
  }

  Status error_line(std::string_view text) {
    const bool escaped = text.starts_with("!\\");
    auto message = body(text, escaped ? 2 : 1, escaped);
    if (!message) return message.error();
    case_.err.push_back(std::move(*message));
    return {};
  }

  Status file_line(std::string_view text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const bool escaped = text[space - 1] == '\\';
    auto bytes = body(text, space, escaped);
    if (!bytes) return bytes.error();
    case_.files[std::string(text.substr(1, space - 1 - (escaped ? 1 : 0)))].push_back(*bytes);
    return {};
  }

  Status status(std::string_view text) {
    case_.statuses.clear();
    for (const auto& word : split_words(text.substr(1))) {
      int n = -1;
      std::from_chars(word.data(), word.data() + word.size(), n);
      if (n < 0) return Error{"expected ? and exit statuses"};
      case_.statuses.push_back(n);
    }
    if (case_.statuses.size() == 1) {
      case_.statuses.insert(case_.statuses.begin(), case_.commands.size() - 1, 0);
    }
    if (case_.statuses.size() != case_.commands.size()) return Error{"one exit status per stage"};
    return {};
  }

  static Words split_words(std::string_view text) {
    auto stages = split_command(text);
    return stages ? stages->front() : Words{};
  }

  Status directive(std::string_view text) {
    Words words = split_words(text.substr(1));
    if (words.size() < 2) return Error{"expected @WORD VALUE"};
    if (words[0] == "tags") {
      case_.live = std::find(words.begin(), words.end(), "live") != words.end();
    } else if (words[0] == "env") {
      case_.environment.push_back(words[1]);
      if (words[1] == "STREAMUTILS_WATERMARKS=1") case_.originate = true;
    } else if (words[0] == "file") {
      case_.existing_files.push_back(words[1]);
    } else if (words[0] == "stdout") {
      case_.fresh_output = words[1];
    } else if (words[0] == "not" && words.size() > 2) {
      case_.excluded[words[1]] = std::string(text);
    } else {
      return Error{fmt::format("unknown @{} (or no reason given)", words[0])};
    }
    return {};
  }

  Case& case_;
};

// The line of the file that already says so, perhaps with \{N*TEXT}; else a new spelling.
std::string kept_spelling(const Case& c, std::string_view mark, std::string_view bytes) {
  for (const std::string& line : c.source) {
    if (!line.starts_with(fmt::format("{}\\ ", mark))) continue;
    const auto known = unescape(std::string_view(line).substr(mark.size() + 2));
    if (known && *known == bytes) return line;
  }
  return spell_line(mark, bytes);
}

std::string spell_statuses(const std::vector<int>& statuses) {
  const bool only_last =
      std::all_of(statuses.begin(), statuses.end() - 1, [](int s) { return s == 0; });
  return only_last ? fmt::format("{}", statuses.back())
                   : fmt::format("{}", fmt::join(statuses, " "));
}

}  // namespace

std::size_t Case::numbered_inputs() const {
  std::size_t n = 0;
  for (const std::string& word : commands.front()) {
    if (word.size() == 2 && word[0] == '@' && word[1] >= '1' && word[1] <= '9') {
      n = std::max(n, static_cast<std::size_t>(word[1] - '0'));
    }
  }
  return n;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Result<Case> parse_case(std::string path, std::string_view text) {
  Case c;
  c.path = std::move(path);
  Parser parser(c);
  for (std::string& line : split_lines(text)) {
    c.source.push_back(std::move(line));
    if (Status status = parser.line(c.source.back()); !status) {
      return Error{fmt::format("{}:{}: {}", c.path, c.source.size(), status.error().message)};
    }
  }
  if (Status status = parser.finish(); !status) {
    return Error{fmt::format("{}: {}", c.path, status.error().message)};
  }
  return c;
}

std::string spell_line(std::string_view mark, std::string_view bytes) {
  if (bytes.empty()) return std::string(mark);
  if (is_plain(bytes)) return fmt::format("{} {}", mark, bytes);
  return fmt::format("{}\\ {}", mark, escape(bytes));
}

std::string rewrite_case(const Case& c, const Transcript& got) {
  std::string text;
  auto put = [&](std::string_view line) { (text += line) += '\n'; };
  auto put_output_of = [&](std::size_t source_line) {
    for (std::size_t i = 0; i < c.steps.size(); ++i) {
      if (c.steps[i].source_line != source_line) continue;
      for (const std::string& line : got.out[i]) put(kept_spelling(c, "<", line));
    }
  };
  for (std::size_t i = 0; i < c.source.size(); ++i) {
    const std::string& line = c.source[i];
    const bool expectation =
        !line.empty() && std::string_view("<!?=").find(line[0]) != std::string::npos;
    if (!expectation) put(line);
    const bool is_step =
        !line.empty() && std::string_view("$>.").find(line[0]) != std::string::npos;
    if (is_step) put_output_of(i);
  }
  if (!c.end_is_explicit && !got.out.back().empty()) put(".");
  put_output_of(c.source.size());
  for (const auto& [name, lines] : got.files) {
    for (const std::string& line : lines) put(spell_line("=" + name, line));
  }
  for (const std::string& line : got.err) put(spell_line("!", line));
  if (std::any_of(got.statuses.begin(), got.statuses.end(), [](int s) { return s != 0; })) {
    put("? " + spell_statuses(got.statuses));
  }
  return text;
}

}  // namespace streamutils
