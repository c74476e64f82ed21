// LineWriter: lines in, large writes out.
//
// Lines are gathered in a block that is written when it is full or when somebody calls flush(),
// which the loop does before every read that would wait.  So there is the throughput of blocks
// under load and the delay of lines when there is little to do, with nothing to configure.
//
// After an error (a full disk, a reader that has left) everything is discarded and error() tells
// why.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "run/driver.h"

namespace streamutils {

class LineWriter final : public Sink {
 public:
  // As write(2): the number of bytes taken, or -1 with errno.
  using Write = std::function<std::ptrdiff_t(const char* data, std::size_t size)>;

  explicit LineWriter(Write write, std::size_t block_size = 128 << 10);

  void write(std::string_view line) override { write_pieces({&line, 1}); }
  void write_pieces(std::span<const std::string_view> pieces) override;
  void flush();
  // Drops what has not been written.
  void discard() { size_ = 0; }

  // To be called behind each block that was written, or failed to be.
  void set_after_block(std::function<void()> call) { after_block_ = std::move(call); }

  // The errno of the first write that failed; 0 if none has.
  int error() const { return error_; }

 private:
  void write_all(const char* data, std::size_t size);

  Write write_;
  std::function<void()> after_block_ = [] {};
  std::size_t capacity_;
  std::unique_ptr<char[]> block_;
  std::size_t size_ = 0;
  int error_ = 0;
};

}  // namespace streamutils
