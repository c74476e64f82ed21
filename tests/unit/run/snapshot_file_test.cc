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
                        .after = {},
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

// What has changed up to this epoch.
std::string changes(std::uint64_t epoch, std::uint64_t after) {
  SnapshotHeader header = example_header();
  header.epoch = epoch;
  header.after = after;
  header.inputs[0].offset = 100 * epoch;
  std::string text;
  SnapshotFileWriter writer([&](std::string_view bytes) { text += bytes; });
  writer.header(header);
  writer.entries("{\"entry\":\"of\",\"epoch\":" + std::to_string(epoch) + "}\n");
  writer.finish({{"bad", 12 + epoch}});
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

TEST_CASE("changes go on from what stands in front of them") {
  const std::string first = example();
  const std::string text = first + changes(8, 7) + changes(11, 8);
  const auto all = read_snapshot_file(text);
  REQUIRE(all);
  CHECK(all->header.epoch == 11);
  CHECK(all->header.inputs[0].offset == 1100);
  CHECK(all->entries == read_snapshot_file(first)->entries + R"({"entry":"of","epoch":8})"
                                                             "\n"
                                                             R"({"entry":"of","epoch":11})"
                                                             "\n");
  CHECK(all->side_files == std::vector<FileLength>{{"bad", 23}});
  CHECK(read_snapshot_file(text, 7)->entries == read_snapshot_file(first)->entries);
  CHECK(read_snapshot_file(text, 8)->header.epoch == 8);
  CHECK_FALSE(read_snapshot_file(text, 10));
  CHECK(read_snapshot_file(first, 8).error().message ==
        "is cut short: it ends in front of epoch 8");
}

TEST_CASE("changes that go on from something else are refused") {
  CHECK_FALSE(read_snapshot_file(changes(8, 7)));
  CHECK_FALSE(read_snapshot_file(example() + changes(9, 8)));
  CHECK_FALSE(read_snapshot_file(example() + changes(8, 7) + changes(9, 7)));
  CHECK_FALSE(read_snapshot_file(example() + example(), 8));
  CHECK(read_snapshot_file(example() + changes(9, 8)).error().message ==
        "is damaged: what stands behind epoch 7 does not go on from it");
}

TEST_CASE("damage is seen up to the epoch that is wanted, and not looked for behind it") {
  const std::string first = example();
  const std::string text = first + changes(8, 7);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    const std::string_view prefix = std::string_view(text).substr(0, size);
    CHECK_FALSE(read_snapshot_file(prefix, 8));
    CHECK(bool(read_snapshot_file(prefix, 7)) == (size >= first.size()));
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string other = text;
    other[at] = static_cast<char>(other[at] ^ 1);
    CAPTURE(at);
    CHECK_FALSE(read_snapshot_file(other, 8));
    CHECK(bool(read_snapshot_file(other, 7)) == (at >= first.size()));
  }
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
  CHECK(reason("{\"snapshot\":5}\n") ==
        "was written by a newer version of streamutils: its format is 5, and this one reads 4");
  CHECK(reason("{\"snapshot\":2}\n") ==
        "was written by an older version of streamutils: its format is 2, and this one reads 4");
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
