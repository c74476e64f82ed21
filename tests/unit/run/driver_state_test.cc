// What a driver takes back of a snapshot.
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

#include "run/driver.h"

namespace streamutils {
namespace {

class Nowhere final : public Sink {
 public:
  void write(std::string_view) override {}
};

// Takes entries "mine", and no others.
class Mine final : public Operator {
 public:
  Outcome on_record(const Record&, Emitter&) override { return {}; }
  bool has_state() const override { return true; }
  void save(SnapshotWriter& out) const override { out.entry("mine"); }
  Status restore(SnapshotReader& in) override {
    while (in.next_is("mine")) {
    }
    return {};
  }
};

TEST_CASE("state that nothing takes is refused") {
  Nowhere out;
  const auto make = [&out] {
    DriverSettings settings;
    settings.out = &out;
    return std::make_unique<Driver>(std::move(settings), std::make_unique<Mine>());
  };
  const std::string saved = make()->save();
  CHECK(make()->restore(saved, {}).ok());
  const Status status = make()->restore(saved + "{\"entry\":\"yours\"}\n", {});
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("nothing takes the entry 'yours'") != std::string::npos);
}

}  // namespace
}  // namespace streamutils
