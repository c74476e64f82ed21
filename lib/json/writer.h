// JsonWriter: appends one JSON value to a string, with commas and escapes where they belong.
//
// Compact, members in call order, strings with the least escaping that JSON allows.  It does not
// check that the calls make sense (a value without a name inside an object is the caller's bug).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace streamutils {

class JsonWriter {
 public:
  // Writes to the end of out, which must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& name(std::string_view name);
  JsonWriter& string(std::string_view text);  // invalid UTF-8 becomes U+FFFD
  JsonWriter& raw(std::string_view json);     // verbatim
  JsonWriter& integer(std::int64_t n);
  JsonWriter& unsigned_integer(std::uint64_t n);
  JsonWriter& number(double d);  // shortest form; null if not finite
  JsonWriter& boolean(bool b) { return raw(b ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& time(Timestamp t, TimeStyle style);

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void separate();  // a comma, if something stands before at this level

  std::string& out_;
  bool comma_ = false;
};

// Appends text as a JSON string with quotes, escaped as little as JSON allows.
void append_json_string(std::string& out, std::string_view text);

// Copies text to memory of its size, and returns true if it may stand there between the quotes of a
// JSON string: if it is ASCII, and nothing in it has to be escaped.
bool copy_literal_text(char* to, std::string_view text);

}  // namespace streamutils
