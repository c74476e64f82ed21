// SPDX-License-Identifier: Apache-2.0
#include "stream/snapshot.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "stream/row_text.h"
#include "stream/snapshot_bytes.h"

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

TEST_CASE("rows are values without names, and read back by their places") {
  SnapshotWriter out;
  out.entry("rows").field("n", std::int64_t{2});
  out.row().put_json(R"("a",-9223372036854775808,18446744073709551615,["x"])");
  out.row();
  out.entry("behind");
  const std::string lines = out.take();
  CHECK(lines.ends_with("]\n[]\n{\"entry\":\"behind\"}\n"));
  SnapshotReader in(lines);
  CHECK_FALSE(in.next_row());
  REQUIRE(in.next_is("rows"));
  REQUIRE(in.next_row());
  CHECK(in.row_size() == 4);
  CHECK(in.text(std::size_t{0}) == "a");
  CHECK(in.integer(1) == INT64_MIN);
  CHECK(in.unsigned_integer(2) == UINT64_MAX);
  CHECK(in.json(3).raw() == R"(["x"])");
  CHECK_FALSE(in.json(4).exists());
  REQUIRE(in.next_row());
  CHECK(in.row_size() == 0);
  CHECK_FALSE(in.next_row());
  CHECK(in.next_is("behind"));
  CHECK(in.status().ok());
}

TEST_CASE("a row that is damaged, or lacks a value, is an error that stays") {
  for (const char* row : {"[", "[1", "[1,]", "[,1]", "[1]]", "[\"a]", "[01]", "[1 2]"}) {
    CAPTURE(row);
    SnapshotReader in(std::string(row) + "\n");
    CHECK_FALSE(in.next_row());
    CHECK_FALSE(in.status().ok());
  }
  SnapshotReader in("[1]\n");
  REQUIRE(in.next_row());
  CHECK(in.integer(1) == 0);
  CHECK_FALSE(in.status().ok());
}

TEST_CASE("the values of a row read back as they were put") {
  const std::string long_text(300, '"');
  SnapshotWriter out;
  RowText& row = out.row();
  row.put("a\"\\b");
  row.put(INT64_MIN);
  row.put(UINT64_MAX);
  row.put_null();
  row.put("\n\xc3\xa9");
  row.put_json("[1]");
  row.put(long_text);
  SnapshotReader in(out.take());
  REQUIRE(in.next_row());
  REQUIRE(in.row_size() == 7);
  CHECK(in.text(std::size_t{0}) == "a\"\\b");
  CHECK(in.integer(1) == INT64_MIN);
  CHECK(in.unsigned_integer(2) == UINT64_MAX);
  CHECK(in.json(3).is(Kind::null));
  CHECK(in.text(4) == "\n\xc3\xa9");
  CHECK(in.json(5).raw() == "[1]");
  CHECK(in.text(6) == long_text);
  CHECK(in.status().ok());
}

TEST_CASE("bytes of a row read back as they were, and are the text of JSON where they are text") {
  std::string all;
  for (int byte = 0; byte < 0x80; ++byte) all += static_cast<char>(byte);
  for (const std::string& bytes :
       {std::string(), std::string("plain"), std::string(R"({"k":"a\"b"})"), std::string("\\"),
        std::string(70, '"'), std::string("a\x1f"), std::string("\x7f\""),
        std::string("\xc3\xa9\""), std::string("\xff\""), all}) {
    CAPTURE(bytes);
    SnapshotWriter out;
    save_bytes(out.row(), bytes);
    const std::string row = out.take();
    std::string text;
    append_json_string(text, bytes);
    if (bytes.find('\xff') == std::string::npos) CHECK(row == "[" + text + "]\n");
    SnapshotReader in(row);
    REQUIRE(in.next_row());
    CHECK(restore_bytes(in, std::size_t{0}) == bytes);
    CHECK(in.status().ok());
  }
}
