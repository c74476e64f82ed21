// SPDX-License-Identifier: Apache-2.0
#include "expr/constant.h"

#include <vector>

#include "expr/container.h"

namespace streamutils::expr {
namespace {

class Copier {
 public:
  Copier(Arena& to, Arena& from) : to_(to), from_(from) {}

  std::optional<Value> copy(Value v, int depth = 0) {
    if (elements_left_ == 0 || depth > 100) return std::nullopt;
    --elements_left_;
    switch (v.kind()) {
      case Kind::error:
        return std::nullopt;
      case Kind::string:
      case Kind::bytes:
        return copy_text(v);
      case Kind::list:
        return copy_list(v, depth);
      case Kind::map:
        return copy_map(v, depth);
      case Kind::optional: {
        if (v.content() == nullptr) return v;
        const auto inner = copy(*v.content(), depth + 1);
        return inner ? std::optional(Value::optional(to_.make(*inner))) : std::nullopt;
      }
      case Kind::ip:
      case Kind::cidr:
        return Value::address(v.kind(), to_.make(*v.address()));
      default:
        return v;
    }
  }

 private:
  std::optional<Value> copy_text(Value v) {
    const std::string_view text = v.text();
    if (text.size() > bytes_left_) return std::nullopt;
    bytes_left_ -= text.size();
    const std::string_view kept = to_.copy(text);
    return v.is(Kind::string) ? Value::string(kept) : Value::bytes(kept);
  }

  std::optional<Value> copy_list(Value v, int depth) {
    std::vector<Value> items;
    for (const Value& item : elements(from_, v)) {
      const auto kept = copy(item, depth + 1);
      if (!kept) return std::nullopt;
      items.push_back(*kept);
    }
    return make_list(to_, items);
  }

  std::optional<Value> copy_map(Value v, int depth) {
    MapBuilder builder(to_);
    for (const Entry& e : entries(from_, v)) {
      const auto key = copy(e.key, depth + 1);
      const auto value = copy(e.value, depth + 1);
      if (!key || !value) return std::nullopt;
      builder.add(*key, *value);
    }
    return builder.finish();
  }

  Arena& to_;
  Arena& from_;
  std::size_t elements_left_ = 1000;
  std::size_t bytes_left_ = std::size_t{64} << 10;
};

}  // namespace

std::optional<Value> copy_small(Arena& to, Arena& from, Value v) {
  return Copier(to, from).copy(v);
}

}  // namespace streamutils::expr
