// Packed states make the rows that the states themselves make.
// SPDX-License-Identifier: Apache-2.0
#include "ops/packed_states.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "ops/aggregate_args.h"
#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "window_harness.h"

namespace streamutils::testing {
namespace {

// The values of a row, each with a comma behind it.
std::string by_states(const AggregateList& list, const std::byte* block) {
  SnapshotWriter out;
  list.save_values(block, out.row());
  const std::string row = out.take();
  return row.substr(1, row.size() - 3) + ",";  // without the brackets and the line feed
}

std::string by_packing(const PackedStates& packed, const std::byte* block) {
  std::vector<std::byte> bytes(packed.size());
  if (!packed.pack(block, bytes.data())) return "none";
  std::string text(packed.text_room(), '\0');
  text.resize(static_cast<std::size_t>(packed.write(bytes.data(), text.data()) - text.data()));
  return text;
}

void add(AggregateList& list, std::byte* block, const std::string& value) {
  std::string line = value.empty() ? "{}" : "{\"v\":" + value + "}";
  const std::size_t size = line.size();
  line.append(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(line).substr(0, size));
  list.read(record);
  REQUIRE(record.ok());
  Recorder out;
  list.add(block, out);
}

std::vector<AggregateSpec> specs_of(const std::vector<std::string>& words) {
  std::size_t position = 0;
  return parse_aggregates(words, position).value();
}

const std::vector<std::string> kPlain[] = {{"count", "rate", "sum", "v", "min", "v", "max", "v"},
                                           {"max", "v", "avg", "v", "sum", "v", "count"}};

// One block per case, freed at its end.
struct States {
  explicit States(const std::vector<std::string>& words) : list(specs_of(words)), pool(list) {}
  ~States() { pool.free(block); }

  AggregateList list;
  BlockPool pool;
  std::byte* block = pool.make();
};

}  // namespace

TEST_CASE("packed states make the row of the states") {
  const std::vector<std::vector<std::string>> streams = {
      {},
      {""},
      {"7"},
      {"0", "0.00", "-0"},
      {"12.50", "-0.25", "3"},
      {"-1", "-99999999.5"},
      {"999999999999999999", "-999999999999999999"},
      {"0.00000000000000001"},
      {"123456789.123456789", "1"},
      {"9", "10", "99", "100", "99999999", "100000000"},
  };
  for (const auto& words : kPlain) {
    for (const auto& events : streams) {
      States states(words);
      REQUIRE(states.list.packed().can_pack());
      for (const std::string& event : events) add(states.list, states.block, event);
      CHECK(by_packing(states.list.packed(), states.block) == by_states(states.list, states.block));
    }
  }
}

TEST_CASE("states that are too long are not packed") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"count", "sum", "v"}, {"avg", "v"}, {"count", "max", "v"}}) {
    States states(words);
    REQUIRE(states.list.packed().can_pack());
    add(states.list, states.block, "1");
    CHECK(by_packing(states.list.packed(), states.block) != "none");
    for (const char* const most : {"999999999999999999", "1e300", "0.5e-30"}) {
      add(states.list, states.block, most);
    }
    CHECK(by_packing(states.list.packed(), states.block) == "none");
  }
  States texts({"min", "v", "max", "v"});
  add(texts.list, texts.block, "\"eu\"");
  CHECK(by_packing(texts.list.packed(), texts.block) == "none");
}

TEST_CASE("states of other kinds are not packed") {
  States states({"count", "list", "v", "sum", "v"});
  CHECK_FALSE(states.list.packed().can_pack());
}

}  // namespace streamutils::testing
