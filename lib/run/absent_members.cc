// SPDX-License-Identifier: Apache-2.0
#include "run/absent_members.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace streamutils {
namespace {

// Of the names that are kept for describe(): those of so many records, so many, and so long.
constexpr std::uint64_t kNamedRecords = 100;
constexpr std::size_t kMostNames = 500;
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kMostSteps = 4;     // of paths for which a similar one is looked for
constexpr std::size_t kLongestText = 64;  // of TextScanner

std::string quoted(std::span<const std::string> steps) {
  std::string name = "\"";
  for (const std::string& step : steps) name += name.size() == 1 ? step : "." + step;
  return name + "\"";
}

// Of a path: what its first name can be, and its last one, in quotes.  A dot may be part of a name
// (`id.orig_h`).
struct Names {
  std::vector<std::string> first;
  std::vector<std::string> last;  // none: it is an index
};

Names names_of(const Path& path) {
  const std::span<const std::string> steps(path.steps());
  const bool ends_in_index = steps.back().find_first_not_of("0123456789") == std::string::npos;
  Names names;
  for (std::size_t n = 1; n <= steps.size(); ++n) {
    names.first.push_back(quoted(steps.first(n)));
    if (!ends_in_index) names.last.push_back(quoted(steps.last(n)));
  }
  return names;
}

// True if JSON spells the name in one way, or with "\u", and a scanner takes it.
bool is_plain(const std::string& name) {
  const std::string_view inner = std::string_view(name).substr(1, name.size() - 2);
  return name.size() <= kLongestText &&
         inner.find_first_of("\"\\/\b\f\n\r\t") == std::string_view::npos;
}

}  // namespace

AbsentMembers::AbsentMembers(std::vector<ExpectedMember> expected)
    : expected_(std::move(expected)) {
  std::erase_if(expected_, [](const ExpectedMember& member) { return member.path.is_whole(); });
  absent_ = expected_;
  for (const ExpectedMember& member : absent_) {
    if (member.path.steps().size() <= kMostSteps) {
      depth_ = std::max(depth_, member.path.steps().size());
    }
  }
}

AbsentMembers::Seen& AbsentMembers::seen_of(std::size_t input) {
  if (seen_.size() <= input) seen_.resize(input + 1);
  return seen_[input];
}

void AbsentMembers::look(const Record& record) {
  Seen& seen = seen_of(record.input());
  ++seen.records;
  std::erase_if(absent_, [&record](const ExpectedMember& member) {
    return member.input.value_or(record.input()) == record.input() &&
           record.get(member.path).exists();
  });
  if (absent_.empty() || seen.named == kNamedRecords) return;
  ++seen.named;
  keep_names(record, "", depth_, seen);
}

void AbsentMembers::keep_names(const Record& record, const std::string& prefix, std::size_t depth,
                               Seen& seen) {
  record.for_each([&](std::string_view raw_key, Value value) {
    const std::string_view name = raw_key.substr(1, raw_key.size() - 2);
    if (seen.names.size() >= kMostNames) return false;
    if (name.size() > kLongestName || name.find('\\') != std::string_view::npos) return true;
    const std::string path = prefix + std::string(name);
    seen.names.insert(path);
    if (depth < 2 || !value.is(Kind::object)) return true;
    Record nested;
    nested.reset(value.raw());
    keep_names(nested, path + ".", depth - 1, seen);
    return true;
  });
}

void AbsentMembers::pass(std::string_view block, std::uint64_t records, std::size_t input) {
  seen_of(input).records += records;
  auto holds_one = [](std::string_view line, const std::vector<std::string>& names) {
    return std::ranges::any_of(
        names, [line](const std::string& name) { return line.find(name) != line.npos; });
  };
  std::erase_if(absent_, [&](const ExpectedMember& member) {
    if (member.input.value_or(input) != input) return false;
    const Names names = names_of(member.path);
    if (!std::ranges::all_of(names.first, is_plain)) return true;
    if (!std::ranges::all_of(names.last, is_plain)) return true;
    lines_.clear();
    for (const std::string& name : names.first) TextScanner(name).scan(block, lines_);
    return std::ranges::any_of(lines_, [&](const TextScanner::Line& found) {
      const std::string_view line = block.substr(found.begin, found.end - found.begin);
      return holds_one(line, names.first) && (names.last.empty() || holds_one(line, names.last));
    });
  });
}

template <typename Visit>
void AbsentMembers::for_inputs_of(const ExpectedMember& member, Visit visit) const {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (member.input.value_or(i) == i) visit(seen_[i]);
  }
}

std::string_view AbsentMembers::similar_to(const ExpectedMember& member) const {
  auto is_expected = [&](const std::string& name) {
    return std::ranges::any_of(expected_, [&](const ExpectedMember& other) {
      return other.path.text() == name && (!other.input || other.input == member.input);
    });
  };
  std::vector<std::string_view> candidates;
  for_inputs_of(member, [&](const Seen& seen) {
    for (const std::string& name : seen.names) {
      if (!is_expected(name)) candidates.emplace_back(name);
    }
  });
  return closest(member.path.text(), candidates);
}

std::vector<std::string> AbsentMembers::describe(std::span<const std::string> inputs) const {
  std::vector<std::string> sentences;
  for (const ExpectedMember& member : absent_) {
    std::uint64_t records = 0;
    for_inputs_of(member, [&records](const Seen& seen) { records += seen.records; });
    const std::string_view similar = similar_to(member);
    if (records == 0 || (similar.empty() && member.may_lack)) continue;
    const bool one_input = member.input && *member.input < inputs.size();
    std::string sentence = fmt::format(
        "no event{} had '{}' ({} read)",
        one_input
            ? " of " + (inputs[*member.input] == "-" ? "standard input" : inputs[*member.input])
            : "",
        member.path.text(), records);
    if (!similar.empty()) sentence += fmt::format("; is it spelled '{}'?", similar);
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

}  // namespace streamutils
