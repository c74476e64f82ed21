// Row: the fields of a row of csv or tsv, and the names of its columns.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "formats/line_decoder.h"

namespace streamutils {

// The names of the columns, from --columns or from the first row.
class Columns {
 public:
  // names empty: the first row has them.
  Columns(std::vector<std::string> names, NumberMembers numbers);

  bool known() const { return !keys_.empty(); }
  // The first row was no header.  What stands below it has no names then: another row must not
  // take its place.
  bool refused() const { return refused_; }
  // Forgets the header, if they come from one.
  void begin_file() {
    if (!given_) keys_.clear();
    refused_ = false;
  }
  // The first row.  Why it is no header, or an empty text.
  std::string_view set(const std::vector<std::string>& names);

  // The row as an event.
  LineDecoder::Decoded decode(const std::vector<std::string_view>& fields, std::string& event);

  // Lines for save(), and back.
  std::string save() const;
  void restore(std::string_view saved);

 private:
  struct Key {
    std::string name;
    std::string json;  // with its quotes
    bool number = false;
  };

  std::string_view read(const std::vector<std::string>& names, std::vector<Key>& keys);

  NumberMembers numbers_;
  bool given_ = false;
  bool refused_ = false;
  std::vector<Key> keys_;
  std::string reason_;
};

}  // namespace streamutils
