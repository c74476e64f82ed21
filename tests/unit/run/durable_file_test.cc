// SPDX-License-Identifier: Apache-2.0
#include "run/durable_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "run/background.h"

using namespace streamutils;

namespace {

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "durable-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const char* file) const { return path + "/" + file; }
  std::string path;
};

}  // namespace

TEST_CASE("a durable file is there when it is committed, as a whole, and not before") {
  const Folder folder;
  const std::string path = folder / "state";
  for (const std::string& content : {std::string("first"), std::string(1 << 20, 'x')}) {
    const std::string before = file_exists(path) ? *read_whole_file(path) : "";
    DurableFile file(path);
    REQUIRE(file.open());
    file.write(content);
    CHECK((file_exists(path) ? *read_whole_file(path) : "") == before);
    REQUIRE(file.commit());
    CHECK(*read_whole_file(path) == content);
  }
}

TEST_CASE("a durable file that is not committed leaves nothing behind") {
  const Folder folder;
  {
    DurableFile file(folder / "state");
    REQUIRE(file.open());
    file.write("something");
  }
  CHECK(std::filesystem::is_empty(folder.path));
  DurableFile nowhere(folder / "no/such/folder");
  CHECK_FALSE(nowhere.open());
}

TEST_CASE("a lock is held by one, says by whom, and can be taken again") {
  const Folder folder;
  FileLock first;
  FileLock second;
  REQUIRE(first.take(folder / "lock") == FileLock::Outcome::taken);
  CHECK(second.take(folder / "lock") == FileLock::Outcome::held_by_another);
  CHECK(second.holder() == getpid());
  CHECK_FALSE(FileLock::note_of(folder / "lock"));
  first.note(12);
  CHECK(FileLock::note_of(folder / "lock") == 12);
  first.release();
  CHECK_FALSE(FileLock::note_of(folder / "lock"));
  CHECK(second.take(folder / "lock") == FileLock::Outcome::taken);
}

TEST_CASE("work in the background tells its error once") {
  Background background;
  REQUIRE(background.start([]() -> Status { return Error{"no room"}; }));
  CHECK(background.collect(Duration::max()).error().message == "no room");
  CHECK(background.collect(Duration::max()));
  REQUIRE(background.start([]() -> Status { return Error{"no room"}; }));
  CHECK(background.start([]() -> Status { return {}; }).error().message == "no room");
}

TEST_CASE("work in the background sees what was, not what comes") {
  const Folder folder;
  std::string value = "then";
  Background background;
  REQUIRE(background.start([&]() -> Status {
    DurableFile file(folder / "value");
    if (Status status = file.open(); !status) return status;
    file.write(value);
    return file.commit();
  }));
  value = "now";
  REQUIRE(background.collect(Duration::max()));
  CHECK(*read_whole_file(folder / "value") == "then");
}
