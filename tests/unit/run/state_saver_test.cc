// Saving an image in slices: what becomes a file, and what must not.
// SPDX-License-Identifier: Apache-2.0
#include "run/state_saver.h"

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

// Keeps nothing, and saves many entries: each tenth one is text that a thread makes.
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
    driver_ = std::make_unique<Driver>(std::move(settings), std::make_unique<Numbers>(fails_at));
  }
  ~Stage() { std::filesystem::remove_all(folder_); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Status start(StateSaver& saver, const std::string& name) {
    SnapshotHeader header;
    header.tool = "numbers";
    return saver.start(path(name), header, *driver_, files_);
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

 private:
  std::string folder_;
  Nowhere out_;
  NoFiles files_;
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
  REQUIRE(stage.start(saver, "no/folder").ok());
  const Status status = advance_to_end(saver);
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

}  // namespace streamutils
