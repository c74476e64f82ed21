// EventText: writes the members of one flat event.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/decimal.h"
#include "json/writer.h"

namespace streamutils {

class EventText {
 public:
  // Begins an event at the end of out.
  explicit EventText(std::string& out) : out_(out) { out_ += '{'; }

  // A member.  key: a plain ASCII name with nothing to escape; quoted_key: a name as JSON.
  EventText& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return *this;
  }
  EventText& quoted_key(std::string_view json) {
    separate();
    out_ += json;
    out_ += ':';
    return *this;
  }

  void text(std::string_view value) { append_json_string(out_, value); }
  void raw(std::string_view json) { out_ += json; }
  void null() { out_ += "null"; }
  // "-" is no value.
  void text_or_null(std::string_view value) { value == "-" ? null() : text(value); }
  // A number where it is spelled like one; null if empty.
  void number_or_text(std::string_view value) {
    if (value.empty()) return null();
    is_number(value) ? raw(value) : text(value);
  }

  void end() { out_ += '}'; }

 private:
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;
};

}  // namespace streamutils
