// SPDX-License-Identifier: Apache-2.0
#include "run/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace streamutils {
namespace {

// The one place with state that is not handed around: a signal handler has no other way.
volatile std::sig_atomic_t ending = 0;
volatile std::sig_atomic_t statistics = 0;
volatile std::sig_atomic_t woken = 0;
int wake_pipe[2] = {-1, -1};

void wake() {
  const int saved = errno;
  woken = 1;
  [[maybe_unused]] const ssize_t n = write(wake_pipe[1], "", 1);
  errno = saved;
}

void on_ending(int signal) {
  if (ending != 0) return die_of(signal);
  ending = signal;
  wake();
}

void on_statistics(int) {
  statistics = 1;
  wake();
}

void install(int signal, void (*handler)(int)) {
  struct sigaction old {};
  sigaction(signal, nullptr, &old);
  if (old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers() {
  if (pipe2(wake_pipe, O_NONBLOCK | O_CLOEXEC) != 0) return;
  install(SIGINT, on_ending);
  install(SIGTERM, on_ending);
  install(SIGUSR1, on_statistics);
}

int signal_fd() { return wake_pipe[0]; }

int ending_signal() { return ending; }

bool take_statistics_request() {
  const bool asked = statistics != 0;
  statistics = 0;
  return asked;
}

bool take_wake_up() {
  if (woken == 0) return false;
  woken = 0;
  char bytes[16];
  while (read(wake_pipe[0], bytes, sizeof bytes) > 0) {
  }
  return true;
}

void die_of(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, nullptr);
  raise(signal);
}

}  // namespace streamutils
