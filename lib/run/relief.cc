// SPDX-License-Identifier: Apache-2.0
#include "run/relief.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kShortPause = 1ms;  // while a writer has been found waiting
constexpr Duration kLongPause = 10ms;
constexpr std::size_t kBlock = 256 << 10;

}  // namespace

void Relief::add(std::string name, int fd, std::shared_ptr<Spill> spill) {
  const int size = fd < 0 ? 0 : fcntl(fd, F_GETPIPE_SZ);
  pipes_.push_back(
      {std::move(name), fd, static_cast<std::size_t>(std::max(size, 0)), std::move(spill)});
}

Duration Relief::pause() const {
  const auto piped =
      std::count_if(pipes_.begin(), pipes_.end(), [](const Pipe& pipe) { return pipe.fd >= 0; });
  return pipes_.size() < 2 || piped == 0 ? Duration::max() : pause_;
}

bool Relief::may_block_its_writer(const Pipe& pipe) const {
  int waiting = 0;
  if (pipe.fd < 0 || ioctl(pipe.fd, FIONREAD, &waiting) != 0) return false;
  return waiting > 0 && static_cast<std::size_t>(waiting) >= pipe.size / 2;
}

Status Relief::run(std::size_t waited_for) {
  bool relieved = false;
  for (std::size_t i = 0; i < pipes_.size(); ++i) {
    Pipe& pipe = pipes_[i];
    if (i == waited_for || !may_block_its_writer(pipe)) continue;
    if (pipe.spill->is_full()) {
      if (!pipe.said_full) {
        say_(fmt::format("{} is further ahead than --max-spill holds: it waits for {}", pipe.name,
                         pipes_[waited_for].name));
      }
      pipe.said_full = true;
      continue;
    }
    relieved = true;
    if (Status s = empty(pipe); !s) return s;
  }
  pause_ = relieved ? kShortPause : std::min(pause_ * 2, kLongPause);
  return {};
}

Status Relief::empty(Pipe& pipe) {
  std::string block(kBlock, '\0');
  while (may_block_its_writer(pipe) && !pipe.spill->is_full()) {
    const ssize_t n = read(pipe.fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};  // whoever reads it next is told
    if (pipe.spill->put({block.data(), static_cast<std::size_t>(n)})) continue;
    return Error{
        fmt::format("{}: cannot be kept while it is ahead: {}", pipe.name, std::strerror(errno))};
  }
  return {};
}

}  // namespace streamutils
