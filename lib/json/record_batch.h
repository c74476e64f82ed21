// RecordBatch: some lines of a stream at once, each with a record of its own, which learn from each
// other how lines look.
//
// What was read of a line ahead of its turn need not be read again when it comes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "json/record.h"

namespace streamutils {

class RecordBatch {
 public:
  static constexpr std::size_t kSize = 32;

  RecordBatch() : records_(std::make_unique<Record[]>(kSize)) {
    for (std::size_t i = 1; i < kSize; ++i) records_[i].learn_with(records_[0]);
  }

  // Starts on these lines, which stand in memory in their order, as Record::reset does; the records
  // are valid until the next call.  REQUIRES: lines.size() <= kSize.
  std::span<const Record> reset(std::span<const std::string_view> lines) {
    size_ = lines.size();
    next_ = 0;
    for (std::size_t i = 0; i < size_; ++i) records_[i].reset(lines[i]);
    return {records_.get(), size_};
  }

  // The record of the line that begins there, or null.  Lines are asked for in their order, but not
  // all of them.
  Record* find(const char* begin) {
    while (next_ < size_ && records_[next_].line().data() < begin) ++next_;
    return next_ < size_ && records_[next_].line().data() == begin ? &records_[next_] : nullptr;
  }
  // The same if it is that very line.
  Record* find(std::string_view line) {
    Record* const record = find(line.data());
    return record != nullptr && record->line().size() == line.size() ? record : nullptr;
  }

 private:
  std::unique_ptr<Record[]> records_;
  std::size_t size_ = 0;
  std::size_t next_ = 0;  // that was not passed yet
};

}  // namespace streamutils
