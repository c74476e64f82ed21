// SPDX-License-Identifier: Apache-2.0
#include "run/spilled_lines.h"

#include <cerrno>
#include <cstdint>

namespace streamutils {
namespace {

constexpr std::size_t kBlock = 1 << 16;  // taken at a time

}  // namespace

SpilledLines::SpilledLines(std::size_t in_memory) : spill_(UINT64_MAX, in_memory) {}

bool SpilledLines::push(std::string_view line) {
  line_.assign(line) += '\n';
  if (!spill_.put(line_)) return false;
  ++count_;
  return true;
}

bool SpilledLines::front(std::string_view& line) {
  std::size_t end = buffer_.find('\n', begin_);
  if (end == buffer_.npos) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  while (end == buffer_.npos) {
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kBlock);
    const std::ptrdiff_t n = spill_.take(buffer_.data() + before, kBlock);
    buffer_.resize(before + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n == 0) errno = EIO;  // a file that somebody has cut
    if (n <= 0) return false;
    end = buffer_.find('\n', before);
  }
  size_ = end - begin_;
  line = std::string_view(buffer_).substr(begin_, size_);
  return true;
}

void SpilledLines::pop() {
  begin_ += size_ + 1;
  --count_;
}

}  // namespace streamutils
