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
  block_ = 0U - 1;
  block_begin_ = 0U - 64;
  block_count_ = 0;
  rest_ = 0;
  close_ = bracket == '{' ? '}' : ']';
  first_ = true;
  done_ = false;
  state_ = StructureState();
  damage_ = {};
  if (text.size() > std::numeric_limits<std::uint32_t>::max() - 128) return fail("too long");
  size_ = static_cast<std::uint32_t>(text.size());
  const std::uint32_t place = next_place();
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
  const bool unusual = state_.facts != 0;
  std::uint64_t rest = rest_;
  std::uint32_t block = block_, begin = block_begin_, from = from_;
  const auto next = [&] {
    while (rest == 0) {
      if (block + 1 == block_count_ && !extend()) return kNone;
      rest = ops_[++block];
      begin += 64;
    }
    const auto place = begin + static_cast<std::uint32_t>(std::countr_zero(rest));
    rest &= rest - 1;
    return place;
  };
  std::size_t count = 0;
  while (count < room) {
    const std::uint32_t colon = next();
    if (colon == kNone) break;
    const std::uint32_t comma = next();
    if (comma == kNone || text[colon] != ':' || text[from] != '"' || text[colon - 1] != '"' ||
        colon + 1 == comma) {
      break;
    }
    const bool last = text[comma] == '}' && comma + 1 == size_;
    if (text[comma] != ',' && !last) break;
    if (unusual && !is_plain_text(text + from, text + colon)) break;
    items[count++] = {from, colon, colon + 1, comma};
    const bool found = wanted.is_plain(text + from, text + colon);
    from_ = from = comma + 1;
    rest_ = rest;
    block_ = block;
    block_begin_ = begin;
    done_ = last;
    if (found || last) break;
  }
  if (count > 0) first_ = false;
  return count;
}

// Takes a name and the ':' behind it; false at the closing bracket of an empty object.
bool Cursor::read_name(Item& item) {
  item.name_begin = from_;
  const std::uint32_t colon = next_place();
  if (colon == kNone) return fail_at_end();
  item.name_end = colon;
  const bool empty = !trim(item.name_begin, item.name_end);
  if (empty && text_[colon] == '}' && first_) return finish(colon) && false;
  if (empty) return fail("expected a name");
  if (text_[colon] != ':') return fail("expected ':' after a name");
  const std::string_view damage = damage_in_string(name(item), state_.facts);
  return damage.empty() || fail(damage);
}

// Takes a value and the ',' or the closing bracket behind it; false at the closing bracket of an
// empty array.
bool Cursor::read_value(Item& item) {
  item.value_begin = from_;
  const std::uint32_t place = next_place();
  if (place == kNone) return fail_at_end();
  item.value_end = place;
  const char c = text_[place];
  const bool empty = !trim(item.value_begin, item.value_end);
  if (c == '{' || c == '[') {
    if (!empty) return fail(kBadSeparator);
    if (!skip_nested()) return false;
    item.value_begin = place;
    item.value_end = from_;
    return read_separator();
  }
  if (empty && c == ']' && close_ == ']' && first_) return finish(place) && false;
  if (empty) return fail("expected a value");
  first_ = false;
  if (c != ',' && c != close_) return fail(kBadSeparator);
  return c == ',' || finish(place);
}

bool Cursor::read_separator() {
  first_ = false;
  const std::uint32_t behind = from_;
  const std::uint32_t place = next_place();
  if (place == kNone) return fail_at_end();
  const char c = text_[place];
  if ((c != ',' && c != close_) || !is_blank(behind, place)) return fail(kBadSeparator);
  return c == ',' || finish(place);
}

// Goes behind the bracket that closes the one just taken.  Brackets of both kinds count alike here:
// whoever asks for the value has it checked.
bool Cursor::skip_nested() {
  for (std::size_t depth = 1; depth != 0;) {
    const std::uint32_t place = next_place();
    if (place == kNone) return fail_at_end();
    const int folded = text_[place] | 0x20;
    depth += folded == '{';
    depth -= folded == '}';
  }
  return true;
}

inline std::uint32_t Cursor::next_place() {
  while (rest_ == 0) {
    if (block_ + 1 == block_count_ && !extend() && !restart()) return kNone;
    rest_ = ops_[++block_];
    block_begin_ += 64;
  }
  const auto place = block_begin_ + static_cast<std::uint32_t>(std::countr_zero(rest_));
  rest_ &= rest_ - 1;
  from_ = place + 1;
  return place;
}

// Scans some more of the text, as much again as before; false at its end, or if ops_ is full.
bool Cursor::extend() {
  const std::uint32_t left = size_ - scanned_;
  if (left == 0 || block_count_ == kMaxBlocks) return false;
  const std::uint32_t size = std::min(left, 64 * std::max(kFirstBlocks, block_count_));
  scan_(text_ + scanned_, size, state_, ops_ + block_count_);
  block_count_ += (size + 63) / 64;
  scanned_ += size;
  return true;
}

// Makes room in ops_, all of which has been taken, and scans on; false at the end of the text.
bool Cursor::restart() {
  block_ = 0U - 1;
  block_count_ = 0;
  return extend();
}

// Takes the spaces off; false if nothing is left.
inline bool Cursor::trim(std::uint32_t& begin, std::uint32_t& end) const {
  while (begin != end && is_json_space(text_[begin])) ++begin;
  while (begin != end && is_json_space(text_[end - 1])) --end;
  return begin != end;
}

// Ends the walk at the closing bracket, behind which nothing but spaces may follow.
bool Cursor::finish(std::uint32_t close) {
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
