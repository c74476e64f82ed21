// SPDX-License-Identifier: Apache-2.0
#include "run/copy_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

extern char** environ;

namespace streamutils {
namespace {

constexpr std::size_t kReadSize = 64 << 10;
constexpr std::size_t kSendAt = 64 << 10;
constexpr int kPipeSize = 1 << 20;

struct Pipe {
  int read = -1;
  int write = -1;
};

bool make_pipe(Pipe& made) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  fcntl(ends[0], F_SETPIPE_SZ, kPipeSize);
  made = {ends[0], ends[1]};
  return true;
}

void close_if_open(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

void set_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// As posix_spawnp: the errno.  The copy has its pipes as 0 and 1, and dies of SIGPIPE.
int spawn(pid_t& pid, const std::vector<std::string>& command,
          const std::vector<std::string>& settings, bool apart, int in, int out) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::vector<char*> environment;
  const auto is_set = [&](std::string_view variable) {
    return std::ranges::any_of(settings, [&](const std::string& setting) {
      return variable.starts_with(std::string_view(setting).substr(0, setting.find('=') + 1));
    });
  };
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!is_set(*variable)) environment.push_back(*variable);
  }
  for (const std::string& setting : settings)
    environment.push_back(const_cast<char*>(setting.c_str()));
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  const int group = apart ? POSIX_SPAWN_SETPGROUP : 0;
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSIGDEF | group));
  const int error =
      posix_spawnp(&pid, words[0], &actions, &attributes, words.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Result<CopyProcess> CopyProcess::start(const std::vector<std::string>& command,
                                       const std::vector<std::string>& settings, bool apart) {
  Pipe in;
  Pipe out;
  if (!make_pipe(in)) return Error{std::string("cannot make a pipe: ") + std::strerror(errno)};
  CopyProcess copy;
  copy.in_ = in.write;
  int error = make_pipe(out) ? 0 : errno;
  copy.out_ = out.read;
  if (error == 0) error = spawn(copy.pid_, command, settings, apart, in.read, out.write);
  close_if_open(in.read);
  close_if_open(out.write);
  if (error != 0) {
    copy.pid_ = -1;
    return Error{"cannot run " + command[0] + ": " + std::strerror(error)};
  }
  set_nonblocking(copy.in_);
  set_nonblocking(copy.out_);
  copy.process_ = static_cast<int>(syscall(SYS_pidfd_open, copy.pid_, 0));
  if (copy.process_ >= 0) fcntl(copy.process_, F_SETFD, FD_CLOEXEC);
  return copy;
}

CopyProcess::CopyProcess(CopyProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      process_(std::exchange(other.process_, -1)),
      pending_(std::move(other.pending_)),
      sent_(other.sent_),
      no_more_(other.no_more_),
      ended_early_(other.ended_early_),
      line_(std::move(other.line_)),
      status_(other.status_) {}

CopyProcess::~CopyProcess() {
  close_if_open(in_);
  close_if_open(out_);
  close_if_open(process_);
}

void CopyProcess::put(std::string_view line) {
  if (in_ < 0) return;
  pending_.append(line).push_back('\n');
  if (pending() >= kSendAt) send();
}

void CopyProcess::send() {
  while (in_ >= 0 && pending() > 0) {
    const ssize_t n = ::write(in_, pending_.data() + sent_, pending());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) {  // it reads no more
      close_if_open(in_);
      ended_early_ = true;
      sent_ = pending_.size();
      break;
    }
    sent_ += static_cast<std::size_t>(n);
  }
  if (pending() == 0 || sent_ >= kReadSize) {
    pending_.erase(0, sent_);
    sent_ = 0;
  }
  if (no_more_ && pending() == 0) close_if_open(in_);
}

bool CopyProcess::receive(const std::function<void(std::string_view)>& take_line) {
  char buffer[kReadSize];
  while (out_ >= 0) {
    const ssize_t n = ::read(out_, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) break;
    std::string_view bytes(buffer, static_cast<std::size_t>(n));
    for (std::size_t end; (end = bytes.find('\n')) != bytes.npos; bytes.remove_prefix(end + 1)) {
      if (line_.empty()) {
        take_line(bytes.substr(0, end));
      } else {
        line_ += bytes.substr(0, end);
        take_line(line_);
        line_.clear();
      }
    }
    line_ += bytes;
  }
  if (!line_.empty()) take_line(line_);
  line_.clear();
  close_if_open(out_);
  return false;
}

void CopyProcess::close_pipes() {
  close_if_open(in_);
  close_if_open(out_);
  sent_ = pending_.size();
}

std::optional<int> CopyProcess::status(bool wait) {
  if (status_) return status_;
  int how = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(pid_, &how, wait ? 0 : WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return std::nullopt;
  ended_early_ = ended_early_ || in_ >= 0;
  status_ = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
  return status_;
}

void CopyProcess::send_signal(int signal) const {
  if (!status_ && pid_ > 0) kill(pid_, signal);
}

}  // namespace streamutils
