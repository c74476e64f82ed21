// SPDX-License-Identifier: Apache-2.0
#include "json/value.h"

#include "json/string_text.h"

namespace streamutils {

std::string_view to_string(Kind kind) {
  static constexpr std::string_view kNames[] = {"missing", "null",  "boolean", "number",
                                                "string",  "array", "object"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view Value::text(std::string& scratch) const {
  const std::string_view inner(data_ + 1, std::size_t{size_} - 2);
  if (plain_ || !has_escapes(inner)) return inner;
  scratch.clear();
  append_unescaped(scratch, inner);
  return scratch;
}

}  // namespace streamutils
