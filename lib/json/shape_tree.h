// ShapeTree: the lines of a stream are alike, and what was learnt of one helps to read the next.
//
// An inside header of json.  A line of JSON is literals and scalars in turn: `{"ts":` 17 `,"user":`
// "ann" `,"at":{"lat":` 5 `}}`.  The tree holds the literals of lines that were seen: each node is
// one, with a scalar of any length behind it, and lines that begin alike share their first nodes.
// A line is read by walking down the tree: the literal is compared, the scalar is passed over, and
// where that is a member of the top level its value is known.  Nothing is searched, and the walk
// stops at the member that was asked for.  A line that leaves the tree is left to Cursor, which
// says the same of every line, and may be learnt.
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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/grammar.h"
#include "json/name.h"
#include "json/shape_walk.h"

namespace streamutils {

class ShapeTree {
 public:
  ShapeTree();

  // Starts on another line.  False if nothing is known of such lines: then find() must not be
  // called.  REQUIRES: 64 readable bytes behind the line.
  bool reset(std::string_view line);

  // The raw value of the first member of that name at the top level, checked no further than that
  // it ends there; an empty text: there is none, and the line is no damaged one.  nullopt: this
  // line has to be read by other means, from now on.  Constant for a member that was passed.
  std::optional<std::string_view> find(const WantedName& name) {
    const std::uint16_t number = number_of(name);
    if (number == ShapeNode::kNoName) return std::nullopt;
    if (!walk_.has(number) && !walk_shape_(walk_, number) && !learn_and_walk(number)) {
      return std::nullopt;
    }
    const ShapeValue& value = values_[number];
    if (value.line != walk_.line_number) return std::string_view();
    return std::string_view(value.begin, static_cast<std::size_t>(value.end - value.begin));
  }

  // After find() has said that there is no such member: where the last value ends, as an offset in
  // the line (behind the bracket of an empty object).
  std::size_t end_of_members() const { return walk_.members_end; }
  bool has_members() const { return walk_.node->rest->has_members; }

  // Facts (structure.h) that hold for a value that find() returned.
  std::uint8_t facts_of(std::string_view value) const {
    const char* const begin = value.data();
    return *begin == '"' ? string_facts_(begin + 1, begin + value.size() - 1) : kAnyFacts;
  }

 private:
  struct Lookup {
    Lookup(std::string the_name, std::uint16_t the_number)
        : name(std::move(the_name)), wanted(name), number(the_number) {}
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    std::string name;
    WantedName wanted;  // a view on it
    std::uint16_t number;
  };
  using Lookups = std::array<std::unique_ptr<Lookup>, 256>;
  class Learner;

  // Where the line has left the tree: false if it cannot be learnt.
  bool learn_and_walk(std::uint16_t name);
  bool learn();
  std::unique_ptr<Lookup>& lookup_of(const WantedName& name) {
    const auto address = reinterpret_cast<std::uintptr_t>(name.text().data());
    return lookups_[(address >> 4 ^ address >> 10 ^ address) % std::tuple_size_v<Lookups>];
  }
  std::uint16_t number_of(const WantedName& name) {
    const Lookup* const known = lookup_of(name).get();
    return known != nullptr && known->wanted == name ? known->number : remember(name);
  }
  std::uint16_t remember(const WantedName& name);
  std::uint16_t number_of(std::string_view name);

  // Pointers to their elements hold while they grow.
  std::deque<ShapeNode> nodes_;  // the first is the root
  std::deque<ShapeRest> rests_;
  std::vector<ShapeValue> values_;
  std::map<std::string, std::uint16_t, std::less<>> numbers_;  // of names
  // The text of a name that is asked for again and again stands where it stood.
  Lookups lookups_;  // by its address
  WalkShape walk_shape_;
  StringFacts string_facts_;
  ShapeWalk walk_;

  int credit_;            // for learning
  int failures_ = 0;      // grows where lines leave the tree, falls where they do not
  unsigned pause_ = 0;    // so many lines are not even tried
  std::string brackets_;  // scratch
};

}  // namespace streamutils
