// SPDX-License-Identifier: Apache-2.0
#include "ops/cold_keys.h"

#include <algorithm>

namespace streamutils {
namespace {

constexpr std::size_t kBlock = 1 << 16;       // written at a time
constexpr std::uint64_t kFewHoles = 1 << 20;  // bytes

}  // namespace

void ColdKeys::put(std::string_view key, std::string_view text, std::uint64_t age, Timestamp due) {
  const Fingerprint print = print_of(key);
  Table::Slot& slot = places_.insert(print);
  slot.offset = scratch_->size() + behind_.size();
  slot.length = text.size();
  slot.age = age;
  slot.due = due;
  bytes_ += text.size();
  behind_ += text;
  if (due != kMaxTime) timers_.push({due, print});
  if (behind_.size() >= kBlock) flush();
}

void ColdKeys::flush() {
  if (!behind_.empty()) scratch_->append(behind_);
  behind_.clear();
}

void ColdKeys::finish_puts() {
  flush();
  if (scratch_->size() > 2 * bytes_ + kFewHoles) move_to_new_file();
}

void ColdKeys::drop(Table::Slot* slot) {
  bytes_ -= slot->length;
  places_.erase(slot);
}

bool ColdKeys::take(const Fingerprint& print, std::string& text) {
  Table::Slot* const slot = places_.find(print);
  if (!slot) return false;
  text.clear();
  const bool ok = scratch_->read(slot->offset, slot->length, text);
  has_failed_ = has_failed_ || !ok;
  drop(slot);
  return ok;
}

// A key that has been taken out since, and maybe come back, has no timer of this time.
void ColdKeys::forget(Timestamp now) {
  while (!timers_.empty() && timers_.top().due <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Table::Slot* const slot = places_.find(timer.what);
    if (slot && slot->due == timer.due) drop(slot);
  }
}

std::vector<ColdKeys::Table::Slot*> ColdKeys::sorted(std::uint64_t Place::*number) const {
  std::vector<Table::Slot*> slots;
  slots.reserve(places_.size());
  places_.for_each([&](Table::Slot& slot) { slots.push_back(&slot); });
  std::ranges::sort(slots, {}, [number](const Table::Slot* slot) { return slot->*number; });
  return slots;
}

bool ColdKeys::visit(const Visit& visit) const {
  std::string text;
  for (const Table::Slot* slot : sorted(&Place::age)) {
    text.clear();
    if (!scratch_->read(slot->offset, slot->length, text)) return false;
    visit(slot->print, slot->age, text);
  }
  return true;
}

// What cannot be read stays where it is: that is told when it is asked for.
void ColdKeys::move_to_new_file() {
  const std::vector<Table::Slot*> slots = sorted(&Place::offset);
  auto moved = tools_.room.fresh();
  std::vector<std::uint64_t> offsets;
  std::string block;
  for (const Table::Slot* slot : slots) {
    offsets.push_back(moved->size() + block.size());
    if (!scratch_->read(slot->offset, slot->length, block)) return;
    if (block.size() < kBlock) continue;
    moved->append(block);
    block.clear();
  }
  moved->append(block);
  for (std::size_t i = 0; i < slots.size(); ++i) slots[i]->offset = offsets[i];
  scratch_ = std::move(moved);
}

}  // namespace streamutils
