// SPDX-License-Identifier: Apache-2.0
#include "run/staged_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "run/committed_files.h"
#include "run/durable_file.h"

using namespace streamutils;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "staged-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Names that a header of JSON has to escape, or that look like one.
const std::string kNames[] = {"a", "deep/er/b", "quote\"\\", "\xc3\xa9", "{\"file\":\"a\"", "\xff"};

Commit commit_of(std::vector<CommittedFile> files) {
  Commit commit;
  commit.several = true;
  commit.files = std::move(files);
  return commit;
}

}  // namespace

TEST_CASE("staged lines come to the files of their names, in order, however often it is begun") {
  const std::size_t gathers = GENERATE(1, 100, 1 << 20);
  CAPTURE(gathers);
  const Folder folder;
  StagedFiles staged(folder.file("open"), gathers);
  REQUIRE(staged.open());
  std::map<std::string, std::string> expected;
  std::map<std::string, std::uint64_t> before;
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (int n = 0; n < 50; ++n) {
      const std::string name = folder.file(kNames[n * n % std::size(kNames)]);
      const std::string line = "{\"n\":" + std::to_string(epoch * 50 + n) + "}";
      staged.write(name, line);
      expected[name] += line + "\n";
    }
    auto lengths = staged.cut(folder.file("cut"), true);
    REQUIRE(lengths);
    std::vector<CommittedFile> files;
    for (const FileLength& file : *lengths) {
      files.push_back({file.name, before[file.name], before[file.name] + file.length});
      before[file.name] += file.length;
    }
    const Commit commit = commit_of(std::move(files));
    for (int again = 0; again < 2; ++again) {
      REQUIRE(reserve_room(commit));
      REQUIRE(append_committed(folder.file("cut"), commit));
    }
  }
  for (const auto& [name, content] : expected) CHECK(*read_whole_file(name) == content);
}

TEST_CASE("staged lines that are cut short are refused, not appended in part") {
  const Folder folder;
  StagedFiles staged(folder.file("open"), 1);
  REQUIRE(staged.open());
  for (const char* line : {"one", "two", "three"}) staged.write(folder.file("a"), line);
  auto lengths = staged.cut(folder.file("cut"), false);
  REQUIRE(lengths);
  REQUIRE(lengths->size() == 1);
  const Commit commit = commit_of({{folder.file("a"), 0, (*lengths)[0].length}});
  for (std::uintmax_t length = std::filesystem::file_size(folder.file("cut")); length-- > 0;) {
    std::filesystem::resize_file(folder.file("cut"), length);
    CHECK_FALSE(append_committed(folder.file("cut"), commit));
  }
}

TEST_CASE("a file that is gone is not begun in its middle") {
  const Folder folder;
  StagedFiles staged(folder.file("open"));
  REQUIRE(staged.open());
  staged.write(folder.file("a"), "line");
  REQUIRE(staged.cut(folder.file("cut"), false));
  const Commit commit = commit_of({{folder.file("a"), 10, 15}});
  CHECK_FALSE(append_committed(folder.file("cut"), commit));
  CHECK_FALSE(std::filesystem::exists(folder.file("a")));
}
