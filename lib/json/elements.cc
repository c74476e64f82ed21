// SPDX-License-Identifier: Apache-2.0
#include "json/elements.h"

#include <string>

#include "json/cursor.h"
#include "json/grammar.h"

namespace streamutils {

struct ArrayElements::Scratch {
  Cursor cursor;
  std::string brackets;
};

ArrayElements::ArrayElements() : scratch_(std::make_unique<Scratch>()) {}
ArrayElements::~ArrayElements() = default;

std::string_view ArrayElements::split(std::string_view text, std::vector<Value>& elements) {
  elements.clear();
  Cursor& cursor = scratch_->cursor;
  Cursor::Item item;
  if (!cursor.open(text, '[')) return cursor.damage();
  while (cursor.next(item)) {
    const std::string_view raw = cursor.value(item);
    const std::string_view damage = damage_in_value(raw, cursor.facts(), scratch_->brackets);
    if (!damage.empty()) return damage;
    elements.emplace_back(kind_by_first(raw[0]), raw);
  }
  return cursor.damage();
}

}  // namespace streamutils
