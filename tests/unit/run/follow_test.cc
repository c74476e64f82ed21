// Following files on a real file system: what at_end() says, and going on in another run.
// SPDX-License-Identifier: Apache-2.0
#include "run/follow.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace streamutils {
namespace {

namespace fs = std::filesystem;
using Next = Follower::Next;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "streamutils-follow-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

void append(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::app) << text;
}

// Written so many seconds after some moment.
void set_written(const std::string& file, int second) {
  fs::last_write_time(file, fs::file_time_type(std::chrono::seconds(1000 + second)));
}

std::string read(Follower& follower) {
  std::string all;
  char buffer[5];
  for (std::ptrdiff_t n; (n = follower.read(buffer, sizeof buffer)) > 0;)
    all.append(buffer, static_cast<std::size_t>(n));
  return all;
}

// All that comes, through rotation, until there is nothing for now.
std::string read_on(Follower& follower) {
  std::string all = read(follower);
  for (Next next; (next = follower.at_end()) != Next::wait; all += read(follower)) {
    if (next == Next::file) REQUIRE(follower.open_next());
  }
  return all;
}

TEST_CASE("a file that comes later, is renamed, and comes again") {
  const Folder folder;
  const std::string log = folder / "log";
  Follower follower(log);
  REQUIRE(follower.is_open());
  const int fd = follower.fd();
  CHECK(read_on(follower).empty());
  append(log, "one");
  CHECK(read_on(follower) == "one");
  fs::rename(log, folder / "log.1");
  append(folder / "log.1", "two");
  CHECK(read_on(follower) == "two");
  append(log, "");
  append(folder / "log.1", "three");
  CHECK(read_on(follower) == "three");
  append(folder / "log.1", "four");
  append(log, "five");
  CHECK(read_on(follower) == "fourfive");
  CHECK(follower.fd() == fd);
}

TEST_CASE("a file that is truncated") {
  const Folder folder;
  const std::string log = folder / "log";
  append(log, "0123456789");
  Follower follower(log);
  CHECK(read_on(follower) == "0123456789");
  REQUIRE(truncate(log.c_str(), 0) == 0);
  append(log, "abc");
  CHECK(read_on(follower) == "abc");
  std::ofstream(log) << "another, longer";
  CHECK(read_on(follower) == "another, longer");
}

TEST_CASE("going on where another run stood") {
  const Folder folder;
  const std::string log = folder / "log";
  append(log, "first");
  struct stat status {};
  REQUIRE(stat(log.c_str(), &status) == 0);

  SECTION("in the same file") {
    append(log, "more");
    Follower follower(log);
    REQUIRE(follower.resume(status.st_dev, status.st_ino, 3));
    CHECK(read_on(follower) == "stmore");
  }
  SECTION("in a file that was renamed twice") {
    append(log, "more");
    fs::rename(log, folder / "log.2");
    set_written(folder / "log.2", 1);
    append(folder / "log.3", "before");
    set_written(folder / "log.3", 0);
    append(folder / "log.1", "between");
    set_written(folder / "log.1", 2);
    append(log, "now");
    Follower follower(log);
    REQUIRE(follower.resume(status.st_dev, status.st_ino, 3));
    CHECK(read_on(follower) == "stmorebetweennow");
    append(log, "later");
    CHECK(read_on(follower) == "later");
  }
  SECTION("where all were written at the same time, by the numbers of rotation") {
    fs::rename(log, folder / "log.10");
    append(folder / "log.11", "before");
    append(folder / "log.9", "nine");
    append(folder / "log.1", "one");
    for (const char* name : {"log.1", "log.9", "log.10", "log.11"}) set_written(folder / name, 1);
    append(log, "now");
    Follower follower(log);
    REQUIRE(follower.resume(status.st_dev, status.st_ino, 3));
    CHECK(follower.files().size() == 3);
    fs::rename(folder / "log.9", folder / "log.2");  // whoever is on its way keeps its files
    CHECK(read_on(follower) == "stnineonenow");
  }
  SECTION("but at the start if told so") {
    append(log, "more");
    Follower follower(log);
    REQUIRE(follower.resume(status.st_dev, status.st_ino, 3));
    follower.start_over();
    CHECK(read_on(follower) == "firstmore");
  }
  SECTION("not in a file that is gone") {
    fs::rename(log, folder / "other");
    append(log, "now");
    append(folder / "log.1", "between");
    Follower follower(log);
    CHECK_FALSE(follower.resume(status.st_dev, status.st_ino, 3));
    CHECK(read_on(follower) == "now");
  }
}

TEST_CASE("a file is over when it was deleted and none has its name") {
  const Folder folder;
  const std::string log = folder / "log";
  append(log, "first");
  Follower follower(log);
  CHECK_FALSE(follower.is_over());
  fs::rename(log, folder / "other");
  CHECK_FALSE(follower.is_over());
  append(log, "");
  fs::remove(folder / "other");
  CHECK_FALSE(follower.is_over());
  fs::remove(log);
  CHECK(follower.is_over());
}

TEST_CASE("a folder cannot be followed") {
  const Folder folder;
  CHECK_FALSE(Follower(folder / "").is_open());
}

}  // namespace
}  // namespace streamutils
