// Names of files made from any event: nothing in an event leaves its place in the path, and two
// values of one kind do not share a name.  The first line is a pattern, or {a} and {b} if it is
// none; the second and third are events.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../event.h"
#include "base/text.h"
#include "ops/file_name.h"
#include "words.h"

namespace {

using namespace streamutils;
using streamutils::testing::Event;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string name_of(FileName& pattern, const Event& event) {
  std::string name;
  pattern.append(name, event.record());
  return name;
}

// out/{a}/x{b}: each part is one name in one folder.
void check_safe(const std::string& name) {
  require(name.starts_with("out/"));
  require(std::count(name.begin(), name.end(), '/') == 2);
  require(is_utf8(name));
  require(std::none_of(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }));
  const std::string first = name.substr(4, name.find('/', 4) - 4);
  const std::string second = name.substr(name.rfind('/') + 1);
  require(!first.empty() && first.front() != '.' && first.size() <= 255);
  require(second.starts_with('x') && second.size() > 1 && second.size() <= 256);
}

Value value_of(const Event& event) {
  static const Path path = *Path::parse("/a");
  return event.record().get(path);
}

std::string key_of(const Event& event) {
  std::string key;
  append_key(key, value_of(event));
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view pattern = take_line(text);
  const Event one(take_line(text));
  const Event other(take_line(text));
  if (!one.record().check() || !other.record().check()) return 0;
  if (auto any = FileName::parse(pattern)) {
    require(name_of(*any, one) == name_of(*any, one));
    for (const Path& path : any->fields()) require(pattern.find(path.text()) != pattern.npos);
  }
  static FileName parts = *FileName::parse("out/{/a}/x{/b}");
  check_safe(name_of(parts, one));
  static FileName alone = *FileName::parse("{/a}");
  const bool same_name = name_of(alone, one) == name_of(alone, other);
  if (key_of(one) == key_of(other)) require(same_name);
  // A text may be spelled like a number.
  if (value_of(one).kind() == value_of(other).kind()) {
    require(same_name == (key_of(one) == key_of(other)));
  }
  return 0;
}
