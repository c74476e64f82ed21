// FileName: names of files that are made from events: out/{region}/{window_start:%Y-%m-%d}.ndjson
//
// {FIELD} is the value of a field, {FIELD:FORMAT} its time as strftime(3) spells it in UTC; {{ and
// }} are braces.  What comes from an event never leaves its place in the path: a '/', a control
// character, a '%', a '.' at the start and whatever is no UTF-8 leave as %XX, and so does what is
// longer than a name may be (its start and a hash).  Two values never share a name: null, a missing
// field and the empty text are %null, %missing and %empty.  Equal numbers (1 and 1.0) do share one,
// and so does a text that is spelled like a value of another kind ("1").
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "json/record.h"

namespace streamutils {

class FileName {
 public:
  // Refuses a '{' without its '}', a bad path, an empty text.
  static Result<FileName> parse(std::string_view text);

  // Appends the name that the event has.
  void append(std::string& out, const Record& record);

  // The fields whose values are in it, in their order.
  std::vector<Path> fields() const;

 private:
  struct Part {
    std::string before;        // literal text in front of the field
    std::optional<Path> path;  // the last part has none
    std::string format;        // of a time
  };

  FileName() = default;
  void append_time(std::string& out, Value value, const std::string& format);

  std::vector<Part> parts_;
  TimeParser times_;
  std::string scratch_;
};

// Appends a value's text, made safe as above.
void append_safe(std::string& out, std::string_view text);

}  // namespace streamutils
