// Value: a view on the JSON text of one value inside a record.
//
// Nothing is converted until somebody asks: a number stays the digits that came in, a string keeps
// its escapes, an object its spacing.  A Value that Record::get returned is well-formed JSON.
// missing (no such member) is not null.
// A view: valid as long as the bytes of the record are, that is, during one Operator::on_record.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streamutils {

enum class Kind : std::uint8_t { missing, null, boolean, number, string, array, object };

// "missing", "null", "boolean", "number", "string", "array", "object".
std::string_view to_string(Kind kind);

class Value {
 public:
  // Of raw(), in bytes: then a value fits two registers, and is handed on in them.
  static constexpr std::size_t kMaxSize = 0xFFFFFFFF;

  constexpr Value() = default;
  // plain: a string without escapes.  REQUIRES: raw.size() <= kMaxSize.
  constexpr Value(Kind kind, std::string_view raw, bool plain = false)
      : data_(raw.data()),
        size_(static_cast<std::uint32_t>(raw.size())),
        kind_(kind),
        plain_(plain) {}

  constexpr Kind kind() const { return kind_; }
  constexpr bool is(Kind kind) const { return kind_ == kind; }
  constexpr bool exists() const { return kind_ != Kind::missing; }

  // The bytes of the value as they stand in the line, without spaces around; strings with quotes.
  constexpr std::string_view raw() const { return {data_, size_}; }

  // True if it is known to be a string without escapes, so that text() is what stands in its
  // quotes.
  constexpr bool is_plain() const { return plain_; }

  // REQUIRES: is(Kind::boolean).
  constexpr bool as_bool() const { return data_[0] == 't'; }

  // The characters of a string.  Without escapes this is a view into the record; with escapes they
  // are unescaped into `scratch`, and the view is valid until scratch changes.  A lone surrogate
  // becomes U+FFFD.  REQUIRES: is(Kind::string).
  std::string_view text(std::string& scratch) const;

 private:
  const char* data_ = nullptr;
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::missing;
  bool plain_ = false;
  [[maybe_unused]] std::uint16_t unused_ = 0;  // without a gap it is copied by the word
};

// Appends the spelling that all values share which are equal as keys (contract, "Keys"): numbers in
// canonical form (1 = 1.0 = 1e0), strings with minimal escapes, objects with their members sorted
// (of duplicate names the first), spaces gone; a missing value appends nothing.  The common cases,
// a string without escapes and a plain integer, are one copy.
void append_key(std::string& out, Value value);

// True if that is known to be raw() itself: of a string without escapes, as most keys are.
inline bool is_canonical_key(Value value) {
  return value.is_plain() ||
         (value.is(Kind::string) && value.raw().find('\\') == std::string_view::npos);
}

}  // namespace streamutils
