// SPDX-License-Identifier: Apache-2.0
#include "stream/snapshot.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

using namespace streamutils;

namespace {

std::string example() {
  SnapshotWriter out;
  out.entry("first")
      .field("text", "a\"\n\xc3\xa9")
      .field("least", INT64_MIN)
      .field("most", UINT64_MAX);
  out.field("yes", true)
      .field("never", kMinTime)
      .field("always", kMaxTime)
      .json("raw", R"({"a":[1,2.50]})");
  out.entry("second").field("n", std::int64_t{-1});
  return out.take();
}

}  // namespace

TEST_CASE("a snapshot is lines of JSON, and reads back as it was written") {
  const std::string lines = example();
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  SnapshotReader in(lines);
  CHECK_FALSE(in.next_is("second"));
  REQUIRE(in.next_is("first"));
  CHECK(in.text("text") == "a\"\n\xc3\xa9");
  CHECK(in.integer("least") == INT64_MIN);
  CHECK(in.unsigned_integer("most") == UINT64_MAX);
  CHECK(in.boolean("yes"));
  CHECK(in.time("never") == kMinTime);
  CHECK(in.time("always") == kMaxTime);
  CHECK(in.json("raw").raw() == R"({"a":[1,2.50]})");
  CHECK_FALSE(in.json("none").exists());
  REQUIRE(in.next());
  CHECK(in.kind() == "second");
  CHECK_FALSE(in.next());
  CHECK(in.status().ok());
}

TEST_CASE("a field that is missing or of another type is an error that stays") {
  const auto fails = [](auto read) {
    SnapshotReader in(example());
    REQUIRE(in.next());
    read(in);
    CHECK_FALSE(in.status().ok());
    CHECK_FALSE(in.next());
  };
  fails([](SnapshotReader& in) { in.text("none"); });
  fails([](SnapshotReader& in) { in.text("least"); });
  fails([](SnapshotReader& in) { in.integer("text"); });
  fails([](SnapshotReader& in) { in.integer("most"); });
  fails([](SnapshotReader& in) { in.unsigned_integer("least"); });
  fails([](SnapshotReader& in) { in.boolean("text"); });
  fails([](SnapshotReader& in) { in.time("yes"); });
}

TEST_CASE("every prefix of a snapshot that cuts a line is refused") {
  const std::string lines = example();
  for (std::size_t size = 0; size < lines.size(); ++size) {
    SnapshotReader in(lines.substr(0, size));
    while (in.next()) {
    }
    CAPTURE(size);
    const bool between_lines = size == 0 || lines[size - 1] == '\n';
    CHECK(in.status().ok() == between_lines);
  }
}
