// SPDX-License-Identifier: Apache-2.0
#include "run/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace streamutils {

LineReader::LineReader(Read read, std::size_t max_line, std::size_t block_size)
    : read_(std::move(read)), max_line_(max_line), block_size_(block_size), capacity_(block_size) {
  buffer_ = std::make_unique_for_overwrite<char[]>(capacity_ + kPadding);
}

LineReader::State LineReader::refill() {
  make_room();
  const std::ptrdiff_t n = read_(buffer_.get() + end_, capacity_ - end_);
  if (n < 0) return State::error;
  if (n == 0) return State::end;
  const std::size_t from = end_;
  end_ += static_cast<std::size_t>(n);
  std::memset(buffer_.get() + end_, 0, kPadding);
  find_whole(from);
  return State::open;
}

void LineReader::restart() {
  begin_ = whole_ = end_ = 0;
  offset_ = 0;
  skipping_ = false;
  skipped_ = 0;
  too_long_ = {};
}

// Moves the unfinished line to the front, and doubles the buffer while it fills half of it.
void LineReader::make_room() {
  const std::size_t rest = end_ - begin_;
  if (rest >= capacity_ / 2) grow(std::max(capacity_ * 2, block_size_));
  if (begin_ > 0) std::memmove(buffer_.get(), buffer_.get() + begin_, rest);
  begin_ = 0;
  whole_ = 0;
  end_ = rest;
  offset_ += std::exchange(skipped_, 0);
}

void LineReader::grow(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
  std::memcpy(larger.get() + begin_, buffer_.get() + begin_, end_ - begin_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

// Looks for line ends in what has been read from `from` on.
void LineReader::find_whole(std::size_t from) {
  const char* base = buffer_.get();
  if (skipping_) {
    const void* newline = std::memchr(base + begin_, '\n', end_ - begin_);
    const std::size_t skipped =
        newline == nullptr ? end_
                           : static_cast<std::size_t>(static_cast<const char*>(newline) - base) + 1;
    offset_ += skipped - begin_;
    begin_ = skipped;
    whole_ = skipped;
    skipping_ = newline == nullptr;
    if (skipping_) return;
    from = begin_;
  }
  const void* last = memrchr(base + from, '\n', end_ - from);
  if (last != nullptr) whole_ = static_cast<std::size_t>(static_cast<const char*>(last) - base) + 1;
  whole_ = std::max(whole_, begin_);
  if (end_ - whole_ > max_line_) start_skipping();
}

// The unfinished line at the end is too long: its head is kept for the message.  Whole lines in
// front of it stay; the reader hands them out first.
void LineReader::start_skipping() {
  const std::size_t head = std::min<std::size_t>(end_ - whole_, 80);
  std::memcpy(head_, buffer_.get() + whole_, head);
  too_long_ = {head_, head};
  too_long_offset_ = offset_ + (whole_ - begin_);
  skipping_ = true;
  skipped_ = end_ - whole_;
  end_ = whole_;
}

}  // namespace streamutils
