// TextScanner and find_newlines against plain loops.  Input: the length of a text, the text, and a
// block.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "json/record.h"
#include "json/scan.h"

namespace {

using streamutils::Record;
using streamutils::TextScanner;
using Verdict = TextScanner::Verdict;

constexpr std::string_view kMember = "\"ab\":\"";

void require(bool condition) {
  if (!condition) std::abort();
}

bool is_control_like(std::string_view line) {
  std::size_t i = 1;
  while (i < line.size() && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r')) ++i;
  return line.substr(i, 2) == "\"~";
}

Verdict verdict_of(std::string_view line, std::string_view text) {
  if (line.size() < 2 || line.front() != '{' || line.back() != '}' || is_control_like(line))
    return Verdict::odd;
  const bool found = line.find(text) != line.npos || line.find("\\u") != line.npos;
  return found ? Verdict::candidate : Verdict::plain;
}

void compare(std::string_view block, const std::string& text) {
  std::vector<TextScanner::Line> lines;
  const std::size_t count = TextScanner(text).scan(block, lines);
  std::size_t expected = 0, reported = 0;
  for (std::size_t begin = 0; begin < block.size(); ++expected) {
    const std::size_t end = block.find('\n', begin);
    std::array<const char*, 3> found;
    const std::size_t n =
        streamutils::find_newlines(block.data() + begin, block.data() + block.size(), found);
    for (std::size_t i = 0, at = end; i < found.size(); at = block.find('\n', at + 1), ++i) {
      require(i < n ? found[i] == block.data() + at : at == block.npos);
      if (i >= n) break;
    }
    const Verdict verdict = verdict_of(block.substr(begin, end - begin), text);
    if (verdict != Verdict::plain) {
      require(reported < lines.size());
      const TextScanner::Line& line = lines[reported++];
      require(line.begin == begin && line.end == end && line.verdict == verdict);
    }
    begin = end + 1;
  }
  require(count == expected && reported == lines.size());
}

// With a member to be seen: a line that is passed over lacks the text and, if it is a record at
// all, has a string in the member.
void check_passed_over(std::string_view line, std::string_view text) {
  require(verdict_of(line, text) == Verdict::plain);
  std::string padded(line);
  padded.append(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(padded).substr(0, line.size()));
  if (!record.check()) return;
  const std::string_view name = kMember;
  require(record.member(name.substr(1, name.size() - 4)).is(streamutils::Kind::string));
}

void check_member(std::string_view block, const std::string& text) {
  std::vector<TextScanner::Line> lines;
  const std::string_view name = kMember;
  TextScanner(text, name.substr(1, name.size() - 4)).scan(block, lines);
  std::size_t reported = 0;
  for (std::size_t begin = 0; begin < block.size();) {
    const std::size_t end = block.find('\n', begin);
    if (reported < lines.size() && lines[reported].begin == begin) {
      ++reported;
    } else {
      check_passed_over(block.substr(begin, end - begin), text);
    }
    begin = end + 1;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string text(input.substr(0, 1 + data[0] % 64));
  for (char& c : text) c = c == '\n' ? 'n' : c;
  input.remove_prefix(text.size());

  // The text is put into the block here and there, so that it is found at all.
  std::string block(input);
  for (std::size_t at = data[0]; at < block.size(); at += 3 * text.size() + 50)
    block.insert(at, text);
  for (std::size_t at = data[0] / 2; at < block.size(); at += 97) block.insert(at, kMember);
  block += '\n';
  const std::size_t block_size = block.size();
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::vector<char> memory(shift + block_size + 64, '\n');
    std::memcpy(memory.data() + shift, block.data(), block_size);
    compare({memory.data() + shift, block_size}, text);
    check_member({memory.data() + shift, block_size}, text);
  }
  return 0;
}
