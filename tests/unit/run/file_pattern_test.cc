// SPDX-License-Identifier: Apache-2.0
#include "run/file_pattern.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace streamutils {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "streamutils-pattern-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(*this / name).parent_path());
    std::ofstream(*this / name) << text;
  }
  // The names inside the folder.
  std::vector<std::string> names(const std::vector<MatchedFile>& files) const {
    std::vector<std::string> names;
    for (const MatchedFile& file : files) names.push_back(file.name.substr(path_.size() + 1));
    return names;
  }

 private:
  std::string path_;
};

using Names = std::vector<std::string>;

InputPosition position_in(const std::string& name, std::uint64_t offset) {
  const int fd = open(name.c_str(), O_RDONLY);
  InputPosition position{name, identify(fd, offset), offset, 0};
  close(fd);
  return position;
}

}  // namespace

TEST_CASE("a word is a pattern unless a file has it as its name") {
  const Folder folder;
  CHECK(FilePatterns::is_pattern(folder / "*.log"));
  CHECK(FilePatterns::is_pattern(folder / "a?"));
  CHECK(FilePatterns::is_pattern(folder / "[ab]"));
  CHECK_FALSE(FilePatterns::is_pattern(folder / "a.log"));
  folder.write("a*", "");
  CHECK_FALSE(FilePatterns::is_pattern(folder / "a*"));
}

TEST_CASE("files that match stand there once, by name, without folders") {
  const Folder folder;
  for (const char* name : {"b.log", "a.log", "B.log", "x/c.log", "d.txt"}) folder.write(name, "");
  fs::create_directories(folder / "e.log");
  FilePatterns patterns;
  CHECK(patterns.empty());
  for (const char* pattern : {"*.log", "a*", "*/*.log"}) patterns.add(folder / pattern);
  const auto matches = patterns.matches();
  CHECK(folder.names(matches) == Names{"B.log", "a.log", "b.log", "x/c.log"});
  CHECK(patterns.folders(matches).size() == 2);
}

TEST_CASE("news are what is neither open nor read, whatever its name") {
  const Folder folder;
  FilePatterns patterns;
  patterns.add(folder / "*");
  for (const char* name : {"a", "b", "c"}) folder.write(name, std::string(name) + " has text");
  KnownFiles open;
  CHECK(folder.names(patterns.news(patterns.matches(), open)) == Names{"a", "b", "c"});
  open.numbers.insert(patterns.matches()[0].number);
  open.names.insert(folder / "b");
  CHECK(folder.names(patterns.news(patterns.matches(), open)) == Names{"c"});
  patterns.note_read(position_in(folder / "c", 10));
  CHECK(patterns.news(patterns.matches(), open).empty());
  fs::rename(folder / "a", folder / "a.1");
  fs::rename(folder / "c", folder / "c.1");
  CHECK(patterns.news(patterns.matches(), open).empty());

  SECTION("a second name of a file is no second file") {
    fs::create_hard_link(folder / "c.1", folder / "c.2");
    fs::create_symlink(folder / "c.1", folder / "c.3");
    CHECK(patterns.news(patterns.matches(), open).empty());
  }
  SECTION("what is gone for a moment is not forgotten") {
    fs::rename(folder / "c.1", folder / ".hidden");
    CHECK(patterns.news(patterns.matches(), open).empty());
    fs::rename(folder / ".hidden", folder / "c.1");
    CHECK(patterns.news(patterns.matches(), open).empty());
  }
  SECTION("another file with that inode is new") {
    std::ofstream(folder / "c.1") << "something else";
    CHECK(folder.names(patterns.news(patterns.matches(), open)) == Names{"c.1"});
    CHECK(patterns.read().empty());
  }
}

}  // namespace streamutils
