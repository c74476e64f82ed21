// SPDX-License-Identifier: Apache-2.0
#include "json/cursor.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "json/grammar.h"
#include "json/plain.h"

namespace streamutils {
namespace {

constexpr std::string_view kBadSeparator = "expected ',' or a closing bracket after a value";

}  // namespace

bool Cursor::open(std::string_view text, char bracket) {
  text_ = text.data();
  from_ = scanned_ = 0;
  block_ = std::size_t{0} - 1;
  block_begin_ = std::size_t{0} - 64;
  block_count_ = 0;
  rest_ = 0;
  close_ = bracket == '{' ? '}' : ']';
  first_ = true;
  done_ = false;
  state_ = StructureState();
  damage_ = {};
  if (text.size() > std::numeric_limits<std::uint32_t>::max() - 128) return fail("too long");
  size_ = text.size();
  const std::size_t place = next_place();
  if (place != kNone && text_[place] == bracket && is_blank(0, place)) return true;
  return fail(bracket == '{' ? "expected an object" : "expected an array");
}

bool Cursor::next(Item& item) {
  if (done_) return false;
  item = {};
  return (close_ == ']' || read_name(item)) && read_value(item);
}

// The hot loop of the whole library.  What it needs of the cursor is kept in local variables, and a
// member is taken by writing them back.
std::size_t Cursor::next_plain(const WantedName& wanted, Item* items, std::size_t room) {
  if (done_ || close_ == ']' || (state_.facts & (kSpace | kMisplaced)) != 0) return 0;
  const char* const text = text_;
  const std::uint8_t facts = state_.facts;
  std::uint64_t rest = rest_;
  std::size_t block = block_, begin = block_begin_, from = from_;
  const auto next = [&](std::size_t& place) {
    while (rest == 0) {
      // A new fact ends the run: what follows may ask for a closer look.
      if (block + 1 == block_count_ && (!extend() || state_.facts != facts)) return false;
      rest = ops_[++block];
      begin += 64;
    }
    place = begin + static_cast<std::size_t>(std::countr_zero(rest));
    rest &= rest - 1;
    return true;
  };
  for (std::size_t count = 0; count < room; ++count) {
    std::size_t colon, end;
    if (!next(colon) || !next(end)) return count;
    const bool is_last = text[end] == '}' && end + 1 == size_;
    if ((text[end] != ',' && !is_last) || text[colon] != ':' || colon + 1 == end ||
        text[from] != '"' || text[colon - 1] != '"') {
      return count;
    }
    if (facts != 0 && !is_plain_text(text + from, text + colon)) return count;
    items[count] = {static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(colon),
                    static_cast<std::uint32_t>(colon + 1), static_cast<std::uint32_t>(end)};
    const bool found = wanted.is_plain(text + from, text + colon);
    from_ = from = end + 1;
    rest_ = rest;
    block_ = block;
    block_begin_ = begin;
    first_ = false;
    done_ = is_last;
    if (found || is_last) return count + 1;
  }
  return room;
}

// Takes a name and the ':' behind it; false at the closing bracket of an empty object.
bool Cursor::read_name(Item& item) {
  std::size_t begin = from_;
  const std::size_t colon = next_place();
  if (colon == kNone) return fail_at_end();
  std::size_t end = colon;
  const bool empty = !trim(begin, end);
  if (empty && text_[colon] == '}' && first_) return finish(colon) && false;
  if (empty) return fail("expected a name");
  if (text_[colon] != ':') return fail("expected ':' after a name");
  item.name_begin = static_cast<std::uint32_t>(begin);
  item.name_end = static_cast<std::uint32_t>(end);
  const std::string_view damage = damage_in_string(name(item), state_.facts);
  return damage.empty() || fail(damage);
}

// Takes a value and the ',' or the closing bracket behind it; false at the closing bracket of an
// empty array.
bool Cursor::read_value(Item& item) {
  std::size_t begin = from_;
  const std::size_t place = next_place();
  if (place == kNone) return fail_at_end();
  std::size_t end = place;
  const char c = text_[place];
  const bool empty = !trim(begin, end);
  if (c == '{' || c == '[') {
    if (!empty) return fail(kBadSeparator);
    if (!skip_nested()) return false;
    item.value_begin = static_cast<std::uint32_t>(place);
    item.value_end = static_cast<std::uint32_t>(from_);
    return read_separator();
  }
  if (empty && c == ']' && close_ == ']' && first_) return finish(place) && false;
  if (empty) return fail("expected a value");
  item.value_begin = static_cast<std::uint32_t>(begin);
  item.value_end = static_cast<std::uint32_t>(end);
  first_ = false;
  if (c != ',' && c != close_) return fail(kBadSeparator);
  return c == ',' || finish(place);
}

bool Cursor::read_separator() {
  first_ = false;
  const std::size_t behind = from_;
  const std::size_t place = next_place();
  if (place == kNone) return fail_at_end();
  const char c = text_[place];
  if ((c != ',' && c != close_) || !is_blank(behind, place)) return fail(kBadSeparator);
  return c == ',' || finish(place);
}

// Goes behind the bracket that closes the one just taken.  Brackets of both kinds count alike here:
// whoever asks for the value has it checked.
bool Cursor::skip_nested() {
  for (std::size_t depth = 1; depth != 0;) {
    const std::size_t place = next_place();
    if (place == kNone) return fail_at_end();
    const int folded = text_[place] | 0x20;
    depth += folded == '{';
    depth -= folded == '}';
  }
  return true;
}

inline std::size_t Cursor::next_place() {
  while (rest_ == 0) {
    if (block_ + 1 == block_count_ && !extend() && !restart()) return kNone;
    rest_ = ops_[++block_];
    block_begin_ += 64;
  }
  const std::size_t place = block_begin_ + static_cast<std::size_t>(std::countr_zero(rest_));
  rest_ &= rest_ - 1;
  from_ = place + 1;
  return place;
}

// Scans some more of the text, as much again as before; false at its end, or if ops_ is full.
bool Cursor::extend() {
  const std::size_t left = size_ - scanned_;
  if (left == 0 || block_count_ == kMaxBlocks) return false;
  const std::size_t size = std::min(left, 64 * std::max(kFirstBlocks, block_count_));
  scan_(text_ + scanned_, size, state_, ops_ + block_count_);
  block_count_ += (size + 63) / 64;
  scanned_ += size;
  return true;
}

// Makes room in ops_, all of which has been taken, and scans on; false at the end of the text.
bool Cursor::restart() {
  block_ = std::size_t{0} - 1;
  block_count_ = 0;
  return extend();
}

// Takes the spaces off; false if nothing is left.
inline bool Cursor::trim(std::size_t& begin, std::size_t& end) const {
  while (begin != end && is_json_space(text_[begin])) ++begin;
  while (begin != end && is_json_space(text_[end - 1])) --end;
  return begin != end;
}

// Ends the walk at the closing bracket, behind which nothing but spaces may follow.
bool Cursor::finish(std::size_t close) {
  done_ = true;
  return is_blank(close + 1, size_) || fail("expected nothing behind the closing bracket");
}

bool Cursor::fail(std::string_view why) {
  damage_ = why;
  done_ = true;
  return false;
}

bool Cursor::fail_at_end() {
  return fail(state_.in_string != 0 ? "a string is not closed" : "a bracket is not closed");
}

}  // namespace streamutils
