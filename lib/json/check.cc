// simdjson finds the structure, and checks UTF-8 and the inside of strings; On-Demand walks it. Its
// own readers of scalars are not used, since they are narrower than the grammar: they refuse
// integers beyond 64 bits and lone surrogates, which are kept as text here.
// SPDX-License-Identifier: Apache-2.0
#include "json/check.h"

#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "json/grammar.h"
#include "json/record.h"
#include "json/string_text.h"

namespace streamutils {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr std::string_view kBadStructure = "brackets, commas or colons are wrong";

}  // namespace

// What is reused from line to line.
struct LineCheck::State {
  ondemand::parser parser;
  std::vector<std::string_view> names;  // of the open objects, those of the innermost last
  std::deque<std::string> unescaped;    // names that were spelled with escapes
  std::string brackets;                 // scratch of the grammar
};

// One walk over one line.
class LineCheck::Walk {
 public:
  Walk(State& state, std::string_view line) : state_(state), end_(line.data() + line.size()) {
    state_.names.clear();
    state_.unescaped.clear();
  }

  std::string_view run(ondemand::document& document) {
    ondemand::object object;
    if (document.get_object().get(object)) return kBadStructure;
    if (walk(object, 1) && document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      fail("expected nothing behind the closing bracket");
    }
    return damage_;
  }

 private:
  bool walk(ondemand::object& object, std::size_t depth) {
    const std::size_t first_name = state_.names.size();
    for (auto result : object) {
      ondemand::field field;
      if (std::move(result).get(field)) return fail(kBadStructure);
      if (!add_name(field.key().raw() - 1) || !walk(field.value(), depth)) return false;
    }
    return names_differ(first_name);
  }

  bool walk(ondemand::array& array, std::size_t depth) {
    for (auto result : array) {
      ondemand::value value;
      if (std::move(result).get(value)) return fail(kBadStructure);
      if (!walk(value, depth)) return false;
    }
    return true;
  }

  bool walk(ondemand::value& value, std::size_t depth) {
    ondemand::json_type type;
    if (value.type().get(type)) return fail(kBadStructure);
    if (type == ondemand::json_type::object) return walk_nested<ondemand::object>(value, depth);
    if (type == ondemand::json_type::array) return walk_nested<ondemand::array>(value, depth);
    return walk_scalar(value, type);
  }

  bool walk_scalar(ondemand::value& value, ondemand::json_type type) {
    const std::string_view token = trim_spaces(value.raw_json_token());
    const std::string_view damage = damage_in_scalar(token, kAnyFacts);
    if (!damage.empty()) return fail(damage);
    // A string must be taken by hand: one that is skipped may pass for a name if a ':' follows.
    ondemand::raw_json_string taken;
    return type != ondemand::json_type::string || !value.get(taken) || fail(kBadStructure);
  }

  template <typename Container>
  bool walk_nested(ondemand::value& value, std::size_t depth) {
    if (depth == kMaxDepth) return fail("nested deeper than 1024");
    Container container;
    if (value.get(container)) return fail(kBadStructure);
    return walk(container, depth + 1);
  }

  // Keeps the name that starts with the quote at `begin`, unescaped.
  bool add_name(const char* begin) {
    const StringCheck check = check_string({begin, static_cast<std::size_t>(end_ - begin)});
    if (!check.damage.empty()) return fail(check.damage);
    const std::string_view inner(begin + 1, check.size - 2);
    state_.names.push_back(inner);
    if (has_escapes(inner)) {
      append_canonical(state_.unescaped.emplace_back(), inner);
      state_.names.back() = state_.unescaped.back();
    }
    return true;
  }

  // Compares the names from `first` on, and forgets them.
  bool names_differ(std::size_t first) {
    const auto begin = state_.names.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, state_.names.end());
    const bool differ = std::adjacent_find(begin, state_.names.end()) == state_.names.end();
    state_.names.resize(first);
    return differ || fail("a name stands twice in one object");
  }

  bool fail(std::string_view why) {
    damage_ = why;
    return false;
  }

  State& state_;
  const char* end_;
  std::string_view damage_;
};

LineCheck::LineCheck() : state_(std::make_unique<State>()) {}
LineCheck::~LineCheck() = default;

// simdjson says whether, the grammar why: its reasons are the ones that a record gives, too.
std::string_view LineCheck::damage_in(std::string_view line) {
  static_assert(Record::kPadding >= simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  const error_code error =
      state_->parser.iterate(line.data(), line.size(), line.size() + Record::kPadding)
          .get(document);
  const std::string_view damage = error ? kBadStructure : Walk(*state_, line).run(document);
  if (damage.empty()) return {};
  const std::string_view why = damage_in_object(line, state_->brackets);
  return why.empty() ? damage : why;
}

}  // namespace streamutils
