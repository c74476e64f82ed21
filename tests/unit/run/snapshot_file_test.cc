// SPDX-License-Identifier: Apache-2.0
#include "run/snapshot_file.h"

#include <catch2/catch.hpp>
#include <string>

using namespace streamutils;

namespace {

SnapshotHeader example_header() {
  SnapshotHeader header{.tool = "sdedup",
                        .options = "sdedup --within=1h 'a b'",
                        .epoch = 7,
                        .complete = false,
                        .inputs = {}};
  header.watermark = "2026-11-22T10:00:05Z";
  header.hash_seed = "00ff";
  header.inputs.push_back({"-", std::nullopt, 100, 3});
  header.inputs.push_back({"a \"log\"", FileIdentity{2049, UINT64_MAX, 90, 0xFFFFFFFF}, 90, 2});
  return header;
}

std::string example() {
  std::string text;
  SnapshotFileWriter writer([&](std::string_view bytes) { text += bytes; });
  writer.header(example_header());
  writer.entries("{\"entry\":\"driver\",\"n\":1}\n");
  writer.entries("{\"entry\":\"key\",\"text\":\"{\\\"end\\\":true\"}\n");
  writer.finish({{"bad", 12}, {"late", 0, true}});
  return text;
}

}  // namespace

TEST_CASE("a snapshot file reads back as it was written") {
  const std::string text = example();
  auto content = read_snapshot_file(text);
  REQUIRE(content);
  CHECK(content->header.tool == "sdedup");
  CHECK(content->header.options == "sdedup --within=1h 'a b'");
  CHECK(content->header.epoch == 7);
  CHECK_FALSE(content->header.complete);
  CHECK(content->header.inputs == example_header().inputs);
  CHECK(content->header.watermark == "2026-11-22T10:00:05Z");
  CHECK(content->header.time_style.empty());
  CHECK(content->header.hash_seed == "00ff");
  CHECK(content->entries ==
        "{\"entry\":\"driver\",\"n\":1}\n{\"entry\":\"key\",\"text\":\"{\\\"end\\\":true\"}\n");
  CHECK(content->side_files == std::vector<FileLength>{{"bad", 12}, {"late", 0, true}});
}

TEST_CASE("every prefix of a snapshot file is refused") {
  const std::string text = example();
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(read_snapshot_file(std::string_view(text).substr(0, size)));
  }
}

TEST_CASE("a snapshot file with any byte changed, added or missing is refused") {
  const std::string text = example();
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int change = 1; change < 256; ++change) {
      std::string other = text;
      other[at] = static_cast<char>(other[at] ^ change);
      accepted += read_snapshot_file(other) ? 1 : 0;
    }
    std::string longer = text;
    longer.insert(at, 1, '\n');
    std::string shorter = text;
    shorter.erase(at, 1);
    accepted += (read_snapshot_file(longer) ? 1 : 0) + (read_snapshot_file(shorter) ? 1 : 0);
  }
  CHECK(accepted == 0);
  CHECK_FALSE(read_snapshot_file(text + "\n"));
  CHECK_FALSE(read_snapshot_file(text + text));
}

TEST_CASE("what a refusal says") {
  const std::string text = example();
  auto reason = [](const std::string& bytes) { return read_snapshot_file(bytes).error().message; };
  CHECK(reason("") == "is empty: writing it was interrupted");
  CHECK(reason(text.substr(0, 5)) ==
        "is cut short: its end is missing, so writing it was interrupted");
  CHECK(reason(text.substr(0, text.size() - 1)) ==
        "is cut short: its end is missing, so writing it was interrupted");
  CHECK(reason("hello\nworld\n") == "is no snapshot of streamutils");
  CHECK(reason("{\"snapshot\":3}\n") ==
        "was written by a newer version of streamutils: its format is 3, and this one reads 2");
  CHECK(reason("{\"snapshot\":1}\n") ==
        "was written by an older version of streamutils: its format is 1, and this one reads 2");
}

TEST_CASE("a snapshot fits the tool and the options that made it") {
  const SnapshotHeader header = example_header();
  CHECK(check_fits(header, "sdedup", "sdedup --within=1h 'a b'"));
  CHECK(check_fits(header, "swindow", "swindow").error().message ==
        "is the state of sdedup, and this is swindow");
  CHECK(check_fits(header, "sdedup", "sdedup c").error().message ==
        "is the state of `sdedup --within=1h 'a b'`, and this is `sdedup c`: go on with the same, "
        "or begin anew with another file");
}
