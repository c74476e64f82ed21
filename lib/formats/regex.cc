// regex:RE: the named groups of an RE2 expression, found anywhere in the line.
// SPDX-License-Identifier: Apache-2.0
#include <re2/re2.h>

#include <map>
#include <utility>
#include <vector>

#include "formats/event_text.h"
#include "formats/format.h"

namespace streamutils {
namespace {

// A group and its key, in the order of the groups.
struct Group {
  std::string json;  // the name with its quotes
  std::size_t index = 0;
  bool number = false;
};

struct Expression {
  explicit Expression(std::string_view text) : re(re2::StringPiece(text), RE2::Quiet) {}
  RE2 re;
  std::vector<Group> groups;
};

class Regex final : public LineDecoder {
 public:
  explicit Regex(std::shared_ptr<const Expression> expression)
      : expression_(std::move(expression)),
        found_(static_cast<std::size_t>(expression_->re.NumberOfCapturingGroups()) + 1) {}

  Decoded decode(std::string_view line, std::string& event) override {
    line = without_return(line);
    const re2::StringPiece text(line.data(), line.size());
    if (!expression_->re.Match(text, 0, text.size(), RE2::UNANCHORED, found_.data(),
                               static_cast<int>(found_.size())))
      return {Kind::bad, "the expression does not match"};
    EventText members(event);
    for (const Group& group : expression_->groups) append(members, group);
    members.end();
    return {};
  }

 private:
  // A group that took no part in the match is null.
  void append(EventText& members, const Group& group) const {
    const re2::StringPiece& found = found_[group.index];
    members.quoted_key(group.json);
    if (found.data() == nullptr) return members.null();
    const std::string_view value(found.data(), found.size());
    group.number ? members.number_or_text(value) : members.text(value);
  }

  std::shared_ptr<const Expression> expression_;
  std::vector<re2::StringPiece> found_;
};

}  // namespace

Result<MakeDecoder> make_regex_format(std::string_view expression, NumberMembers numbers) {
  auto compiled = std::make_shared<Expression>(expression);
  if (!compiled->re.ok()) return Error{"--format regex: " + compiled->re.error()};
  for (const auto& [index, name] : compiled->re.CapturingGroupNames()) {
    Group group{{}, static_cast<std::size_t>(index), numbers.has(name)};
    append_json_string(group.json, name);
    compiled->groups.push_back(std::move(group));
  }
  if (compiled->groups.empty()) {
    return Error{"--format regex: no named group; members come from groups like (?P<name>...)"};
  }
  return MakeDecoder([compiled](Timestamp) { return std::make_unique<Regex>(compiled); });
}

}  // namespace streamutils
