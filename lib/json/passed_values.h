// PassedValues: where the values stand that a record has passed already.
//
// An inside header of json, of which Record asks before all else: most look-ups end here, with a
// few loads.  What is not found here may still be in the line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "json/name.h"

namespace streamutils {

// Where the value of a slot stands in the line of that number.
struct ShapeValue {
  std::uint64_t line = 0;
  const char* begin = nullptr;
  const char* end = nullptr;  // nullptr: of an object or array that goes on
};

class PassedValues {
 public:
  static constexpr std::uint16_t kNoSlot = 0xFFFF;

  // Slots of lasting names, by their numbers; kNoSlot for that of other names, 0.
  using Slots = std::array<std::uint16_t, 1024>;

  // No value is known.
  void clear() { line_ = kNoLine; }

  // The values of this line; those of others among them are passed over.  Both must stay where they
  // are until the next call.
  void look_at(const Slots& slots, const std::vector<ShapeValue>& values, std::uint64_t line) {
    slots_ = &slots;
    values_ = values.data();
    count_ = values.size();
    line_ = line;
  }

  // The raw value, or a text without data().
  std::string_view find(const WantedName& name) const {
    if (line_ == kNoLine || name.number() >= std::tuple_size_v<Slots>) return {};
    const std::uint16_t slot = (*slots_)[name.number()];
    if (slot >= count_) return {};
    const ShapeValue& value = values_[slot];
    if (value.line != line_ || value.end == nullptr) return {};
    return {value.begin, static_cast<std::size_t>(value.end - value.begin)};
  }

 private:
  static constexpr std::uint64_t kNoLine = ~std::uint64_t{0};

  std::uint64_t line_ = kNoLine;
  const Slots* slots_ = nullptr;
  const ShapeValue* values_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace streamutils
