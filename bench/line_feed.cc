// SPDX-License-Identifier: Apache-2.0
#include "line_feed.h"

#include <unistd.h>

#include <cerrno>

#include "json/record.h"

namespace streamutils {

void LineFeed::read_lines(const std::function<void(std::string_view line)>& visit) {
  constexpr std::size_t kBlock = 64 << 10;
  const std::size_t kept = pending_.size();
  pending_.resize(kept + kBlock + Record::kPadding);
  const ssize_t n = ::read(fd_, pending_.data() + kept, kBlock);
  if (n <= 0) {
    pending_.resize(kept);
    open_ = n < 0 && (errno == EINTR || errno == EAGAIN);
    return;
  }
  const std::string_view all(pending_.data(), kept + static_cast<std::size_t>(n));
  std::size_t begin = 0;
  for (std::size_t end; (end = all.find('\n', begin)) != all.npos; begin = end + 1) {
    visit(all.substr(begin, end - begin));
  }
  pending_.resize(all.size());
  pending_.erase(0, begin);
}

}  // namespace streamutils
