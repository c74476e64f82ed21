// SPDX-License-Identifier: Apache-2.0
#include "run/line_reader.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

using namespace streamutils;

namespace {

// What came out, one text for each line: "offset:line", with "!" for one that is too long and "~"
// for the rest without a line end.
using Events = std::vector<std::string>;

std::string event(const char* mark, std::uint64_t offset, std::string_view text) {
  return mark + std::to_string(offset) + ":" + std::string(text.substr(0, 20));
}

Events read_all(std::string_view bytes, std::size_t chunk, std::size_t max_line,
                std::size_t block) {
  auto read = [&](char* buffer, std::size_t size) {
    const std::size_t n = std::min({size, chunk, bytes.size()});
    std::memcpy(buffer, bytes.data(), n);
    bytes.remove_prefix(n);
    return static_cast<std::ptrdiff_t>(n);
  };
  LineReader reader(read, max_line, block);
  Events events;
  while (true) {
    if (const std::string_view lines = reader.lines(); !lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      events.push_back(event(line.size() > max_line ? "!" : "", reader.offset(), line));
      reader.consume(line.size() + 1);
    } else if (!reader.too_long().empty()) {
      events.push_back(event("!", reader.too_long_offset(), reader.too_long()));
      reader.consume_too_long();
    } else if (reader.refill() == LineReader::State::end) {
      if (!reader.rest().empty()) events.push_back(event("~", reader.offset(), reader.rest()));
      return events;
    }
  }
}

// The same, the slow and plain way.
Events reference(std::string_view bytes, std::size_t max_line) {
  Events events;
  std::uint64_t offset = 0;
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view line = bytes.substr(0, newline);
    const bool too_long = line.size() > max_line;
    events.push_back(event(too_long ? "!" : newline == bytes.npos ? "~" : "", offset, line));
    const std::size_t step = newline == bytes.npos ? bytes.size() : newline + 1;
    offset += step;
    bytes.remove_prefix(step);
  }
  return events;
}

}  // namespace

TEST_CASE("lines come out whole, however the bytes come in") {
  const std::string x(200, 'x');
  const std::string inputs[] = {"",
                                "\n",
                                "a",
                                "a\n",
                                "a\n\nb",
                                "one\ntwo\nthree\n",
                                x,
                                x + "\n",
                                "a\n" + x + "\nb\n",
                                x + "\n" + x + "\n" + x,
                                std::string("\0\n\0", 3),
                                "a\r\nb\r\n"};
  for (const std::string& input : inputs) {
    for (const std::size_t chunk : {1, 2, 3, 7, 16, 1000}) {
      for (const std::size_t block : {1, 2, 16, 1000}) {
        for (const std::size_t max_line : {64, 199, 200, 1000}) {
          CAPTURE(input, chunk, block, max_line);
          CHECK(read_all(input, chunk, max_line, block) == reference(input, max_line));
        }
      }
    }
  }
}

TEST_CASE("the bytes behind a block are readable") {
  const std::string_view input = "{\"a\":1}\n{\"b\":2}";
  bool done = false;
  LineReader reader(
      [&](char* buffer, std::size_t) -> std::ptrdiff_t {
        if (std::exchange(done, true)) return 0;
        std::memcpy(buffer, input.data(), input.size());
        return static_cast<std::ptrdiff_t>(input.size());
      },
      1000, input.size());
  REQUIRE(reader.refill() == LineReader::State::open);
  const char* end = reader.lines().data() + reader.lines().size();
  std::size_t sum = 0;
  for (std::size_t i = 0; i < LineReader::kPadding; ++i) sum += static_cast<unsigned char>(end[i]);
  CHECK(sum > 0);
}

TEST_CASE("an error of reading is told") {
  LineReader reader(
      [](char*, std::size_t) -> std::ptrdiff_t {
        errno = EIO;
        return -1;
      },
      100);
  CHECK(reader.refill() == LineReader::State::error);
  CHECK(errno == EIO);
}
