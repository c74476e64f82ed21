// LineReader: bytes in, blocks of whole lines out, in place.
//
// One buffer is read into and cut where it stands; what is left of a line at its end is moved to
// the front before the next read.  A line longer than max_line is not kept: its head is handed out
// and the rest skipped, so that memory stays bounded on any input.
//
// The reader knows no file: it is given a function that reads, which makes chunks of any size, and
// errors, a matter of a test's lambda.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace streamutils {

class LineReader {
 public:
  // As read(2): the number of bytes put into the buffer, 0 at the end, -1 on error (errno).
  using Read = std::function<std::ptrdiff_t(char* buffer, std::size_t size)>;

  static constexpr std::size_t kPadding = 64;  // readable bytes behind every block

  LineReader(Read read, std::size_t max_line, std::size_t block_size = 256 << 10);

  // The first byte that is read stands at this offset of the input.  Before the first refill().
  void start_at(std::uint64_t offset) { offset_ = offset; }

  // The whole lines that are buffered and not consumed, each with its '\n'; empty if there are
  // none. Valid until refill().  kPadding bytes behind it are readable.
  std::string_view lines() const { return {buffer_.get() + begin_, whole_ - begin_}; }
  // Moves behind the first n bytes of lines(), which must end at a line's end.
  void consume(std::size_t n) {
    begin_ += n;
    offset_ += n;
  }
  // Offset in the input of the first byte of lines().
  std::uint64_t offset() const { return offset_; }

  // The head of a line that is too long (at most 80 bytes), once for each such line, after the
  // lines in front of it have been consumed; nullptr data otherwise.
  std::string_view too_long() const { return too_long_; }
  void consume_too_long() { too_long_ = {}; }
  std::uint64_t too_long_offset() const { return too_long_offset_; }

  // True inside a line that is too long, the rest of which will be skipped.
  bool is_skipping() const { return skipping_; }

  // Begins another content, at offset 0.  What has not been consumed is gone.
  void restart();

  enum class State : std::uint8_t { open, end, error };
  // One read.  REQUIRES: lines() is empty and too_long() has been consumed.
  State refill();

  // At the end: what stands behind the last '\n'.  kPadding bytes behind it are readable.
  std::string_view rest() const { return {buffer_.get() + begin_, end_ - begin_}; }

 private:
  void make_room();
  void grow(std::size_t capacity);
  void find_whole(std::size_t from);
  void start_skipping();

  Read read_;
  std::size_t max_line_;
  std::size_t block_size_;
  std::size_t capacity_;  // without the padding
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;     // of what is not consumed
  std::size_t whole_ = 0;     // behind the last '\n'
  std::size_t end_ = 0;       // of what has been read
  std::uint64_t offset_ = 0;  // of begin_ in the input
  bool skipping_ = false;     // inside a line that is too long
  std::size_t skipped_ = 0;   // bytes of it that were dropped behind the whole lines
  char head_[80 + kPadding] = {};
  std::string_view too_long_;
  std::uint64_t too_long_offset_ = 0;
};

}  // namespace streamutils
