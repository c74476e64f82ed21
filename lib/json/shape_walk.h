// The walk down a ShapeTree, compiled for every instruction set.
//
// An inside header of json.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "json/passed_values.h"

namespace streamutils {

struct ShapeRest;

// A literal, and behind it a scalar of any length.  What each step needs fills one line of cache.
struct alignas(64) ShapeNode {
  static constexpr std::uint16_t kNoSlot = PassedValues::kNoSlot;
  static constexpr std::size_t kHead = 32;
  // A walk may read so much behind the end of a line, and as much again behind a literal.
  static constexpr std::size_t kMostUsual = 28;

  static constexpr std::uint8_t kVaries = 0xFF;
  static constexpr std::uint32_t kFewLines = 64;

  // Whoever stops here is nearly always sent on in the same line, and need not stop.  One line in
  // some is a trial, which stops all the same, to see whether that holds: to go further would be a
  // waste for a walk that is seldom sent on.
  static constexpr std::uint64_t kLinesForTrial = 16;
  static constexpr std::uint8_t kMostTrials = 16;
  static constexpr std::uint8_t kStaying = 4;  // trials that one stay undoes
  bool is_passed_through() const { return sent_on >= kMostTrials / 2; }
  void note_sent_on() { sent_on = static_cast<std::uint8_t>(sent_on + (sent_on < kMostTrials)); }
  void note_stay() {
    sent_on = sent_on < kStaying ? 0 : static_cast<std::uint8_t>(sent_on - kStaying);
  }

  void note_child() {
    if (child != nullptr) next_step = child->step;
  }

  enum class Step : std::uint8_t {
    usual,  // the head is all of the literal, which has no mark that anybody asks for
    last,   // the same, but the line ends behind it
    other,
  };

  std::array<char, kHead> head{};  // the first bytes of the literal
  std::uint32_t compared = 0;      // bit i: byte i of the head is one of the literal's
  std::uint16_t slot = kNoSlot;    // of the scalar, if somebody asks for it
  std::uint8_t head_size = 0;
  Step step = Step::other;
  Step next_step = Step::other;  // of the child, if there is one
  // How long the scalar is, a string without its quotes, in line after line.  kVaries: it has
  // changed twice in few lines.
  std::uint8_t steady = kVaries;
  // In how many trials a walk that had stopped here was sent on.
  std::uint8_t sent_on = 0;
  std::uint32_t changed = 0;  // the line that was the last with another length
  ShapeNode* child = nullptr;
  ShapeRest* rest = nullptr;
};

// What is seldom needed of a node.
struct ShapeRest {
  static constexpr std::uint16_t kNoName = 0xFFFF;

  // Where an object or array of the top level begins or ends, as an offset in the literal.
  struct Mark {
    std::uint16_t name;
    bool begins;
    std::uint32_t offset;
    std::uint16_t slot = ShapeNode::kNoSlot;
  };
  std::string literal;
  ShapeNode* sibling = nullptr;
  std::uint16_t name = kNoName;  // of the scalar, in the top level, if it is the first of that name
  bool last = false;             // the line ends here, and no scalar stands behind
  bool repeats = false;          // of the last: two members of the top level have one name
  std::vector<Mark> marks;
  std::uint32_t members_end = 0;  // of the last: an offset in the literal
};

// How far the walk through a line has come.
struct ShapeWalk : PassedValues {
  // See ShapeNode::is_passed_through.
  bool is_trial() const { return line_number % ShapeNode::kLinesForTrial == 0; }

  const char* at = nullptr;     // behind what was passed
  const char* begin = nullptr;  // of the line
  const char* end = nullptr;
  ShapeNode* node = nullptr;  // the last that was passed; first the root, without a literal
  // Behind the last node: where the last value ends, as an offset in the line (behind the bracket
  // of an empty object).
  std::size_t members_end = 0;
  unsigned version = 0;  // of the tree, which it has walked through
};

// Goes on until the slot has a value, or to the end of the line; further, where more is asked for
// in nearly every line.  False where the line leaves the tree.  Only values that were asked for are
// kept, each as soon as it is passed.  REQUIRES: 64 readable bytes behind the line.
using WalkShape = bool (*)(ShapeWalk& walk, std::uint16_t slot);

// The fastest one for this machine.
WalkShape walk_shape();

// What a string holds (Facts of structure.h); begin and end stand inside its quotes.  REQUIRES: 64
// readable bytes behind it.
using StringFacts = std::uint8_t (*)(const char* begin, const char* end);

// The fastest one for this machine.
StringFacts string_facts();

// The place behind the scalar that the walk would pass here, or nullptr.
const char* skip_scalar(const char* begin, const char* end);

}  // namespace streamutils
