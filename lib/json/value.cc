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
  const std::string_view inner = raw_.substr(1, raw_.size() - 2);
  if (!has_escapes(inner)) return inner;
  scratch.clear();
  append_unescaped(scratch, inner);
  return scratch;
}

}  // namespace streamutils
