// generate: writes the events of an imaginary shop, either a fixed amount as fast as it can, or
// live.
//
//     generate --bytes 500M --seed 1 > shop.ndjson        the same bytes every time
//     generate --seconds 20 --rate 4000 --disorder 2s     what a busy shop would write just now
//
// Exit status: 0 done, 2 usage, 4 the output failed.  When the reader leaves it dies of SIGPIPE, as
// any filter does.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <thread>

#include "base/time.h"
#include "shop_events.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kBlock = 256 << 10;
constexpr std::chrono::milliseconds kTick{2};

struct Options {
  std::string purchases = "10%";
  std::string malformed = "0";
  std::string start;
  std::string disorder = "2s";
  std::uint64_t first = 0;
  std::uint64_t events = kUnlimited;
  std::uint64_t bytes = kUnlimited;
  double seconds = 0;  // 0: not live
  ShopOptions shop;
};

Result<double> parse_share(const std::string& text) {
  char* end = nullptr;
  double share = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '%') {
    share /= 100;
    ++end;
  }
  if (end == text.c_str() || *end != '\0' || !(share >= 0 && share <= 1)) {
    return Error{"not a share: \"" + text + "\" (expected 10% or 0.1)"};
  }
  return share;
}

Timestamp this_millisecond() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Result<Timestamp> start_time(const Options& options) {
  if (options.seconds > 0) return this_millisecond();
  const std::string text = options.start.empty() ? "2026-11-22T10:00:00Z" : options.start;
  const auto start = TimeParser().parse_string(text);
  if (!start) return Error{"--start: not a time: \"" + text + "\""};
  return *start;
}

// Fills options.shop from the words of the command line.
Status read_words(Options& options) {
  const auto purchases = parse_share(options.purchases);
  if (!purchases) return purchases.error();
  const auto malformed = parse_share(options.malformed);
  if (!malformed) return malformed.error();
  const auto disorder = parse_duration(options.disorder);
  if (!disorder) return disorder.error();
  if (*disorder < Duration::zero()) return Error{"--disorder: must not be negative"};
  const auto start = start_time(options);
  if (!start) return start.error();
  options.shop.purchases = *purchases;
  options.shop.malformed = *malformed;
  options.shop.disorder = *disorder;
  options.shop.start = *start;
  return {};
}

bool write_all(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

// Writes --events events, or as many as reach --bytes bytes.
bool write_fixed(const Options& options) {
  ShopEvents shop(options.shop);
  std::string block;
  block.reserve(kBlock + ShopEvents::kMaxLine);
  std::uint64_t written = 0;
  for (std::uint64_t i = 0; i < options.events && written + block.size() < options.bytes; ++i) {
    shop.append(block, options.first + i);
    if (block.size() < kBlock) continue;
    if (!write_all(block)) return false;
    written += block.size();
    block.clear();
  }
  return write_all(block);
}

// Writes each event when it is due.  A reader that was slow finds the events that became due
// meanwhile: their times are those at which they were due, so a stall shows as delay downstream.
bool write_live(const Options& options) {
  ShopEvents shop(options.shop);
  const auto total = static_cast<std::uint64_t>(options.seconds * options.shop.rate);
  std::uint64_t next = 0;
  std::string block;
  while (next < total) {
    const std::uint64_t due = std::min(total, shop.due_until(std::chrono::system_clock::now()));
    block.clear();
    while (next < due && block.size() < kBlock) shop.append(block, next++);
    if (!write_all(block)) return false;
    if (next == due) std::this_thread::sleep_for(kTick);
  }
  return true;
}

void declare(CLI::App& app, Options& options) {
  CLI::Option* events = app.add_option("--events", options.events, "Write this many events");
  CLI::Option* bytes = app.add_option("--bytes", options.bytes,
                                      "Write events until SIZE bytes are reached (500M, 1GiB)")
                           ->transform(CLI::AsSizeValue(true));
  CLI::Option* first =
      app.add_option("--first", options.first, "Number of the first event, to make a slice again");
  CLI::Option* start =
      app.add_option("--start", options.start, "Time of event 0 (default 2026-11-22T10:00:00Z)");
  app.add_option("--seconds", options.seconds,
                 "Live: write for this long, each event when it is due, with times of now")
      ->check(CLI::PositiveNumber)
      ->excludes(events)
      ->excludes(bytes)
      ->excludes(first)
      ->excludes(start);
  app.add_option("--rate", options.shop.rate,
                 "Events per second (of event time; live: also of ours)")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", options.shop.seed, "Other seeds give other events")
      ->capture_default_str();
  app.add_option("--disorder", options.disorder, "Events are out of order by less than this")
      ->capture_default_str();
  app.add_option("--purchases", options.purchases, "Share of purchases")->capture_default_str();
  app.add_option("--users", options.shop.users, "Number of users")
      ->check(CLI::Range(1u, std::numeric_limits<std::uint32_t>::max()))
      ->capture_default_str();
  app.add_option("--malformed", options.malformed,
                 "Share of damaged lines: cut off, not JSON, bad UTF-8, a time of the wrong type")
      ->capture_default_str();
}

int fail(int status, const std::string& message) {
  std::fprintf(stderr, "generate: %s\n", message.c_str());
  return status;
}

int run(int argc, char** argv) {
  CLI::App app("Writes the events of an imaginary shop as NDJSON.");
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.events == kUnlimited && options.bytes == kUnlimited && options.seconds == 0) {
    return fail(2, "say how much: --events N, --bytes SIZE or --seconds N");
  }
  if (const Status status = read_words(options); !status) return fail(2, status.error().message);
  std::signal(SIGPIPE, SIG_DFL);
  ::fcntl(STDOUT_FILENO, F_SETPIPE_SZ, 1 << 20);  // fails harmlessly on what is no pipe
  const bool written = options.seconds > 0 ? write_live(options) : write_fixed(options);
  if (!written) return fail(4, std::string("standard output: ") + std::strerror(errno));
  return 0;
}

}  // namespace
}  // namespace streamutils

int main(int argc, char** argv) { return streamutils::run(argc, argv); }
