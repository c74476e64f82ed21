// What the library_*.cc files share: reading arguments, making results.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/container.h"
#include "expr/context.h"
#include "expr/error.h"
#include "expr/functions.h"
#include "expr/number.h"

namespace streamutils::expr {

// A string copied into the arena, or the error that it is too large.
inline Value make_string(Context& c, std::string_view text) {
  if (!c.arena().room(text.size())) return fail(ErrorKind::too_large);
  return Value::string(c.arena().copy(text));
}

inline Value make_bytes(Context& c, std::string_view text) {
  if (!c.arena().room(text.size())) return fail(ErrorKind::too_large);
  return Value::bytes(c.arena().copy(text));
}

// The types of the arguments have no overload.
inline Value mismatch(Arguments args) {
  switch (args.size()) {
    case 1:
      return no_overload({args[0]});
    case 2:
      return no_overload({args[0], args[1]});
    case 3:
      return no_overload({args[0], args[1], args[2]});
    default:
      return no_overload({args[0], args[1], args[2], args[3]});
  }
}

inline bool all_are(Arguments args, Kind kind) {
  for (const Value& v : args) {
    if (!v.is(kind)) return false;
  }
  return true;
}

// A string that grows to what the arena has room for, and then says so.
class TextBuilder {
 public:
  explicit TextBuilder(Context& c) : context_(c) {}

  bool append(std::string_view text) {
    full_ = full_ || !context_.arena().room(text_.size() + text.size());
    if (!full_) text_ += text;
    return !full_;
  }
  bool full() const { return full_; }
  std::string& text() { return text_; }

  Value finish() { return full_ ? fail(ErrorKind::too_large) : make_string(context_, text_); }

 private:
  Context& context_;
  std::string text_;
  bool full_ = false;
};

}  // namespace streamutils::expr
