// Lines with the padding that records and scanners require, each in a block of its own, so that a
// sanitizer sees a read beyond it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "json/record.h"

namespace streamutils {

class PaddedLine {
 public:
  // The padding is filled with text that would do harm if it were taken for a part of the line.
  explicit PaddedLine(std::string_view text)
      : bytes_(std::make_unique<char[]>(text.size() + Record::kPadding)), size_(text.size()) {
    static constexpr std::string_view kBait = "\"},{[:\\";
    std::memcpy(bytes_.get(), text.data(), text.size());
    for (std::size_t i = 0; i < Record::kPadding; ++i) {
      bytes_[text.size() + i] = kBait[i % kBait.size()];
    }
  }

  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace streamutils
