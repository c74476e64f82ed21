// Notes are those of the moment that the state was saved; damage is found.
// SPDX-License-Identifier: Apache-2.0
#include "run/note_file.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "run/durable_file.h"

namespace streamutils::testing {
namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/note_file_test.XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file() const { return path_ + "/swrite.files"; }

 private:
  std::string path_;
};

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("the last note of a name counts") {
  const Folder folder;
  NoteFile notes;
  REQUIRE(notes.open(folder.file(), 0).ok());
  notes.note("part", "out/\"eu\".csv", {3, 500});
  notes.note("length", "out/\"eu\".csv", {70, 0});
  CHECK(notes.recall("part", "out/\"eu\".csv") == NameFacts{3, 500});
  notes.note("part", "out/\"eu\".csv", {4, 20});
  CHECK(notes.recall("part", "out/\"eu\".csv") == NameFacts{4, 20});
  CHECK(notes.recall("length", "out/\"eu\".csv") == NameFacts{70, 0});
  CHECK(notes.recall("part", "out/us.csv") == std::nullopt);
}

TEST_CASE("what was noted behind the state is gone when that is restored") {
  const Folder folder;
  std::uint64_t length = 0;
  {
    NoteFile notes;
    REQUIRE(notes.open(folder.file(), 0).ok());
    for (std::uint64_t i = 0; i < 3000; ++i) notes.note("length", "f" + std::to_string(i), {i, i});
    length = notes.save().value();
    REQUIRE(notes.sync().ok());
    notes.note("length", "f5", {999, 0});
    CHECK(notes.recall("length", "f5") == NameFacts{999, 0});
  }
  NoteFile notes;
  REQUIRE(notes.open(folder.file(), length).ok());
  CHECK(notes.recall("length", "f5") == NameFacts{5, 5});
  CHECK(notes.recall("length", "f2999") == NameFacts{2999, 2999});
  notes.note("length", "f6", {1, 2});
  const std::uint64_t longer = notes.save().value();
  NoteFile again;
  REQUIRE(again.open(folder.file(), longer).ok());
  CHECK(again.recall("length", "f6") == NameFacts{1, 2});
}

TEST_CASE("damaged notes are refused") {
  const Folder folder;
  NoteFile notes;
  REQUIRE(notes.open(folder.file(), 0).ok());
  notes.note("length", "a", {1, 2});
  notes.note("part", "b", {3, 4});
  const std::uint64_t length = notes.save().value();
  const std::string whole = read_whole_file(folder.file()).value();
  REQUIRE(whole.size() == length);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int bit : {1, 32, 128}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ bit);
      write(folder.file(), damaged);
      CHECK_FALSE(NoteFile().open(folder.file(), length).ok());
    }
    write(folder.file(), whole.substr(0, i));
    CHECK_FALSE(NoteFile().open(folder.file(), length).ok());
  }
}

}  // namespace streamutils::testing
