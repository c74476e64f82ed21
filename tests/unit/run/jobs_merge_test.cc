// The merge of the copies' outputs: however their lines arrive, the same stream leaves.
// SPDX-License-Identifier: Apache-2.0
#include "run/jobs_merge.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
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
Lines merge(const std::vector<Lines>& copies, unsigned seed, bool forwards = true) {
  std::mt19937 random(seed);
  Collector out;
  JobsMerge merge(copies.size(), out, [=] { return forwards; });
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

}  // namespace
}  // namespace streamutils
