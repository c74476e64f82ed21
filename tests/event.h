// An event in a test.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "json/record.h"

namespace streamutils::testing {

// Owns its line, with the padding that a Record wants.
class Event {
 public:
  explicit Event(std::string_view line) : bytes_(line) {
    bytes_.append(Record::kPadding, ' ');
    record_.reset(std::string_view(bytes_).substr(0, line.size()));
  }
  const Record& record() const { return record_; }

 private:
  std::string bytes_;
  Record record_;
};

}  // namespace streamutils::testing
