// SPDX-License-Identifier: Apache-2.0
#include "expr/assignments.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "expr/parser.h"
#include "json/path.h"

namespace streamutils {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Brackets are no part of a path; whoever writes them means what they mean in an expression.
Status check_target(const std::string& target) {
  if (auto path = Path::parse(target); !path) return path.error();
  const std::size_t bracket = target.find('[');
  const bool is_index = target.front() != '/' && target.back() == ']' && bracket > 0;
  if (bracket == std::string::npos || !is_index) return {};
  const std::string name = target.substr(0, bracket);
  const std::string index = target.substr(bracket + 1, target.size() - bracket - 2);
  return Error{quote(target) + " is no path: an element is written " + name + "." + index +
               ", a member of this very name /" + target};
}

class AssignmentParser {
 public:
  explicit AssignmentParser(std::string_view text) : text_(text) {}

  Result<std::vector<Assignment>> run() {
    std::vector<Assignment> all;
    while (skip_separators(), at_ < text_.size()) {
      auto one = assignment();
      if (!one) return one.error();
      all.push_back(std::move(*one));
    }
    return all;
  }

 private:
  // Blanks, comments and (between assignments) semicolons.
  void skip_separators() {
    while (at_ < text_.size()) {
      if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_[at_] == ';' || kBlanks.find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  Result<Assignment> assignment() {
    const std::size_t begin = at_;
    const std::size_t equals = text_.find('=', at_);
    const std::size_t line_end = std::min(text_.find_first_of("\n;", at_), text_.size());
    if (equals > line_end) return expr::error_at(text_, begin, "expected NAME = EXPR");
    Assignment one;
    one.target = trimmed(text_.substr(begin, equals - begin));
    if (Status target = check_target(one.target); !target) {
      return expr::error_at(text_, begin, target.error().message);
    }
    one.line = expr::position_of(text_, begin).line;
    at_ = equals + 1;
    const std::size_t expression = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
    auto tree = expr::parse_prefix(text_, at_);
    if (!tree) return tree.error();
    one.expression = text_.substr(expression, at_ - expression);
    one.offset = expression;
    if (auto bad = check_end()) return *bad;
    return one;
  }

  // Between two assignments stands a line break or a semicolon.
  std::optional<Error> check_end() {
    const std::size_t end = at_;
    skip_separators();
    const std::string_view between = text_.substr(end, at_ - end);
    if (at_ == text_.size() || between.find_first_of("\n;") != std::string_view::npos) return {};
    return expr::error_at(text_, at_, "expected an operator, a line break or ';'");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::vector<Assignment>> parse_assignments(std::string_view text) {
  return AssignmentParser(text).run();
}

Result<Assignment> parse_assignment(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Error{"not an assignment: " + quote(text) + " (expected NAME=EXPR)"};
  }
  Assignment one;
  one.target = trimmed(text.substr(0, equals));
  one.expression = trimmed(text.substr(equals + 1));
  one.offset = text.find_first_not_of(kBlanks, equals + 1);
  if (Status target = check_target(one.target); !target) return target.error();
  if (one.expression.empty()) return Error{"no expression in " + quote(text)};
  return one;
}

}  // namespace streamutils
