// LineBlock: lines of text that grow at their end, put together in place.
//
// What std::string lacks: room at the end that may be written to without zeros being put there
// first, for text that is made a few bytes at a time and by the hundred megabytes.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace streamutils {

class LineBlock {
 public:
  // Valid until the next call.
  std::string_view text() const { return {memory_.data(), size_}; }
  std::size_t size() const { return size_; }

  // Room for so many bytes behind the text; who has written there says with end_at where the text
  // ends now.  Valid until the next call.
  char* room(std::size_t bytes) {
    if (memory_.size() - size_ < bytes) memory_.resize(std::max(2 * memory_.size(), size_ + bytes));
    return memory_.data() + size_;
  }
  void end_at(const char* end) { size_ = static_cast<std::size_t>(end - memory_.data()); }

  void append(std::string_view text) {
    char* const to = room(text.size());
    end_at(to + text.copy(to, text.size()));
  }

  // Forgets the text and keeps the memory.
  void clear() { size_ = 0; }

  // The text; the block is empty afterwards.
  std::string take() {
    memory_.resize(size_);
    size_ = 0;
    return std::exchange(memory_, {});
  }
  // The same into `text`, whose memory is used for what follows.
  void take(std::string& text) {
    memory_.resize(size_);
    size_ = 0;
    memory_.swap(text);
    memory_.resize(memory_.capacity());
  }

 private:
  std::string memory_;  // as long as there is room
  std::size_t size_ = 0;
};

}  // namespace streamutils
