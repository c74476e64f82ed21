// The merge of the copies' outputs: however their lines arrive, the same stream leaves.
// SPDX-License-Identifier: Apache-2.0
#include "run/jobs_merge.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace streamutils {
namespace {

using Lines = std::vector<std::string>;

class Collector final : public Sink {
 public:
  void write(std::string_view line) override { lines.emplace_back(line); }
  Lines lines;
};

// "begin", "W5", "barrier1", "end", and records.
std::string spell(const std::string& word) {
  if (word == "begin") return R"({"~stream":{"begin":{"time":"ts"}}})";
  if (word == "end") return R"({"~stream":{"end":true}})";
  if (word[0] == 'W')
    return R"({"~stream":{"watermark":"2026-11-22T10:00:0)" + word.substr(1) + R"(Z"}})";
  if (word.starts_with("barrier")) {
    return R"({"~stream":{"barrier":{"epoch":)" + word.substr(7) + R"(,"via":[]}}})";
  }
  return word;
}

Lines spell_all(const std::string& text) {
  Lines lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    if (space > at) lines.push_back(spell(text.substr(at, space - at)));
    at = space + 1;
  }
  return lines;
}

// Hands over the copies' lines in a random order that keeps each copy's own.
void feed(JobsMerge& merge, const std::vector<Lines>& copies, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::size_t> next(copies.size());
  std::size_t open = copies.size();
  while (open > 0) {
    const std::size_t i = random() % copies.size();
    if (next[i] > copies[i].size()) continue;
    if (next[i] == copies[i].size()) {
      merge.end(i);
      --open;
    } else {
      merge.add(i, copies[i][next[i]]);
    }
    ++next[i];
  }
}

Lines merge(const std::vector<Lines>& copies, unsigned seed, bool forwards = true) {
  Collector out;
  JobsMerge merge(copies.size(), out, [=] { return forwards; });
  feed(merge, copies, seed);
  return out.lines;
}

struct Row {
  const char* what;
  std::vector<std::string> copies;
  std::string merged;
};

const Row kRows[] = {
    {"between two watermarks copies leave in their order",
     {"begin a b W1 c W2 end", "begin d W1 e W2 f end"},
     "begin a b d W1 c e W2 f end"},
    {"one copy alone", {"begin a W1 b end"}, "begin a W1 b end"},
    {"the watermark is the least of all",
     {"begin a W5 b end", "begin c W2 d W3 e end"},
     "begin a c W2 d W3 e W5 b end"},
    {"a copy that has ended holds nothing back",
     {"begin a end", "begin b W3 c end"},
     "begin a b W3 c end"},
    {"a barrier leaves once, when all have come to it",
     {"begin a barrier1 b W1 end", "begin W1 c barrier1 d end"},
     "begin a c barrier1 b W1 d end"},
    {"a copy that has ended holds no barrier back",
     {"begin a barrier1 b end", "begin c end"},
     "begin a c barrier1 b end"},
    {"no barrier leaves without a copy that has died",
     {"begin a barrier1 b barrier2 c end", "begin d barrier1 e"},
     "begin a d barrier1 b e"},
    {"nor without one that has died before it began", {"begin a barrier1 b end", ""}, "begin a"},
    {"no end mark if one copy has none", {"begin a end", "begin b W2 c"}, "begin a b W2 c"},
    {"copies without anything", {"", ""}, ""},
    {"one copy without anything", {"begin a W1 end", ""}, "begin a"},
};

TEST_CASE("what leaves does not depend on how fast the copies are") {
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    std::vector<Lines> copies;
    for (const std::string& copy : row.copies) copies.push_back(spell_all(copy));
    const Lines merged = spell_all(row.merged);
    for (unsigned seed = 0; seed < 200; ++seed) CHECK(merge(copies, seed) == merged);
  }
}

TEST_CASE("control lines stay inside if the stream is not controlled") {
  const std::vector<Lines> copies = {spell_all("begin a W1 end"), spell_all("begin b W1 c end")};
  CHECK(merge(copies, 1, false) == Lines{"a", "b", "c"});
}

TEST_CASE("copies that write no control lines are not held") {
  Collector out;
  JobsMerge merge(2, out, [] { return true; });
  merge.add(1, "x");
  CHECK(out.lines == Lines{"x"});
  merge.add(0, "y");
  merge.end(0);
  merge.add(1, "z");
  merge.end(1);
  CHECK(out.lines == Lines{"x", "y", "z"});
}

TEST_CASE("random streams merge to one result") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lines> copies(1 + random() % 4);
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copies[i].push_back(spell("begin"));
      for (unsigned w = 1; w < 9; ++w) {
        for (auto n = random() % 3; n > 0; --n) {
          copies[i].push_back(std::to_string(i) + "." + std::to_string(copies[i].size()));
        }
        if (random() % 3 != 0) copies[i].push_back(spell("W" + std::to_string(w)));
      }
      copies[i].push_back(spell("end"));
    }
    const Lines first = merge(copies, 0);
    for (unsigned seed = 1; seed < 20; ++seed) REQUIRE(merge(copies, seed) == first);
    // Nothing is lost, and no record leaves behind a watermark that its own copy had not written.
    std::size_t records = 0;
    for (const Lines& copy : copies) {
      for (const std::string& line : copy) records += line[0] != '{';
    }
    CHECK(static_cast<std::size_t>(std::count_if(first.begin(), first.end(), [](const auto& line) {
            return line[0] != '{';
          })) == records);
  }
}

// --- Barriers, with what waits at them saved -----------------------------------------------------

class FakeKeeper final : public JobsMerge::Keeper {
 public:
  explicit FakeKeeper(std::uint64_t epoch) : epoch_(epoch) {}
  std::uint64_t epoch() const override { return epoch_; }
  Result<std::string> save(std::uint64_t epoch, const Write& write) override {
    SnapshotWriter out;
    write(out);
    saved[epoch] = out.take();
    return std::string("merge:1");
  }
  Status complete() override {
    is_complete = true;
    return {};
  }

  std::map<std::uint64_t, std::string> saved;
  bool is_complete = false;

 private:
  std::uint64_t epoch_;
};

std::string begin_of(std::uint64_t epoch) {
  return R"({"~stream":{"begin":{"time":"ts","epoch":)" + std::to_string(epoch) + "}}}";
}

struct Run {
  Lines lines;
  std::map<std::uint64_t, std::string> saved;
};

// Copies that begin at an epoch, with what was saved there.
Run run_from(std::uint64_t epoch, const std::string& saved, std::vector<Lines> copies,
             unsigned seed) {
  FakeKeeper keeper(epoch);
  Collector out;
  JobsMerge merge(
      copies.size(), out, [] { return true; }, &keeper);
  if (!saved.empty()) {
    SnapshotReader in(saved);
    REQUIRE(merge.restore(in).ok());
  }
  for (Lines& copy : copies) copy.insert(copy.begin(), begin_of(epoch));
  feed(merge, copies, seed);
  CHECK(merge.problem() == "");
  CHECK(keeper.is_complete);
  return {std::move(out.lines), std::move(keeper.saved)};
}

bool is_barrier(const std::string& line) { return line.find("barrier") != line.npos; }

Lines without_barriers(Lines lines) {
  std::erase_if(lines, is_barrier);
  return lines;
}

// What stands behind the barrier.
Lines behind(const Lines& lines, std::uint64_t epoch) {
  const auto at = std::ranges::find_if(lines, [epoch](const std::string& line) {
    return is_barrier(line) && line.find(std::to_string(epoch) + ",") != line.npos;
  });
  return at == lines.end() ? Lines() : Lines(at + 1, lines.end());
}

std::vector<Lines> random_copies(std::mt19937& random, unsigned barriers) {
  std::vector<Lines> copies(1 + random() % 4);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    const bool ends_early = i > 0 && random() % 5 == 0;
    unsigned w = 0;
    for (unsigned barrier = 1; barrier <= barriers + 1; ++barrier) {
      for (auto n = random() % 5; n > 0; --n) {
        if (random() % 2 == 0) copies[i].push_back(std::to_string(i) + "." + std::to_string(w));
        if (random() % 3 == 0)
          copies[i].push_back(spell("W" + std::to_string(w = std::min(w + 1, 9U))));
      }
      if (barrier > barriers || (ends_early && random() % 3 == 0)) break;
      copies[i].push_back(spell("barrier" + std::to_string(barrier)));
    }
    copies[i].push_back(spell("end"));
  }
  return copies;
}

TEST_CASE("where barriers stand does not show in the order of what leaves") {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const std::vector<Lines> copies = random_copies(random, 4);
    std::vector<Lines> plain = copies;
    for (Lines& copy : plain) copy = without_barriers(copy);
    const Lines expected = run_from(0, "", plain, 0).lines;
    for (unsigned seed = 0; seed < 10; ++seed) {
      REQUIRE(without_barriers(run_from(0, "", copies, seed).lines) == expected);
    }
  }
}

TEST_CASE("a merge goes on from any barrier as if nothing had happened") {
  std::mt19937 random(12);
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    const std::vector<Lines> copies = random_copies(random, 4);
    const Run whole = run_from(0, "", copies, static_cast<unsigned>(round));
    for (const auto& [epoch, saved] : whole.saved) {
      std::vector<Lines> rest;
      for (const Lines& copy : copies) {
        rest.push_back(behind(copy, epoch));
        if (rest.back().empty()) rest.back() = {spell("end")};  // it had ended
      }
      const Run again = run_from(epoch, saved, rest, static_cast<unsigned>(round + 1));
      Lines expected = without_barriers(behind(whole.lines, epoch));
      expected.insert(expected.begin(), begin_of(epoch));
      REQUIRE(without_barriers(again.lines) == expected);
    }
  }
}

TEST_CASE("a barrier tells the stages of all copies, and the merge") {
  const auto barrier = [](int epoch, const std::string& stages) {
    return R"({"~stream":{"barrier":{"epoch":)" + std::to_string(epoch) + R"(,"via":[)" + stages +
           "]}}}";
  };
  const Run first = run_from(0, "",
                             {{"a", barrier(1, R"("x-1:0")"), spell("end")},
                              {barrier(1, R"("x-2:0")"), "b", spell("end")}},
                             3);
  CHECK(std::ranges::count(first.lines, barrier(1, R"("x-1:0","x-2:0","merge:1")")) == 1);
  // The first copy has ended behind it, in another run.
  const Run second = run_from(1, first.saved.at(1),
                              {{spell("end")}, {"b", barrier(2, R"("x-2:0")"), spell("end")}}, 3);
  CHECK(std::ranges::count(second.lines, barrier(2, R"("-x-1:0","x-2:0","merge:1")")) == 1);
}

TEST_CASE("without times, records leave when a barrier does") {
  FakeKeeper keeper(0);
  Collector out;
  JobsMerge merge(
      2, out, [] { return false; }, &keeper);
  const std::string begin = R"({"~stream":{"begin":{"epoch":0}}})";
  feed(merge, {{begin, "a", spell("barrier1"), "b"}, {begin, "c", spell("barrier1"), "d"}}, 5);
  REQUIRE(out.lines.size() >= 2);
  CHECK(Lines(out.lines.begin(), out.lines.begin() + 2) == Lines{"a", "c"});
  CHECK(keeper.saved.at(1).find("\"a\"") == std::string::npos);
}

TEST_CASE("copies of another epoch are refused") {
  FakeKeeper keeper(7);
  Collector out;
  JobsMerge merge(
      1, out, [] { return true; }, &keeper);
  merge.add(0, begin_of(6));
  CHECK(merge.problem().find("another epoch") != std::string::npos);
  CHECK(merge.may_try_again());
}

TEST_CASE("damaged states of a merge are refused") {
  FakeKeeper keeper(1);
  Collector out;
  for (const char* text :
       {"{\"entry\":\"other\"}\n", "{\"entry\":\"merge\"}\n{\"entry\":\"copy\",\"number\":9}\n",
        "{\"entry\":\"merge\"}\n{\"entry\":\"copy\",\"number\":0}\n"}) {
    CAPTURE(text);
    JobsMerge merge(
        2, out, [] { return true; }, &keeper);
    SnapshotReader in{std::string(text)};
    CHECK_FALSE(merge.restore(in).ok());
  }
}

}  // namespace
}  // namespace streamutils
