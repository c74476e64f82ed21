// SPDX-License-Identifier: Apache-2.0
#include "run/exec.h"

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "json/writer.h"
#include "run/signals.h"

extern char** environ;

namespace streamutils {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 5ms;  // how often a child that runs is asked whether it has ended
constexpr Duration kLongestLook = 100ms;
constexpr Duration kLongestWait = 1min;

// The line as a file to read from its start; -1 on failure.
int as_file(std::string_view line) {
  const int fd = memfd_create("event", MFD_CLOEXEC);
  if (fd < 0) return -1;
  const std::string text = std::string(line) + '\n';
  const bool whole = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (whole && lseek(fd, 0, SEEK_SET) == 0) return fd;
  close(fd);
  return -1;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("died of signal {}", WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
    } else {
      word += c;
    }
  }
  if (quote != 0) return Error{fmt::format("a {} without its end", quote)};
  if (in_word) words.push_back(std::move(word));
  if (words.empty() || words[0].empty()) return Error{"a command is expected"};
  return words;
}

Result<Duration> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  double n = 0;
  const char* end = text.data() + std::min(slash, text.size());
  const auto [rest, error] = std::from_chars(text.data(), end, n);
  const std::string_view unit = slash == text.npos ? "" : text.substr(slash + 1);
  const Duration of = unit == "s" ? Duration(1s) : unit == "m" ? Duration(1min) : Duration(1h);
  if (error != std::errc() || rest != end || !(n > 0) ||
      (unit != "s" && unit != "m" && unit != "h"))
    return Error{fmt::format("not a rate: {} (expected 10/s, 600/m or 1/h)", quote(text))};
  return Duration(static_cast<std::int64_t>(static_cast<double>(of.count()) / n));
}

std::string variable_of(std::string_view path) {
  std::string name = "EVENT_";
  for (const char c : path) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    name += plain ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : '_';
  }
  return name;
}

Exec::Exec(std::shared_ptr<const ExecOptions> options, Sink* dead, Say say)
    : options_(std::move(options)), dead_(dead), say_(std::move(say)), slots_(options_->parallel) {}

Exec::~Exec() = default;

void Exec::write(std::string_view line) {
  Slot* slot = free_slot();
  while (slot == nullptr) {
    if (ending_signal() != 0) finish();
    const Duration next = tick();
    slot = free_slot();
    if (slot == nullptr) sleep(next);
  }
  *slot = {};
  slot->line = line;
  slot->number = given_++;
  slot->busy = true;
  tick();
}

Exec::Slot* Exec::free_slot() {
  const auto free = std::find_if(slots_.begin(), slots_.end(), [](Slot& s) { return !s.busy; });
  return free == slots_.end() ? nullptr : &*free;
}

Duration Exec::tick() {
  Duration next = Duration::max();
  for (Slot& slot : slots_) {
    if (slot.child >= 0) reap(slot);
    if (!slot.busy) continue;
    const Clock::time_point due = std::max(slot.due, next_start_);
    if (slot.child < 0 && starts_ && due <= Clock::now()) start(slot);
    if (slot.child >= 0) {
      next = std::min(next, kLook);
    } else if (slot.busy && starts_) {
      next = std::min<Duration>(next, std::max(slot.due, next_start_) - Clock::now());
    }
  }
  return std::max(next, Duration::zero());
}

void Exec::start(Slot& slot) {
  ++slot.tries;
  next_start_ = Clock::now() + options_->interval;
  const int in = as_file(slot.line);
  if (in < 0) return on_failure(slot, std::strerror(errno));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  std::vector<std::string> words = options_->words;
  std::vector<std::string> environment = environment_of(slot.line);
  const int error = posix_spawnp(&slot.child, words[0].c_str(), &actions, nullptr,
                                 pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  close(in);
  if (error == 0) return;
  slot.child = -1;
  on_failure(slot, fmt::format("{}: {}", words[0], std::strerror(error)));
}

void Exec::reap(Slot& slot) {
  int status = 0;
  const pid_t ended = waitpid(slot.child, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return;
  slot.child = -1;
  if (ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    slot.busy = false;
  } else {
    on_failure(slot, how_it_ended(status));
  }
}

void Exec::on_failure(Slot& slot, std::string reason) {
  if (slot.tries > options_->retries) return give_up(slot, reason);
  Duration wait = options_->wait;
  for (std::uint64_t i = 1; i < slot.tries && wait < kLongestWait; ++i) wait *= 2;
  slot.due = Clock::now() + std::min(wait, std::max<Duration>(kLongestWait, options_->wait));
}

void Exec::give_up(Slot& slot, const std::string& reason) {
  slot.busy = false;
  if (failed_++ == 0) {
    const std::string times = slot.tries > 1 ? fmt::format(" {} times", slot.tries) : "";
    say_(fmt::format("the command has failed{}: {}; the event {}", times, reason,
                     dead_ != nullptr ? "goes to --dead-to" : "is given up (--dead-to keeps it)"));
  }
  if (dead_ == nullptr) return;
  std::string line;
  JsonWriter writer(line);
  writer.begin_object().name("reason").string(reason).name("tries").unsigned_integer(slot.tries);
  writer.name("event").raw(slot.line).end_object();
  dead_->write(line);
}

std::vector<std::string> Exec::environment_of(const std::string& line) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "EVENT_", 6) != 0) all.emplace_back(*variable);
  }
  const std::string padded = line + std::string(Record::kPadding, '\0');
  record_.reset(std::string_view(padded).substr(0, line.size()));
  std::string scratch;
  for (const Path& path : options_->env) {
    const Value value = record_.get(path);
    if (!value.exists() || value.is(Kind::null)) continue;
    std::string text(value.is(Kind::string) ? value.text(scratch) : value.raw());
    text.erase(std::remove(text.begin(), text.end(), '\0'), text.end());
    all.push_back(variable_of(path.text()) + "=" + text);
  }
  record_.reset({});
  return all;
}

void Exec::finish() {
  while (true) {
    const Duration next = tick();
    if (next == Duration::max()) return;
    if (ending_signal() != 0) {
      for (Slot& slot : slots_) {
        if (slot.busy && slot.child < 0) give_up(slot, "interrupted");
      }
    }
    sleep(next);
  }
}

bool Exec::is_idle() const {
  return std::none_of(slots_.begin(), slots_.end(), [this](const Slot& slot) {
    return slot.child >= 0 || (slot.busy && starts_);
  });
}

std::uint64_t Exec::done() const {
  std::uint64_t done = given_;
  for (const Slot& slot : slots_) {
    if (slot.busy) done = std::min(done, slot.number);
  }
  return done;
}

void Exec::wait() { sleep(std::min<Duration>(tick(), kLongestLook)); }

void Exec::sleep(Duration d) {
  pollfd fd{signal_fd(), POLLIN, 0};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(d);
  const timespec timeout{seconds.count(), (d - seconds).count()};
  // A signal that the loop has not taken yet must not make this wait spin.
  if (ending_signal() != 0) {
    nanosleep(&timeout, nullptr);
  } else {
    ppoll(&fd, 1, &timeout, nullptr);
  }
}

}  // namespace streamutils
