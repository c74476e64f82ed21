// ShapeTree: the lines of a stream are alike, and what was learnt of one helps to read the next.
//
// An inside header of json.  A line of JSON is literals and scalars in turn: `{"ts":` 17 `,"user":`
// "ann" `,"at":{"lat":` 5 `}}`.  The tree holds the literals of lines that were seen: each node is
// one, with a scalar of any length behind it, and lines that begin alike share their first nodes.
// A line is read by walking down the tree: the literal is compared, the scalar is passed over, and
// where that is a member of the top level that somebody asks for its value is kept.  Nothing is
// searched, and the walk stops at the member that was asked for.  A line that leaves the tree is
// left to Cursor, which says the same of every line, and may be learnt.
//
// Related to the speculation of Mison (Li et al., "Mison: A Fast JSON Parser for Data Analytics",
// VLDB 2017), which predicts where a member stands; here everything before it is compared too, so
// that the first of duplicate names is found, and damage is.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/grammar.h"
#include "json/name.h"
#include "json/shape_walk.h"

namespace streamutils {

class ShapeTree {
 public:
  ShapeTree();

  // Starts a walk, one of several, on another line.  False if nothing is known of such lines: then
  // find() must not be called.  REQUIRES: 64 readable bytes behind the line.
  bool reset(ShapeWalk& walk, std::string_view line) {
    if (pause_ > 0) {
      --pause_;
      return false;
    }
    if (line.size() >= std::uint32_t(-1)) return false;
    if (walk.is_trial()) end_trial(walk);
    walk.line_number = ++lines_;
    walk.begin = walk.at = line.data();
    walk.end = line.data() + line.size();
    walk.node = &nodes_.front();
    if (failures_ > 0) --failures_;
    if (lines_ % kLinesForCredit == 0 && credit_ < kMaxCredit) ++credit_;
    return true;
  }

  // The raw value of the first member of that name at the top level, checked no further than that
  // it ends there.  An empty text: there is none, and the line is no damaged one.  Without data():
  // this line has to be read by other means, from now on.  Constant for a member that was passed.
  std::string_view find(ShapeWalk& walk, const WantedName& name) {
    const std::uint16_t slot = slot_of(name);
    if (slot == ShapeNode::kNoSlot) return {};
    if (walk.version != version_) start_anew(walk);
    if (!walk.has(slot) && !walk_shape_(walk, slot) && !learn_and_walk(walk, slot)) return {};
    const ShapeValue& value = walk.values[slot];
    if (value.line != walk.line_number) return {walk.begin, 0};
    return {value.begin, static_cast<std::size_t>(value.end - value.begin)};
  }

  // Facts (structure.h) that hold for a value that find() returned.
  std::uint8_t facts_of(std::string_view value) const {
    const char* const begin = value.data();
    return *begin == '"' ? string_facts_(begin + 1, begin + value.size() - 1) : kAnyFacts;
  }

 private:
  // Learning costs credit, which time gives back: a stream whose lines are never alike learns one
  // in a hundred or so.
  static constexpr int kMaxCredit = 512;
  static constexpr std::uint64_t kLinesForCredit = 8;

  // A name that is no lasting one.  Its text often stands where it stood.
  struct Asked {
    std::string name;
    WantedName wanted{std::string_view()};    // a view on it
    std::uint16_t slot = ShapeNode::kNoSlot;  // of none yet
  };
  using Lookups = std::array<Asked, 64>;
  class Learner;

  // Where the line has left the tree: false if it cannot be learnt.
  bool learn_and_walk(ShapeWalk& walk, std::uint16_t slot);
  bool learn(ShapeWalk& walk);
  void start_anew(ShapeWalk& walk);
  void end_trial(ShapeWalk& walk) const;
  void start_over();

  Asked& asked(const WantedName& name) {
    const auto address = reinterpret_cast<std::uintptr_t>(name.text().data());
    return lookups_[(address >> 4 ^ address >> 10 ^ address) % std::tuple_size_v<Lookups>];
  }
  std::uint16_t slot_of(const WantedName& name) {
    const std::uint32_t number = name.number();
    if (number < lasting_.size() && lasting_[number] != ShapeNode::kNoSlot) return lasting_[number];
    return find_slot(name);
  }
  std::uint16_t find_slot(const WantedName& name);
  std::uint16_t slot_of_text(std::string_view name);
  std::uint16_t number_of(std::string_view name);
  void set_slots(ShapeNode& node) const;

  // Pointers to their elements hold while they grow.
  std::deque<ShapeNode> nodes_;  // the first is the root
  std::deque<ShapeRest> rests_;
  std::map<std::string, std::uint16_t, std::less<>> numbers_;  // of names
  std::vector<std::uint16_t> slots_;                           // by the number of a name
  PassedValues::Slots lasting_;
  Lookups lookups_;  // of other names, by address
  WalkShape walk_shape_;
  StringFacts string_facts_;
  std::size_t slot_count_ = 0;
  std::uint64_t lines_ = 0;  // that walks have started on
  unsigned version_ = 1;     // grows where walks have to start anew

  int credit_;            // for learning
  int failures_ = 0;      // grows where lines leave the tree, falls where they do not
  unsigned pause_ = 0;    // so many lines are not even tried
  std::string brackets_;  // scratch
};

}  // namespace streamutils
