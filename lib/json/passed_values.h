// PassedValues: where the values stand that a record has passed already.
//
// An inside header of json, of which Record asks before all else: most look-ups end here, with a
// few loads.  What is not found here may still be in the line.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "json/name.h"

namespace streamutils {

// Where the value of a slot stands in the line of that number.
struct ShapeValue {
  std::uint64_t line = 0;
  const char* begin = nullptr;
  const char* end = nullptr;  // nullptr: of an object or array that goes on
};

struct PassedValues {
  static constexpr std::uint16_t kNoSlot = 0xFFFF;

  // Slots of lasting names, by their numbers; kNoSlot for that of other names, 0.
  using Slots = std::array<std::uint16_t, 1024>;

  static constexpr Slots kNoSlots = [] {
    Slots none{};
    none.fill(kNoSlot);
    return none;
  }();

  bool has(std::uint16_t slot) const {
    return values[slot].line == line_number && values[slot].end != nullptr;
  }

  // The raw value, or a text without data().
  std::string_view find(const WantedName& name) const {
    if (!are_valid || name.number() >= std::tuple_size_v<Slots>) return {};
    const std::uint16_t slot = (*slots)[name.number()];
    if (slot >= value_count || !has(slot)) return {};
    const ShapeValue& value = values[slot];
    return {value.begin, static_cast<std::size_t>(value.end - value.begin)};
  }

  bool are_valid = false;  // the line, as far as it was read, is one of those that slots are for
  const Slots* slots = &kNoSlots;
  std::unique_ptr<ShapeValue[]> values;  // by slot
  std::size_t value_count = 0;
  std::uint64_t line_number = 0;
};

}  // namespace streamutils
