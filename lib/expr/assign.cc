// SPDX-License-Identifier: Apache-2.0
#include "expr/assign.h"

#include <charconv>

#include "expr/container.h"

namespace streamutils::expr {
namespace {

class Assigner {
 public:
  Assigner(Context& context, const Path& path)
      : context_(context),
        arena_(context.arena()),
        steps_(path.steps()),
        pointer_(path.is_pointer()) {}

  bool run(Value value) {
    if (steps_.empty()) return false;
    const std::size_t used =
        longest(0, [&](const std::string& name) { return context_.lookup(name).has_value(); });
    const std::string name = joined(0, used);
    const auto old = context_.lookup(name);
    const auto changed = replaced(old ? *old : Value::null(), old.has_value(), used, value);
    if (changed) context_.set_variable(name, *changed);
    return changed.has_value();
  }

 private:
  std::string joined(std::size_t begin, std::size_t n) const {
    std::string name = steps_[begin];
    for (std::size_t i = 1; i < n; ++i) (name += '.') += steps_[begin + i];
    return name;
  }

  // How many steps from `at` on make the longest name that exists; 1 if none does.
  template <typename Exists>
  std::size_t longest(std::size_t at, Exists exists) const {
    std::size_t n = pointer_ ? 1 : steps_.size() - at;
    while (n > 1 && !exists(joined(at, n))) --n;
    return n;
  }

  // `old` with what the steps from `at` on lead to replaced.
  std::optional<Value> replaced(Value old, bool exists, std::size_t at, Value value) {
    if (at == steps_.size()) return value;
    if (!exists || old.is(Kind::map)) return replaced_member(exists ? old : empty(), at, value);
    if (old.is(Kind::list)) return replaced_element(old, at, value);
    return std::nullopt;
  }

  Value empty() { return MapBuilder(arena_).finish(); }

  std::optional<Value> replaced_member(Value map, std::size_t at, Value value) {
    const std::size_t used = longest(
        at, [&](const std::string& name) { return find_member(arena_, map, name).has_value(); });
    const Value key = Value::string(arena_.copy(joined(at, used)));
    const auto old = find_member(arena_, map, key.text());
    const auto changed = replaced(old ? *old : Value::null(), old.has_value(), at + used, value);
    if (!changed) return std::nullopt;
    MapBuilder builder(arena_);
    for (const Entry& e : entries(arena_, map)) builder.add(e.key, e.value);
    builder.set(key, *changed);
    return builder.finish();
  }

  std::optional<Value> replaced_element(Value list, std::size_t at, Value value) {
    const auto old = elements(arena_, list);
    std::size_t i = 0;
    const std::string& step = steps_[at];
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), i);
    if (error != std::errc() || end != step.data() + step.size() || i > old.size())
      return std::nullopt;
    std::vector<Value> items(old.begin(), old.end());
    if (i == old.size()) items.push_back(Value::null());
    const auto changed = replaced(items[i], i < old.size(), at + 1, value);
    if (!changed) return std::nullopt;
    items[i] = *changed;
    return make_list(arena_, items);
  }

  Context& context_;
  Arena& arena_;
  const std::vector<std::string>& steps_;
  bool pointer_;
};

}  // namespace

bool assign(Context& context, const Path& path, Value value) {
  return Assigner(context, path).run(value);
}

}  // namespace streamutils::expr
