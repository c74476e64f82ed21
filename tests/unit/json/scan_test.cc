// The scanners against plain loops over bytes.
// SPDX-License-Identifier: Apache-2.0
#include "json/scan.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "lines.h"

namespace streamutils {
namespace {

using Verdict = TextScanner::Verdict;

TEST_CASE("newlines are found at every distance and alignment, as many as there is room for") {
  constexpr std::size_t kRoom = 5;
  for (std::size_t size = 0; size < 200; ++size) {
    for (std::size_t distance = 1; distance < 150; distance += distance / 4 + 1) {
      std::string text(size, 'x');
      for (std::size_t i = size % distance; i < size; i += distance) text[i] = '\n';
      const PaddedLine line(text + "\n\n");  // two that are beyond
      for (std::size_t skip = 0; skip <= size && skip < 70; skip += 7) {
        const char* const begin = line.view().data() + skip;
        const char* const end = line.view().data() + size;
        std::vector<const char*> expected;
        for (const char* at = begin; at < end && expected.size() < kRoom; ++at) {
          if (*at == '\n') expected.push_back(at);
        }
        std::array<const char*, kRoom> found{};
        const std::size_t n = find_newlines(begin, end, found);
        CHECK(std::vector<const char*>(found.begin(), found.begin() + n) == expected);
      }
    }
  }
}

TEST_CASE("every line gets its verdict") {
  struct Row {
    const char* line;
    Verdict verdict;
  };
  const Row rows[] = {
      {R"({"a":"needle"})", Verdict::candidate},
      {R"({"a":"needl"})", Verdict::plain},
      {R"({"needle":1})", Verdict::candidate},
      {R"({"a":"xneedlex"})", Verdict::candidate},
      {R"({"a":"\u006eeedle"})", Verdict::candidate},
      {R"({"a":"\\u"})", Verdict::candidate},
      {R"({"a":"\n\\"})", Verdict::plain},
      {R"({})", Verdict::plain},
      {R"({ "a" : 1 })", Verdict::plain},
      {"", Verdict::odd},
      {" ", Verdict::odd},
      {"{", Verdict::odd},
      {"}", Verdict::odd},
      {R"( {"a":1})", Verdict::odd},
      {R"({"a":1} )", Verdict::odd},
      {"{\"a\":1}\r", Verdict::odd},
      {R"([needle])", Verdict::odd},
      {R"({"~stream":{"end":true}})", Verdict::odd},
      {R"({  "~stream":{"end":true}})", Verdict::odd},
      {"{\t\"~needle\":1}", Verdict::odd},
      {R"({"a":"~"})", Verdict::plain},
      {R"({ "a":"~"})", Verdict::plain},
      {R"({~})", Verdict::plain},
  };
  const TextScanner scanner("needle");
  // Each line stands at every place of a block of 64, with other lines around it.
  for (const Row& row : rows) {
    for (std::size_t before = 0; before < 130; ++before) {
      CAPTURE(row.line, before);
      const std::string filler = "{" + std::string(before, 'x') + "}\n";
      const std::string text = filler + row.line + "\n" + filler;
      const PaddedLine block(text);
      std::vector<TextScanner::Line> lines;
      CHECK(scanner.scan(block.view(), lines) == 3);
      REQUIRE(lines.size() == (row.verdict == Verdict::plain ? 0 : 1));
      if (lines.empty()) continue;
      CHECK(lines[0].verdict == row.verdict);
      CHECK(lines[0].begin == filler.size());
      CHECK(lines[0].end == filler.size() + std::string(row.line).size());
    }
  }
}

TEST_CASE("texts of every length are found at every place, and only in their line") {
  for (std::size_t size = 1; size <= 64; ++size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + (i * 7 + size) % 23);
    const TextScanner scanner(text);
    for (std::size_t before = 0; before < 130; before += size % 3 + 1) {
      CAPTURE(text, before);
      const std::string hit = "{" + std::string(before, 'z') + text + "}";
      const std::string split = "{" + std::string(before, 'z') + text.substr(0, size / 2) + "}\n{" +
                                text.substr(size / 2) + "}";
      const std::string all = split + "\n" + hit + "\n" + split + "\n";
      const PaddedLine block(all);
      std::vector<TextScanner::Line> lines;
      CHECK(scanner.scan(block.view(), lines) == 5);
      // A text of one byte is whole in either half.
      REQUIRE(lines.size() == (size == 1 ? 3 : 1));
      CHECK(lines[lines.size() / 2].begin == split.size() + 1);
      CHECK(lines[lines.size() / 2].end == split.size() + 1 + hit.size());
    }
  }
}

TEST_CASE("a line is passed over only if a string is seen in the member") {
  const std::pair<std::string, Verdict> rows[] = {
      {R"({"kind":"view","n":1})", Verdict::plain},
      {R"({"n":1,"kind":"view"})", Verdict::plain},
      {R"({"n":1,  "kind":"needle"})", Verdict::candidate},
      {R"({"kind":"view","n":"needle"})", Verdict::candidate},
      {R"({"n":1})", Verdict::candidate},
      {R"({"kind":1})", Verdict::candidate},
      {R"({"kind" :"view"})", Verdict::candidate},
      {R"({"a":{"kind":"view"}})", Verdict::candidate},
      {R"({"a":{},"kind":"view"})", Verdict::candidate},
      {R"({"a":[1],"kind":"view"})", Verdict::candidate},
      {R"({"a":"\"kind\":\"view"})", Verdict::candidate},
      {R"({"a":"\n","kind":"view"})", Verdict::candidate},
      {R"({"kind":"view","a":{"b":["\n"]}})", Verdict::plain},
      {R"({"mankind":"view"})", Verdict::candidate},
      {R"({"~":1,"kind":"view"})", Verdict::odd},
  };
  const TextScanner scanner("needle", "kind");
  for (const auto& [line, verdict] : rows) {
    for (std::size_t before = 0; before < 130; ++before) {
      CAPTURE(line, before);
      const std::string filler = R"({"kind":")" + std::string(before, 'x') + "\"}\n";
      std::string longer = line;
      if (line[2] != '~') longer.insert(1, "\"x\":\"" + std::string(before, 'x') + "\",");
      const std::string text = filler + longer + "\n" + filler;
      const PaddedLine block(text);
      std::vector<TextScanner::Line> lines;
      CHECK(scanner.scan(block.view(), lines) == 3);
      REQUIRE(lines.size() == (verdict == Verdict::plain ? 0 : 1));
      if (!lines.empty()) CHECK(lines[0].verdict == verdict);
    }
  }
}

TEST_CASE("a text at the very end of a block is not read beyond it") {
  const TextScanner scanner("abc");
  const PaddedLine empty("");
  std::vector<TextScanner::Line> lines;
  CHECK(scanner.scan(empty.view(), lines) == 0);
  // The padding of a PaddedLine begins so.
  const TextScanner bait("\"},{");
  const PaddedLine block("{}\n");
  CHECK(bait.scan(block.view(), lines) == 1);
  CHECK(lines.empty());
}

}  // namespace
}  // namespace streamutils
