// SPDX-License-Identifier: Apache-2.0
#include "run/line_writer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

using namespace streamutils;

TEST_CASE("what is written comes out in order, whatever the sizes of blocks and writes") {
  for (const std::size_t block : {1, 2, 5, 16, 1000}) {
    for (const std::size_t most : {1, 3, 1000}) {
      std::string written;
      LineWriter writer(
          [&](const char* data, std::size_t size) {
            const std::size_t n = std::min(size, most);
            written.append(data, n);
            return static_cast<std::ptrdiff_t>(n);
          },
          block);
      std::string expected;
      for (const char* line : {"a", "", "four", "a line longer than most blocks", "b"}) {
        writer.write(line);
        (expected += line) += '\n';
      }
      writer.flush();
      CAPTURE(block, most);
      CHECK(written == expected);
      CHECK(writer.error() == 0);
    }
  }
}

TEST_CASE("nothing is written before the block is full or somebody flushes") {
  std::size_t calls = 0;
  LineWriter writer(
      [&](const char*, std::size_t size) {
        ++calls;
        return static_cast<std::ptrdiff_t>(size);
      },
      100);
  for (int i = 0; i < 9; ++i) writer.write("ten bytes");
  CHECK(calls == 0);
  writer.flush();
  CHECK(calls == 1);
  writer.flush();
  CHECK(calls == 1);
}

TEST_CASE("an interrupted write is tried again; after an error nothing more is written") {
  std::size_t calls = 0;
  LineWriter writer(
      [&](const char*, std::size_t) -> std::ptrdiff_t {
        errno = ++calls == 1 ? EINTR : ENOSPC;
        return -1;
      },
      16);
  writer.write("a");
  writer.flush();
  CHECK(calls == 2);
  CHECK(writer.error() == ENOSPC);
  writer.write("a line longer than the block");
  writer.flush();
  CHECK(calls == 2);
  CHECK(writer.error() == ENOSPC);
}
