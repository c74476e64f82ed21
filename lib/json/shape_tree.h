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

  // Starts a walk, one of several, on another line.  If its values are not valid then, nothing is
  // known of such lines, and find() must not be called.  REQUIRES: 64 readable bytes behind the
  // line.
  void reset(ShapeWalk& walk, std::string_view line) {
    const bool is_seldom = pause_ > 0 || line.size() >= std::uint32_t(-1);
    if (is_seldom || walk.is_trial()) [[unlikely]]
      return reset_seldom(walk, line);
    begin(walk, line);
  }

  // The raw value of the first member of that name at the top level, checked no further than that
  // it ends there.  An empty text: there is none, and the line is no damaged one.  Without data():
  // this line has to be read by other means, from now on.  Constant for a member that was passed.
  std::string_view find(ShapeWalk& walk, const WantedName& name);
  // The same, quicker for a lasting name.  REQUIRES: walk.find(name) has found nothing.
  std::string_view find_on(ShapeWalk& walk, const WantedName& name) {
    const std::uint32_t number = name.number();
    const std::uint16_t slot = number < lasting_.size() ? lasting_[number] : ShapeNode::kNoSlot;
    const bool is_known = slot != ShapeNode::kNoSlot && walk.version == version_;
    if (!is_known) [[unlikely]]
      return find(walk, name);
    return walk_shape_(walk, slot) ? passed_value(walk, slot) : learn_and_find(walk, slot);
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

  void begin(ShapeWalk& walk, std::string_view line) {
    walk.line_number = ++lines_;
    walk.begin = walk.at = line.data();
    walk.end = line.data() + line.size();
    walk.node = root_;
    walk.are_valid = true;
    failures_ -= failures_ > 0 ? 1 : 0;
    if (lines_ % kLinesForCredit == 0) credit_ += credit_ < kMaxCredit ? 1 : 0;
  }
  void reset_seldom(ShapeWalk& walk, std::string_view line);

  static std::string_view passed_value(const ShapeWalk& walk, std::uint16_t slot) {
    const ShapeValue& value = walk.values[slot];
    if (value.line != walk.line_number) return {walk.begin, 0};
    return {value.begin, static_cast<std::size_t>(value.end - value.begin)};
  }

  // Where the line has left the tree: false if it cannot be learnt.
  bool learn_and_walk(ShapeWalk& walk, std::uint16_t slot);
  std::string_view learn_and_find(ShapeWalk& walk, std::uint16_t slot);
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
  ShapeNode* root_ = nullptr;
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
