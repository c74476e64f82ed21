// Names that have not been used for long go to the notes, and come back.
// SPDX-License-Identifier: Apache-2.0
#include "stream/known_names.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

namespace streamutils::testing {
namespace {

class Notes final : public NameNotes {
 public:
  void note(std::string_view kind, std::string_view name, const NameFacts& facts) override {
    noted[std::string(kind) + " " + std::string(name)] = facts;
  }
  std::optional<NameFacts> recall(std::string_view kind, std::string_view name) override {
    const auto found = noted.find(std::string(kind) + " " + std::string(name));
    return found == noted.end() ? std::nullopt : std::optional(found->second);
  }
  void save() { ++saves_; }

  std::map<std::string, NameFacts> noted;
};

std::string name_of(std::uint64_t i) { return "out/" + std::to_string(i); }

}  // namespace

TEST_CASE("names that are in use are kept, however many") {
  const auto notes = std::make_shared<Notes>();
  KnownNames names("part", notes, 5);
  for (int save = 0; save < 30; ++save) {
    for (std::uint64_t i = 0; i < 20; ++i) names.set(name_of(i), {i, 0});
    notes->save();
  }
  CHECK(names.size() == 20);
  CHECK(notes->noted.empty());
}

TEST_CASE("names that are not in use any more go, and come back as they were") {
  const auto notes = std::make_shared<Notes>();
  KnownNames names("part", notes, 5);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    names.set(name_of(i), {i, 2 * i});
    notes->save();
    CHECK(names.size() <= 12);
  }
  REQUIRE(names.find(name_of(3)) != nullptr);
  CHECK(*names.find(name_of(3)) == NameFacts{3, 6});
  names.set(name_of(4), {7, 7});
  CHECK(*names.find(name_of(4)) == NameFacts{7, 7});
  CHECK(names.find("another") == nullptr);
  CHECK(KnownNames("header", notes).find(name_of(3)) == nullptr);
}

TEST_CASE("without notes all are kept, the one used last at the end") {
  KnownNames names("part");
  for (std::uint64_t i = 0; i < 3000; ++i) names.set(name_of(i), {i, 0});
  CHECK(names.size() == 3000);
  names.find(name_of(0));
  std::string last;
  names.for_each([&](const std::string& name, const NameFacts&) { last = name; });
  CHECK(last == name_of(0));
}

}  // namespace streamutils::testing
