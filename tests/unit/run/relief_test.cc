// What fills a pipe that nobody reads goes into its spill, in order, as far as that holds it.
// SPDX-License-Identifier: Apache-2.0
#include "run/relief.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

namespace streamutils {
namespace {

constexpr std::size_t kPipe = 64 << 10;

// A pipe whose ends do not wait.
class TestPipe {
 public:
  TestPipe() {
    REQUIRE(pipe2(ends_, O_NONBLOCK | O_CLOEXEC) == 0);
    REQUIRE(fcntl(ends_[1], F_SETPIPE_SZ, kPipe) == kPipe);
  }
  ~TestPipe() {
    for (const int end : ends_) close(end);
  }
  TestPipe(const TestPipe&) = delete;
  TestPipe& operator=(const TestPipe&) = delete;

  int reader() const { return ends_[0]; }
  // How many of the bytes it took.
  std::size_t write(std::string_view bytes) const {
    const ssize_t n = ::write(ends_[1], bytes.data(), bytes.size());
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  std::string read_all() const {
    std::string all(kPipe, '\0');
    const ssize_t n = ::read(ends_[0], all.data(), all.size());
    all.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return all;
  }

 private:
  int ends_[2];
};

std::string taken_from(Spill& spill) {
  std::string all(static_cast<std::size_t>(spill.size()), '\0');
  spill.take(all.data(), all.size());
  return all;
}

struct Fixture {
  explicit Fixture(std::uint64_t limit) : spill(std::make_shared<Spill>(limit)) {
    relief.add("ahead", pipe.reader(), spill);
    relief.add("behind", other.reader(), std::make_shared<Spill>(limit));
  }

  TestPipe pipe;
  TestPipe other;
  std::vector<std::string> said;
  Relief relief{[this](std::string_view message) { said.emplace_back(message); }};
  std::shared_ptr<Spill> spill;
};

TEST_CASE("a pipe that is less than half full is left alone") {
  Fixture f(1 << 20);
  f.pipe.write(std::string(kPipe / 2 - 1, 'x'));
  REQUIRE(f.relief.run(1));
  CHECK(f.spill->empty());
}

TEST_CASE("what fills a pipe is kept in order, round after round") {
  Fixture f(1 << 20);
  std::string written;
  char next = 'a';
  for (int round = 0; round < 8; ++round) {
    std::string bytes(kPipe * 3 / 4, '\0');
    for (char& c : bytes) c = next = static_cast<char>(next == 'z' ? 'a' : next + 1);
    REQUIRE(f.pipe.write(bytes) == bytes.size());
    written += bytes;
    REQUIRE(f.relief.run(1));
    CHECK(f.spill->size() == written.size());
  }
  f.pipe.write("end");
  CHECK(taken_from(*f.spill) + f.pipe.read_all() == written + "end");
  CHECK(f.said.empty());
}

TEST_CASE("the input that is waited for is left alone") {
  Fixture f(1 << 20);
  f.pipe.write(std::string(kPipe, 'x'));
  REQUIRE(f.relief.run(0));
  CHECK(f.spill->empty());
}

TEST_CASE("a spill that is full is said once, and the pipe keeps the rest") {
  Fixture f(1);
  f.pipe.write(std::string(kPipe, 'x'));
  REQUIRE(f.relief.run(1));
  const std::uint64_t kept = f.spill->size();
  CHECK(kept > 0);
  f.pipe.write(std::string(kPipe, 'x'));
  for (int i = 0; i < 3; ++i) REQUIRE(f.relief.run(1));
  CHECK(f.spill->size() == kept);
  REQUIRE(f.said.size() == 1);
  CHECK(f.said[0] == "ahead is further ahead than --max-spill holds: it waits for behind");
}

TEST_CASE("relief is asked for soon while a writer is held up, and seldom else") {
  Fixture f(1 << 20);
  f.pipe.write(std::string(kPipe, 'x'));
  REQUIRE(f.relief.run(1));
  const Duration busy = f.relief.pause();
  for (int i = 0; i < 10; ++i) REQUIRE(f.relief.run(1));
  CHECK(f.relief.pause() > busy);
  Relief alone([](std::string_view) {});
  alone.add("only", f.pipe.reader(), f.spill);
  CHECK(alone.pause() == Duration::max());
}

}  // namespace
}  // namespace streamutils
