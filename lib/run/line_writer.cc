// SPDX-License-Identifier: Apache-2.0
#include "run/line_writer.h"

#include <cerrno>
#include <cstring>

#include "base/copy.h"

namespace streamutils {

LineWriter::LineWriter(Write write, std::size_t block_size)
    : write_(std::move(write)),
      capacity_(block_size),
      block_(std::make_unique_for_overwrite<char[]>(block_size)) {}

void LineWriter::write_pieces(std::span<const std::string_view> pieces) {
  std::size_t size = 1;
  for (const std::string_view piece : pieces) size += piece.size();
  if (size > capacity_ - size_) flush();
  if (size > capacity_) {
    for (const std::string_view piece : pieces) write_all(piece.data(), piece.size());
    return write_all("\n", 1);
  }
  char* at = block_.get() + size_;
  for (const std::string_view piece : pieces) {
    at = copy_bytes(at, piece);
  }
  *at = '\n';
  size_ += size;
}

void LineWriter::flush() {
  write_all(block_.get(), size_);
  size_ = 0;
  after_block_();
}

void LineWriter::write_all(const char* data, std::size_t size) {
  while (size > 0 && error_ == 0) {
    const std::ptrdiff_t n = write_(data, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = errno;
      return;
    }
    data += n;
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace streamutils
