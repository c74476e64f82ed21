// demo_view: the live view of scripts/demo.
//
//     demo_view SECONDS PIPELINE EVENTS PURCHASES MALFORMED < windows
//
// The three files are named pipes that carry copies (tee) of what flows between the stages of the
// pipeline, so the view counts the events themselves and shows nothing that was not really there.
// It ends when the windows end.  Written for a terminal; puts it back as it was, also on SIGINT.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "demo_screen.h"
#include "json/record.h"
#include "line_feed.h"

namespace streamutils {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFrame{100};
constexpr std::size_t kKeptRows = 64;
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";

volatile std::sig_atomic_t g_signal = 0;  // a signal handler can reach nothing else

void write_terminal(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

ScreenSize terminal_size() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

// "2026-11-22T10:00:00Z", with quotes, -> "10:00:00"; anything else as it is.
std::string time_of_day(Value time) {
  const std::string_view raw = time.raw();
  return std::string(time.is(Kind::string) && raw.size() > 20 ? raw.substr(12, 8) : raw);
}

class View {
 public:
  View(double seconds, std::string pipeline) {
    numbers_.planned = seconds;
    numbers_.pipeline = std::move(pipeline);
  }

  void on_event() { ++numbers_.events; }
  void on_malformed() { ++numbers_.malformed; }

  void on_purchase(std::string_view line) {
    record_.reset(line);
    ++numbers_.purchases;
    const Value amount = record_.member("amount");
    if (amount.is(Kind::number) && total_.add(amount.raw())) ++amounts_;
  }

  void on_window(std::string_view line) {
    record_.reset(line);
    ++numbers_.windows;
    const auto average = to_double(record_.member("avg_amount").raw());
    char text[32] = "-";
    if (average) std::snprintf(text, sizeof text, "%.2f", *average);
    numbers_.rows.push_back({time_of_day(record_.member("window_start")),
                             time_of_day(record_.member("window_end")),
                             std::string(record_.member("count").raw()), text});
    if (numbers_.rows.size() > kKeptRows) numbers_.rows.pop_front();
  }

  void show() {
    const std::chrono::duration<double> elapsed = Clock::now() - begin_;
    numbers_.elapsed = std::min(elapsed.count(), numbers_.planned);
    numbers_.events_per_second =
        static_cast<double>(numbers_.events) / std::max(elapsed.count(), 0.1);
    numbers_.average = total_.divided_by(amounts_);
    const auto lines = picture(numbers_, terminal_size());
    write_terminal(paint(lines, painted_));
    painted_ = lines.size();
  }

 private:
  DemoNumbers numbers_;
  Record record_;
  ExactSum total_;  // of the amounts seen
  std::uint64_t amounts_ = 0;
  Clock::time_point begin_ = Clock::now();
  std::size_t painted_ = 0;
};

// Waits for lines, at most for `patience`, and hands them to the view.  False if none came.
bool read_some(std::array<LineFeed, 4>& feeds, std::chrono::milliseconds patience, View& view) {
  auto& [windows, events, purchases, malformed] = feeds;
  std::array<pollfd, 4> fds;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    fds[i] = {feeds[i].is_open() ? feeds[i].fd() : -1, POLLIN, 0};
  }
  if (::poll(fds.data(), fds.size(), static_cast<int>(patience.count())) <= 0) return false;
  if (fds[0].revents) windows.read_lines([&](std::string_view line) { view.on_window(line); });
  if (fds[1].revents) events.read_lines([&](std::string_view) { view.on_event(); });
  if (fds[2].revents) purchases.read_lines([&](std::string_view line) { view.on_purchase(line); });
  if (fds[3].revents) malformed.read_lines([&](std::string_view) { view.on_malformed(); });
  return true;
}

void watch(std::array<LineFeed, 4>& feeds, View& view) {
  auto next_frame = Clock::now();
  while (g_signal == 0 && feeds[0].is_open()) {
    read_some(feeds, kFrame, view);
    if (Clock::now() < next_frame) continue;
    view.show();
    next_frame = Clock::now() + kFrame;
  }
  // The windows end last, so whatever the other pipes carried waits in them now.
  while (g_signal == 0 && read_some(feeds, std::chrono::milliseconds(0), view)) continue;
  view.show();
}

int open_pipe(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    std::fprintf(stderr, "demo_view: %s: %s\n", path, std::strerror(errno));
    std::exit(4);
  }
  return fd;
}

void catch_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    action.sa_handler = [](int number) { g_signal = number; };
    ::sigaction(signal, &action, nullptr);
  }
}

int run(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: demo_view SECONDS PIPELINE EVENTS PURCHASES MALFORMED < windows\n", stderr);
    return 2;
  }
  View view(std::atof(argv[1]), argv[2]);
  std::array<LineFeed, 4> feeds = {LineFeed(STDIN_FILENO), LineFeed(open_pipe(argv[3])),
                                   LineFeed(open_pipe(argv[4])), LineFeed(open_pipe(argv[5]))};
  catch_signals();
  write_terminal(kHideCursor);
  watch(feeds, view);
  write_terminal(kShowCursor);
  if (g_signal == 0) return 0;
  std::signal(g_signal, SIG_DFL);
  return std::raise(g_signal);
}

}  // namespace
}  // namespace streamutils

int main(int argc, char** argv) { return streamutils::run(argc, argv); }
