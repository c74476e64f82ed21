// Notes are those of the moment that the state was saved; damage is found; and the files stay
// small.
// SPDX-License-Identifier: Apache-2.0
#include "run/note_file.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../rounds.h"
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
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::map<std::string, std::uint64_t> sizes() const {
    std::map<std::string, std::uint64_t> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      all[entry.path().filename().string()] = entry.file_size();
    }
    return all;
  }

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
  REQUIRE(notes.open(folder.file(), {}).ok());
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
  std::vector<FileLength> known;
  {
    NoteFile notes;
    REQUIRE(notes.open(folder.file(), {}).ok());
    for (std::uint64_t i = 0; i < 3000; ++i) notes.note("length", "f" + std::to_string(i), {i, i});
    known = notes.save().value();
    REQUIRE(notes.sync().ok());
    notes.note("length", "f5", {999, 0});
    CHECK(notes.recall("length", "f5") == NameFacts{999, 0});
  }
  NoteFile notes;
  REQUIRE(notes.open(folder.file(), known).ok());
  CHECK(notes.recall("length", "f5") == NameFacts{5, 5});
  CHECK(notes.recall("length", "f2999") == NameFacts{2999, 2999});
  notes.note("length", "f6", {1, 2});
  const auto longer = notes.save().value();
  NoteFile again;
  REQUIRE(again.open(folder.file(), longer).ok());
  CHECK(again.recall("length", "f6") == NameFacts{1, 2});
}

TEST_CASE("damaged notes are refused") {
  const Folder folder;
  NoteFile notes;
  REQUIRE(notes.open(folder.file(), {}).ok());
  notes.note("length", "a", {1, 2});
  notes.note("part", "b", {3, 4});
  const std::vector<FileLength> known = notes.save().value();
  const std::string whole = read_whole_file(folder.file()).value();
  REQUIRE(whole.size() == known.front().length);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int bit : {1, 32, 128}) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ bit);
      write(folder.file(), damaged);
      CHECK_FALSE(NoteFile().open(folder.file(), known).ok());
    }
    write(folder.file(), whole.substr(0, i));
    CHECK_FALSE(NoteFile().open(folder.file(), known).ok());
  }
}

namespace {

using Model = std::map<std::pair<std::string, std::string>, NameFacts>;

// Notes as a user of a NoteFile sees them, with restarts.
class Restarted {
 public:
  explicit Restarted(std::uint64_t names) : names_(names) { start(); }

  void note(std::uint64_t random) {
    const std::string kind = random % 3 == 0 ? "part" : "length";
    const std::string name = "out/" + std::to_string(random / 3 % names_) + ".csv";
    const NameFacts facts{random >> 32, random & 0xFFFF};
    notes_->note(kind, name, facts);
    now_[{kind, name}] = facts;
  }

  // What was saved before is durable.
  void save() {
    durable_ = std::exchange(saved_, {notes_->save().value(), now_});
    REQUIRE(notes_->sync().ok());
  }

  // Of the last state, or of the one before: if the last one has not come to count.
  void restart(bool is_last_durable) {
    if (is_last_durable) durable_ = saved_;
    saved_ = durable_;
    now_ = durable_.model;
    start();
  }

  void check() {
    for (const auto& [name, facts] : now_) {
      CHECK(notes_->recall(name.first, name.second) == facts);
    }
    CHECK(notes_->recall("part", "another") == std::nullopt);
  }

  const Folder& folder() const { return folder_; }
  const std::vector<FileLength>& known() const { return saved_.files; }

 private:
  struct State {
    std::vector<FileLength> files;
    Model model;
  };

  void start() {
    notes_.emplace();
    REQUIRE(notes_->open(folder_.file(), durable_.files).ok());
    // Others than those that the state knows of are not there.
    const std::size_t known = std::max<std::size_t>(durable_.files.size(), 1);
    CHECK(folder_.sizes().size() == known);
  }

  Folder folder_;
  std::uint64_t names_;
  std::optional<NoteFile> notes_;
  Model now_;
  State saved_;
  State durable_;
};

}  // namespace

TEST_CASE("the files stay small, and nothing is lost by restarts") {
  std::mt19937_64 random(7);
  for (unsigned round = 0; round < rounds(6); ++round) {
    const std::uint64_t names = 1 + random() % 600;
    Restarted notes(names);
    std::uint64_t most = 0;
    bool had_two = false;
    for (int save = 0; save < 150; ++save) {
      for (std::uint64_t i = random() % 400; i > 0; --i) notes.note(random());
      notes.save();
      had_two |= notes.known().size() == 2;
      for (const auto& [name, size] : notes.folder().sizes()) most = std::max(most, size);
      if (random() % 20 == 0) notes.restart(random() % 2 == 0);
      if (random() % 30 == 0) notes.check();
    }
    notes.check();
    CHECK(had_two);
    // Two kinds of each name; see kLeastLines.
    CHECK(most < (250 + 400 + 3 * 2 * names) * 120);
    CHECK(notes.folder().sizes().size() <= 3);
  }
}

TEST_CASE("both files are checked") {
  Restarted notes(400);
  std::mt19937_64 random(3);
  while (notes.known().size() < 2) {
    for (int i = 0; i < 50; ++i) notes.note(random());
    notes.save();
  }
  for (const FileLength& file : notes.known()) {
    const std::string path = notes.folder().file(file.name);
    const std::string whole = read_whole_file(path).value();
    std::string damaged = whole;
    damaged[file.length / 2] ^= 1;
    write(path, damaged);
    CHECK_FALSE(NoteFile().open(notes.folder().file(), notes.known()).ok());
    std::filesystem::remove(path);
    CHECK_FALSE(NoteFile().open(notes.folder().file(), notes.known()).ok());
    write(path, whole);
    CHECK(NoteFile().open(notes.folder().file(), notes.known()).ok());
  }
}

TEST_CASE("a file that cannot be begun is told when the state is saved") {
  const Folder folder;
  NoteFile notes;
  REQUIRE(notes.open(folder.file(), {}).ok());
  std::filesystem::create_directory(folder.file("swrite.files-2"));
  for (std::uint64_t i = 0; i < 2000; ++i) notes.note("length", "a", {i, 0});
  CHECK_FALSE(notes.save().ok());
}

}  // namespace streamutils::testing
