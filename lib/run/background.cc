// SPDX-License-Identifier: Apache-2.0
#include "run/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

namespace streamutils {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void run(const std::function<Status()>& work, int to) {
  // A child that is told to end when the whole pipeline is finishes what it is at.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  const Status status = work();
  if (!status) {
    const std::string& message = status.error().message;
    [[maybe_unused]] const ssize_t n = ::write(to, message.data(), message.size());
  }
  _exit(status ? 0 : 1);
}

std::string read_all(int fd) {
  std::string text;
  char block[512];
  for (ssize_t n; (n = ::read(fd, block, sizeof block)) > 0 || (n < 0 && errno == EINTR);) {
    if (n > 0) text.append(block, static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

Background::~Background() { abandon(); }

Status Background::start(const std::function<Status()>& work) {
  if (Status before = collect(Duration::max()); !before) return before;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{std::string("pipe: ") + std::strerror(errno)};
  child_ = fork();
  if (child_ == 0) run(work, ends[1]);
  ::close(ends[1]);
  message_ = ends[0];
  if (child_ > 0) return {};
  ::close(std::exchange(message_, -1));
  return Error{std::string("fork: ") + std::strerror(errno)};
}

Status Background::collect(Duration patience) {
  if (patience == Duration::max()) return reap(true);
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (Status status = reap(false); !status || !is_busy()) return status;
    if (std::chrono::steady_clock::now() >= until) return {};
    std::this_thread::sleep_for(1ms);
  }
}

Status Background::reap(bool wait) {
  if (child_ <= 0) return {};
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(child_, &status, wait ? 0 : WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return {};
  child_ = 0;
  std::string message = read_all(message_);
  ::close(std::exchange(message_, -1));
  if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (message.empty()) message = "the process that saves the state was killed";
  return Error{message};
}

void Background::abandon() {
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  [[maybe_unused]] const Status ignored = reap(true);
}

}  // namespace streamutils
