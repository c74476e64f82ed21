// SPDX-License-Identifier: Apache-2.0
#include "ops/join_args.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace streamutils {
namespace {

constexpr std::string_view kUsage =
    "expected: on KEYS within D LEFT RIGHT, on KEYS table RIGHT, or on KEYS asof RIGHT";

struct Words {
  std::span<const std::string> all;
  std::size_t position = 0;

  bool at_end() const { return position == all.size(); }
  bool next_is(std::string_view word) const { return !at_end() && all[position] == word; }
  bool take_if(std::string_view word) {
    const bool is = next_is(word);
    position += is ? 1 : 0;
    return is;
  }
  const std::string& take() { return all[position++]; }
};

// --- Keys ----------------------------------------------------------------------------------------

Status add_key(std::string_view left, std::string_view right, JoinArguments& arguments) {
  auto left_path = Path::parse(left);
  if (!left_path) return left_path.error();
  auto right_path = Path::parse(right);
  if (!right_path) return right_path.error();
  arguments.left_keys.push_back(std::move(*left_path));
  arguments.right_keys.push_back(std::move(*right_path));
  return {};
}

Status parse_key(std::string_view text, JoinArguments& arguments) {
  const std::size_t equal = text.find('=');
  if (equal == std::string_view::npos) return add_key(text, text, arguments);
  const std::string_view left = text.substr(0, equal);
  const std::string_view right = text.substr(equal + 1);
  if (left.empty() || right.empty() || right.find('=') != std::string_view::npos) {
    return Error{"'on': the two sides need as many keys each: " + quote(text) +
                 " (expected KEY or LEFTKEY=RIGHTKEY)"};
  }
  return add_key(left, right, arguments);
}

Status parse_keys(Words& words, JoinArguments& arguments) {
  if (!words.take_if("on")) {
    return Error{words.at_end() ? "no keys given; " + std::string(kUsage)
                                : "expected 'on' in front of the keys, found " +
                                      quote(words.take()) + "; " + std::string(kUsage)};
  }
  if (words.at_end()) return Error{"'on' needs keys behind it: on KEY, or on KEY=RIGHTKEY,KEY"};
  std::string_view rest = words.take();
  while (true) {
    const std::size_t comma = rest.find(',');
    if (Status s = parse_key(rest.substr(0, comma), arguments); !s) return s;
    if (comma == std::string_view::npos) return {};
    rest.remove_prefix(comma + 1);
  }
}

// --- Bounds --------------------------------------------------------------------------------------

// Where ".." stands outside of quotes.
std::size_t find_dots(std::string_view text) {
  char quote_mark = 0;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (quote_mark != 0) {
      if (text[i] == '\\') ++i;
      if (text[i] == quote_mark) quote_mark = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote_mark = text[i];
    } else if (text[i] == '.' && text[i + 1] == '.') {
      return i;
    }
  }
  return std::string_view::npos;
}

bool is_left_time(std::string_view text, const JoinSyntax& syntax) {
  if (syntax.left_time) return text == *syntax.left_time;
  return std::find(std::begin(kUsualTimes), std::end(kUsualTimes), text) != std::end(kUsualTimes);
}

// RIGHT is kept until no event of LEFT can reach back to it; a lower bound that an event may set
// anywhere would keep it for ever.
Status parse_lower(std::string_view text, const JoinSyntax& syntax, JoinBounds& bounds) {
  if (auto duration = parse_duration(text)) {
    bounds.lower = *duration;
    return {};
  }
  if (is_left_time(text, syntax)) {
    bounds.lower_path = *Path::parse(text);
    return {};
  }
  return Error{"'within': the lower bound must be a duration or the time of LEFT" +
               (syntax.left_time ? " (" + *syntax.left_time + ")" : std::string(" (see -t)")) +
               ": " + quote(text)};
}

Status parse_upper(std::string_view text, JoinBounds& bounds) {
  if (auto duration = parse_duration(text)) {
    bounds.upper = *duration;
    return {};
  }
  auto expr = Expr::compile_argument(text);
  if (!expr) return Error{"'within': " + expr.error().message};
  bounds.upper_expr = std::move(*expr);
  return {};
}

Status parse_symmetric(std::string_view text, JoinBounds& bounds) {
  auto distance = parse_duration(text);
  if (!distance) {
    return Error{"'within': " + distance.error().message +
                 "; for a bound that the event says give both: within ts..expires"};
  }
  if (*distance < Duration::zero()) {
    return Error{"'within': " + quote(text) + " is negative (for the past alone: within " +
                 std::string(text) + "..0)"};
  }
  bounds.lower = -*distance;
  bounds.upper = *distance;
  return {};
}

Status parse_bounds(std::string_view text, const JoinSyntax& syntax, JoinBounds& bounds) {
  const std::size_t dots = find_dots(text);
  if (dots == std::string_view::npos) return parse_symmetric(text, bounds);
  const std::string_view lower = text.substr(0, dots);
  const std::string_view upper = text.substr(dots + 2);
  if (lower.empty() || upper.empty()) {
    return Error{"'within': both bounds are needed: " + quote(text) + " (such as -5s..10s)"};
  }
  if (Status s = parse_lower(lower, syntax, bounds); !s) return s;
  if (Status s = parse_upper(upper, bounds); !s) return s;
  if (!bounds.upper_expr && bounds.lower > bounds.upper) {
    return Error{"'within': the lower bound is above the upper: " + quote(text)};
  }
  return {};
}

// --- Kinds ---------------------------------------------------------------------------------------

Status parse_within(Words& words, const JoinSyntax& syntax, JoinArguments& arguments) {
  if (words.at_end()) {
    return Error{"'within' needs a duration, or bounds such as -5s..10s or ts..expires"};
  }
  const std::string& text = words.take();
  if (arguments.kind != JoinKind::asof) return parse_bounds(text, syntax, arguments.bounds);
  auto age = parse_duration(text);
  if (!age) return Error{"'asof within': " + age.error().message};
  if (*age < Duration::zero()) return Error{"'asof within': " + quote(text) + " is negative"};
  arguments.within = *age;
  return {};
}

Status parse_kind(Words& words, const JoinSyntax& syntax, JoinArguments& arguments) {
  if (words.take_if("table")) {
    arguments.kind = JoinKind::table;
  } else if (words.take_if("asof")) {
    arguments.kind = JoinKind::asof;
  }
  const bool stream = arguments.kind == JoinKind::interval;
  if (syntax.unbounded && !stream) return Error{"--unbounded is for joins of two streams"};
  if (words.take_if("within")) {
    if (arguments.kind == JoinKind::table) return Error{"'table' takes no 'within'"};
    if (syntax.unbounded) return Error{"--unbounded and 'within' exclude each other"};
    return parse_within(words, syntax, arguments);
  }
  if (!stream) return {};
  if (syntax.unbounded) {
    arguments.kind = JoinKind::unbounded;
    return {};
  }
  return Error{
      "a join of two streams needs 'within': how far apart events may match (within 5m, within "
      "-5s..10s); --unbounded keeps all of both"};
}

// What follows are files, so an argument in the wrong place would be opened as one.
Status check_files(const std::vector<std::string>& words) {
  static constexpr std::array<std::string_view, 4> kWords = {"on", "within", "table", "asof"};
  for (const std::string& word : words) {
    if (std::find(kWords.begin(), kWords.end(), word) == kWords.end()) continue;
    return Error{"'" + word + "' comes too late: " + std::string(kUsage) +
                 " (a file of that name is ./" + word + ")"};
  }
  return {};
}

Status set_files(std::vector<std::string> files, JoinArguments& arguments) {
  const bool right_first = arguments.kind == JoinKind::table || arguments.kind == JoinKind::asof;
  if (files.empty()) return Error{"RIGHT is missing: the file to join with"};
  if (files.size() > 2) return Error{"more than two inputs: " + quote(files[2])};
  if (right_first) {
    files.resize(2, "-");
    std::swap(files[0], files[1]);
  } else if (files.size() == 1) {
    files.insert(files.begin(), "-");
  }
  if (files[0] == "-" && files[1] == "-") {
    return Error{"LEFT and RIGHT are both standard input"};
  }
  arguments.files = std::move(files);
  return {};
}

}  // namespace

Result<JoinArguments> parse_join_arguments(std::span<const std::string> all,
                                           std::span<const std::string> more_files,
                                           const JoinSyntax& syntax) {
  Words words{all};
  JoinArguments arguments;
  if (Status s = parse_keys(words, arguments); !s) return s.error();
  if (Status s = parse_kind(words, syntax, arguments); !s) return s.error();
  std::vector<std::string> files(all.begin() + static_cast<std::ptrdiff_t>(words.position),
                                 all.end());
  if (Status s = check_files(files); !s) return s.error();
  files.insert(files.end(), more_files.begin(), more_files.end());
  if (Status s = set_files(std::move(files), arguments); !s) return s.error();
  return arguments;
}

}  // namespace streamutils
