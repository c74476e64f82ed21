// SPDX-License-Identifier: Apache-2.0
#include "run/commit.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace streamutils;

namespace {

const Commit kExample{.epoch = 7,
                      .complete = true,
                      .via = {"sread:1a", "!sfilter", "swindow:\"2b\""},
                      .output = "out \"1\".ndjson",
                      .several = true,
                      .files = {{"a", 100, UINT64_MAX}, {"b/\xc3\xa9", 0, 0}},
                      .lines = "swrite.7.out"};

// A new folder with empty files.
class Folder {
 public:
  explicit Folder(std::initializer_list<const char*> files) {
    std::string name = (std::filesystem::temp_directory_path() / "commit-XXXXXX").string();
    path = mkdtemp(name.data());
    for (const char* file : files) std::ofstream(path + "/" + file) << "x";
  }
  ~Folder() { std::filesystem::remove_all(path); }
  bool has(const char* file) const { return std::filesystem::exists(path + "/" + file); }
  std::string path;
};

}  // namespace

TEST_CASE("a COMMIT reads back as it was written, and no other bytes do") {
  const std::string text = encode_commit(kExample);
  auto commit = decode_commit(text);
  REQUIRE(commit);
  CHECK(*commit == kExample);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string other = text;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK_FALSE(decode_commit(other));
    CHECK_FALSE(decode_commit(text.substr(0, at)));
  }
}

TEST_CASE("a folder without COMMIT has none; one with damage is an error") {
  const Folder folder({});
  const CheckpointFolder checkpoints(folder.path);
  auto none = checkpoints.read_commit();
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  REQUIRE(checkpoints.write_commit(kExample));
  auto written = checkpoints.read_commit();
  REQUIRE(written);
  CHECK(*written == kExample);
  std::ofstream(folder.path + "/COMMIT") << "{\"commit\":1}\n";
  CHECK_FALSE(checkpoints.read_commit());
}

TEST_CASE("which files are of which epoch") {
  const Folder folder({"COMMIT", "sread.3", "sread.5", "a.b.4", "swrite.9.out", "swrite.open.out",
                       "sread.lock", "sdedup.12.new", ".hidden", "sread.x", "right.5"});
  const CheckpointFolder checkpoints(folder.path);
  CHECK(checkpoints.greatest_epoch() == 12);
  CHECK(checkpoints.next_epoch("sread", 0) == 3);
  CHECK(checkpoints.next_epoch("sread", 3) == 5);
  CHECK_FALSE(checkpoints.next_epoch("sread", 5));
  CHECK_FALSE(checkpoints.next_epoch("swrite", 0));
  CHECK_FALSE(checkpoints.next_epoch("sdedup", 0));
  checkpoints.remove_below(5);
  for (const char* gone : {"sread.3", "a.b.4"}) CHECK_FALSE(folder.has(gone));
  for (const char* kept : {"COMMIT", "sread.5", "right.5", "swrite.9.out", "swrite.open.out"}) {
    CHECK(folder.has(kept));
  }
}
