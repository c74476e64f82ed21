// Cursor: walks the members of one object, or the elements of one array, without looking inside
// them.
//
// An inside header of json.  It goes from structural character to structural character, skips
// nested values by their depth, and stops where it is told to, so that a line is scanned as far as
// it is read and no further.  Memory is fixed, whatever the nesting.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json/name.h"
#include "json/structure.h"

namespace streamutils {

class Cursor {
 public:
  // One member or element, as offsets in the text, without spaces around.  The name has its quotes
  // and is a well-formed string.  The value is not empty; nothing else of it has been checked.
  struct Item {
    std::uint32_t name_begin;  // both 0 in an array
    std::uint32_t name_end;
    std::uint32_t value_begin;
    std::uint32_t value_end;
  };

  Cursor() : scan_(scan_structure()) {}

  // Starts on a text that begins, after spaces, with the bracket ('{' or '['); false (and damage)
  // if it does not.  REQUIRES: 64 readable bytes behind the text.
  bool open(std::string_view text, char bracket);

  // The next item; false at the end, or if there is damage.
  bool next(Item& item);

  // True behind the last item, and after damage.
  bool done() const { return done_; }

  // A run of next() for members that ask for no closer look: a scalar, and a comma behind it. Stops
  // behind the first that has the wanted name, before the first that is not plain, and when `room`
  // is used up.  Returns how many items it wrote.
  std::size_t next_plain(const WantedName& wanted, Item* items, std::size_t room);

  std::string_view name(const Item& item) const { return slice(item.name_begin, item.name_end); }
  std::string_view value(const Item& item) const { return slice(item.value_begin, item.value_end); }
  bool has_name(const Item& item, const WantedName& wanted) const {
    return wanted.is(text_ + item.name_begin, text_ + item.name_end, (facts() & kBackslash) != 0);
  }

  // Why the walk could not go on; empty if it could.
  std::string_view damage() const { return damage_; }

  // Facts (structure.h) that hold for every item so far.
  std::uint8_t facts() const { return state_.facts; }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  bool read_name(Item& item);
  bool read_value(Item& item);
  bool read_separator();
  bool skip_nested();
  std::size_t next_place();
  bool extend();
  bool restart();
  bool trim(std::size_t& begin, std::size_t& end) const;
  bool is_blank(std::size_t begin, std::size_t end) const { return !trim(begin, end); }
  bool finish(std::size_t close);
  bool fail(std::string_view why);
  bool fail_at_end();

  std::string_view slice(std::uint32_t begin, std::uint32_t end) const {
    return {text_ + begin, end - begin};
  }

  static constexpr std::size_t kFirstBlocks = 2;  // what is asked for often stands early in a line
  static constexpr std::size_t kMaxBlocks = 16;

  const char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t scanned_ = 0;      // how much of the text
  std::size_t from_ = 0;         // behind the last structural character that was taken
  std::size_t block_ = 0;        // the current word of ops_…
  std::size_t block_count_ = 0;  // …of so many
  std::size_t block_begin_ = 0;  // its place in the text
  std::uint64_t rest_ = 0;       // its structural characters that were not taken yet
  char close_ = '}';
  bool first_ = true;
  bool done_ = true;
  StructureState state_;
  ScanStructure scan_;
  std::string_view damage_;
  std::uint64_t ops_[kMaxBlocks];
};

}  // namespace streamutils
