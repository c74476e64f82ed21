// The regex extension: extraction and replacement by RE2.
// SPDX-License-Identifier: Apache-2.0
#include "expr/library.h"
#include "expr/utf8.h"

namespace streamutils::expr {
namespace {

Value bad_pattern(Context& c, Value pattern) {
  return fail(c.arena(), ErrorKind::bad_value, "no regular expression", pattern);
}

// Matches from left to right that do not overlap; an empty one is not next to the one before.
class MatchWalk {
 public:
  MatchWalk(const re2::RE2& regex, std::string_view text) : regex_(regex), text_(text) {
    groups_.resize(1 + static_cast<std::size_t>(regex.NumberOfCapturingGroups()));
  }

  bool next() {
    while (at_ <= text_.size()) {
      const re2::StringPiece all(text_.data(), text_.size());
      if (!regex_.Match(all, at_, all.size(), re2::RE2::UNANCHORED, groups_.data(),
                        static_cast<int>(groups_.size()))) {
        return false;
      }
      const std::size_t begin = offset(groups_[0]);
      const std::size_t end = begin + groups_[0].size();
      const bool repeated = end == begin && begin == last_end_;
      at_ = end > begin          ? end
            : end < text_.size() ? end + code_point_size(text_.substr(end))
                                 : end + 1;
      if (repeated) continue;
      last_end_ = end;
      return true;
    }
    return false;
  }

  std::size_t begin() const { return offset(groups_[0]); }
  std::size_t end() const { return last_end_; }
  std::string_view group(std::size_t n) const { return {groups_[n].data(), groups_[n].size()}; }
  bool took_part(std::size_t n) const { return groups_[n].data() != nullptr; }

 private:
  std::size_t offset(re2::StringPiece piece) const {
    return static_cast<std::size_t>(piece.data() - text_.data());
  }

  const re2::RE2& regex_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t last_end_ = std::string_view::npos;
  std::vector<re2::StringPiece> groups_;
};

// The pattern of an extraction: at most one group, which is what is wanted of a match.
const re2::RE2* extractor(Context& c, Arguments args, Value& error) {
  if (!all_are(args, Kind::string)) {
    error = mismatch(args);
    return nullptr;
  }
  const re2::RE2* regex = c.regex(args[1].text());
  if (regex == nullptr) error = bad_pattern(c, args[1]);
  if (regex != nullptr && regex->NumberOfCapturingGroups() > 1) {
    error = fail(c.arena(), ErrorKind::bad_value, "more than one group in the regular expression",
                 args[1]);
    return nullptr;
  }
  return regex;
}

Value extract(Context& c, Arguments args) {
  Value error;
  const re2::RE2* regex = extractor(c, args, error);
  if (regex == nullptr) return error;
  MatchWalk walk(*regex, args[0].text());
  const auto wanted = static_cast<std::size_t>(regex->NumberOfCapturingGroups());
  if (!walk.next() || !walk.took_part(wanted)) return Value::optional(nullptr);
  return Value::optional(c.arena().make(Value::string(walk.group(wanted))));
}

Value extract_all(Context& c, Arguments args) {
  Value error;
  const re2::RE2* regex = extractor(c, args, error);
  if (regex == nullptr) return error;
  const auto wanted = static_cast<std::size_t>(regex->NumberOfCapturingGroups());
  std::vector<Value> found;
  for (MatchWalk walk(*regex, args[0].text()); walk.next();) {
    if (walk.took_part(wanted)) found.push_back(Value::string(walk.group(wanted)));
    if (!c.arena().room(found.size() * sizeof(Value))) return fail(ErrorKind::too_large);
  }
  return make_list(c.arena(), found);
}

// Appends the replacement of one match: \0 to \9 are its groups, \\ a backslash.
bool append_replacement(TextBuilder& out, std::string_view by, const MatchWalk& walk, int groups) {
  for (std::size_t i = 0; i < by.size(); ++i) {
    if (by[i] != '\\') {
      out.append(by.substr(i, 1));
      continue;
    }
    if (++i == by.size()) return false;
    if (by[i] == '\\') {
      out.append("\\");
    } else if (by[i] >= '0' && by[i] <= '9' && by[i] - '0' <= groups) {
      out.append(walk.group(static_cast<std::size_t>(by[i] - '0')));
    } else {
      return false;
    }
  }
  return true;
}

Value replace(Context& c, Arguments args) {
  if (!all_are(args.first(3), Kind::string)) return mismatch(args);
  const auto limit = args.size() == 4 ? whole_number(args[3]) : std::optional<std::int64_t>(-1);
  if (!limit) return mismatch(args);
  const re2::RE2* regex = c.regex(args[1].text());
  if (regex == nullptr) return bad_pattern(c, args[1]);
  const std::string_view text = args[0].text();
  TextBuilder out(c);
  std::size_t copied = 0;
  MatchWalk walk(*regex, text);
  for (std::int64_t left = *limit; left != 0 && !out.full() && walk.next(); --left) {
    out.append(text.substr(copied, walk.begin() - copied));
    copied = walk.end();
    if (!append_replacement(out, args[2].text(), walk, regex->NumberOfCapturingGroups())) {
      return fail(c.arena(), ErrorKind::bad_value, "no such group in the replacement", args[2]);
    }
  }
  out.append(text.substr(copied));
  return out.finish();
}

constexpr Function kFunctions[] = {
    {"regex.extract", CallStyle::global, 2, 2, extract, "regex.extract(s, re)",
     "An optional of the first match, or of its group if the expression has one.",
     "regex.extract('id=123', r'id=(\\d+)').orValue('')", "'123'"},
    {"regex.extractAll", CallStyle::global, 2, 2, extract_all, "regex.extractAll(s, re)",
     "The list of all matches, or of their groups.", "regex.extractAll('a1 b2', r'\\d')",
     "['1', '2']"},
    {"regex.replace", CallStyle::global, 3, 4, replace, "regex.replace(s, re, by[, n])",
     "s with every match (at most n) replaced; \\1 to \\9 in `by` are groups, \\0 the match.",
     "regex.replace('foo bar', r'(fo)o (ba)r', r'\\2 \\1')", "'ba fo'"},
};

}  // namespace

Library regex_library() { return {"Regular expressions", kFunctions}; }

}  // namespace streamutils::expr
