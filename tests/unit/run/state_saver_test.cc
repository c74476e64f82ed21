// Saving an image in slices: what becomes a file, and what must not.
// SPDX-License-Identifier: Apache-2.0
#include "run/state_saver.h"

#include <pthread.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "run/durable_file.h"

namespace streamutils {
namespace {

constexpr std::size_t kNumbers = 200'000;

class Number final : public SnapshotPart {
 public:
  explicit Number(std::size_t n) : n_(n) {}
  void write(SnapshotWriter& out) override { out.entry("part").field("n", std::uint64_t{n_}); }

 private:
  std::size_t n_;
};

// Keeps nothing, and saves many entries: each tenth one is text that a thread makes.  Of changes it
// has a tenth as many, if it is told to.
class Numbers final : public Operator {
 public:
  explicit Numbers(std::size_t fails_at) : fails_at_(fails_at) {}

  Outcome on_record(const Record&, Emitter&) override { return {}; }
  bool has_state() const override { return true; }
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    out_ = &out;
    next_ = 0;
  }
  bool has_changes() const override { return changes_; }
  void begin_changes(SnapshotWriter& out) override {
    out_ = &out;
    next_ = kNumbers - kNumbers / 10;
  }
  void note_changes() { changes_ = true; }
  bool continue_image(std::size_t entries) override {
    for (; next_ < kNumbers && entries > 0; ++next_, --entries) put(next_);
    return next_ == kNumbers;
  }

 private:
  void put(std::size_t n) {
    if (n == fails_at_) out_->fail("cannot be had");
    if (n % 10 == 0) {
      out_->part(std::make_unique<Number>(n));
    } else {
      out_->entry("number").field("n", std::uint64_t{n});
    }
  }

  std::size_t fails_at_;
  SnapshotWriter* out_ = nullptr;
  std::size_t next_ = 0;
  bool changes_ = false;
};

class Nowhere final : public Sink {
 public:
  void write(std::string_view) override {}
};

class NoFiles final : public Files {
 public:
  std::vector<InputPosition> positions() const override { return {}; }
  std::vector<InputPosition> files_read() const override { return {}; }
  Result<std::vector<FileLength>> side_files() override { return std::vector<FileLength>(); }
  Status sync_side_files() override { return {}; }
  Result<std::vector<FileLength>> cut_output(const std::string&, bool) override {
    return std::vector<FileLength>();
  }
  bool is_between_lines() const override { return true; }
};

// A stage in a folder of its own.
class Stage {
 public:
  explicit Stage(std::size_t fails_at = kNumbers) {
    char name[] = "/tmp/state_saver_XXXXXX";
    folder_ = mkdtemp(name);
    DriverSettings settings;
    settings.tool = "numbers";
    settings.out = &out_;
    auto numbers = std::make_unique<Numbers>(fails_at);
    numbers_ = numbers.get();
    driver_ = std::make_unique<Driver>(std::move(settings), std::move(numbers));
  }
  ~Stage() { std::filesystem::remove_all(folder_); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Status start(StateSaver& saver, const std::string& name,
               std::optional<std::uint64_t> epoch = std::nullopt) {
    SnapshotHeader header;
    header.tool = "numbers";
    header.epoch = epoch;
    return saver.start(path(name), header, *driver_, files_);
  }
  // As epoch N, in the file N.
  void save(StateSaver& saver, std::uint64_t epoch) {
    REQUIRE(start(saver, std::to_string(epoch), epoch).ok());
    REQUIRE(saver.complete().ok());
  }
  Numbers& numbers() { return *numbers_; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

 private:
  std::string folder_;
  Nowhere out_;
  NoFiles files_;
  Numbers* numbers_;
  std::unique_ptr<Driver> driver_;
};

// Until it is done, a slice at a time.
Status advance_to_end(StateSaver& saver) {
  while (saver.is_busy()) {
    if (Status status = saver.advance(); !status) return status;
  }
  return {};
}

// Whether all numbers stand in the file, in their order.
bool is_whole(const std::string& path) {
  const auto content = read_snapshot_file(read_whole_file(path).value());
  if (!content) return false;
  SnapshotReader in(content->entries);
  std::size_t n = 0;
  while (in.next()) {
    if (in.kind() != "number" && in.kind() != "part") continue;
    if (in.unsigned_integer("n") != n++) return false;
  }
  return in.status().ok() && n == kNumbers;
}

}  // namespace

TEST_CASE("an image in slices is a whole file, and the next one another") {
  Stage stage;
  StateSaver saver;
  REQUIRE(stage.start(saver, "a").ok());
  REQUIRE(advance_to_end(saver).ok());
  REQUIRE(stage.start(saver, "b").ok());
  REQUIRE(saver.advance().ok());
  REQUIRE(stage.start(saver, "c").ok());
  REQUIRE(saver.complete().ok());
  for (const char* name : {"a", "b", "c"}) CHECK(is_whole(stage.path(name)));
}

TEST_CASE("changes stand behind the file before, under another name of it") {
  Stage stage;
  StateSaver saver;
  stage.numbers().note_changes();
  for (const std::uint64_t epoch : {3, 4, 7}) stage.save(saver, epoch);
  CHECK(std::filesystem::hard_link_count(stage.path("7")) == 3);
  const std::string text = read_whole_file(stage.path("3")).value();
  for (const std::uint64_t epoch : {3, 4, 7}) {
    REQUIRE(read_snapshot_file(text, epoch));
    CHECK(read_snapshot_file(text, epoch)->header.epoch == epoch);
  }
  std::filesystem::remove(stage.path("3"));
  std::filesystem::remove(stage.path("4"));
  stage.save(saver, 8);
  CHECK(std::filesystem::hard_link_count(stage.path("8")) == 2);
  CHECK(read_snapshot_file(read_whole_file(stage.path("8")).value(), 8));
}

TEST_CASE("all is written again when changes have come to as much") {
  Stage stage;
  StateSaver saver;
  stage.numbers().note_changes();
  for (std::uint64_t epoch = 1; epoch <= 40; ++epoch) {
    stage.save(saver, epoch);
  }
  CHECK(std::filesystem::hard_link_count(stage.path("1")) > 5);
  CHECK(std::filesystem::hard_link_count(stage.path("1")) < 20);
}

TEST_CASE("without an epoch, or with nothing in front of them, there are no changes") {
  Stage stage;
  StateSaver saver;
  stage.numbers().note_changes();
  REQUIRE(stage.start(saver, "a").ok());
  REQUIRE(saver.complete().ok());
  REQUIRE(stage.start(saver, "b").ok());
  REQUIRE(saver.complete().ok());
  CHECK(is_whole(stage.path("b")));
  stage.save(saver, 1);
  CHECK(is_whole(stage.path("1")));
  StateSaver fresh;
  stage.save(fresh, 2);
  CHECK(is_whole(stage.path("2")));
}

TEST_CASE("what an interrupted process has left is no way to the file before") {
  Stage stage;
  StateSaver saver;
  stage.save(saver, 1);
  std::filesystem::create_hard_link(stage.path("1"), stage.path("2.new"));
  StateSaver fresh;
  stage.save(fresh, 2);
  CHECK(is_whole(stage.path("1")));
  CHECK(is_whole(stage.path("2")));
}

TEST_CASE("state that cannot be had is an error, and no file") {
  for (const std::size_t fails_at : {std::size_t{0}, std::size_t{70'000}, kNumbers - 1}) {
    Stage stage(fails_at);
    StateSaver saver;
    REQUIRE(stage.start(saver, "a").ok());
    const Status status = advance_to_end(saver);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().message == "cannot be had");
    CHECK_FALSE(saver.is_busy());
    CHECK(stage.files() == 0);
  }
}

TEST_CASE("a file that cannot be written is an error") {
  Stage stage;
  StateSaver saver;
  Status status = stage.start(saver, "no/folder");  // may be known at once
  if (status) status = advance_to_end(saver);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("no/folder") != std::string::npos);
}

TEST_CASE("an image that is given up leaves no file") {
  Stage stage;
  {
    StateSaver saver;
    REQUIRE(stage.start(saver, "a").ok());
    REQUIRE(saver.advance().ok());
  }
  CHECK(stage.files() == 0);
}

TEST_CASE("a saving for which there is no thread is an error") {
  Stage stage;
  StateSaver saver;
  pthread_attr_t before;
  REQUIRE(pthread_getattr_default_np(&before) == 0);
  pthread_attr_t too_much = before;
  REQUIRE(pthread_attr_setstacksize(&too_much, std::size_t{1} << 47) == 0);
  REQUIRE(pthread_setattr_default_np(&too_much) == 0);
  const Status started = stage.start(saver, "state");
  REQUIRE(pthread_setattr_default_np(&before) == 0);
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().message.find("no thread") != std::string::npos);
  CHECK_FALSE(saver.is_busy());
  CHECK(stage.files() == 0);
  REQUIRE(stage.start(saver, "state").ok());
  REQUIRE(saver.complete().ok());
  CHECK(is_whole(stage.path("state")));
}

}  // namespace streamutils
