// Record against simdjson and against itself.  Input: one line; the last check takes it for
// several.
//
// What simdjson's DOM accepts, a record finds with the same value; check() and the grammar of
// nested values, two implementations, agree; what check() accepts, no get() calls damage; what
// get() returns is well-formed; the order of asking does not matter; and a record that has seen
// other lines before, and knows their shapes, says the same as a new one.
// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "json/grammar.h"
#include "json/record.h"

namespace {

using streamutils::Kind;
using streamutils::Path;
using streamutils::Record;
using streamutils::Value;
namespace dom = simdjson::dom;

void require(bool condition) {
  if (!condition) std::abort();
}

// A copy with padding of its own, of the exact size.
class Padded {
 public:
  explicit Padded(std::string_view text) : bytes_(text.begin(), text.end()), size_(text.size()) {
    static constexpr std::string_view kBait = "\"},{[:\\";
    for (std::size_t i = 0; i < Record::kPadding; ++i) bytes_.push_back(kBait[i % kBait.size()]);
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

struct Member {
  std::string name;  // unescaped
  Kind kind;
  std::string raw;
};

std::string escape_pointer(std::string_view name) {
  std::string escaped = "/";
  for (const char c : name) {
    if (c == '~' || c == '/') {
      escaped += c == '~' ? "~0" : "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::vector<Member> members_of(const Record& record) {
  std::vector<Member> members;
  record.for_each([&](std::string_view raw_name, Value value) {
    std::string scratch;
    const Value name(Kind::string, raw_name);
    members.push_back({std::string(name.text(scratch)), value.kind(), std::string(value.raw())});
    return true;
  });
  return members;
}

void compare_value(const Value& value, dom::element element) {
  dom::parser parser;
  dom::element mine;
  const Padded raw(value.raw());
  require(parser.parse(raw.view().data(), raw.view().size(), false).get(mine) == simdjson::SUCCESS);
  require(simdjson::minify(mine) == simdjson::minify(element));
}

// Every member that the DOM has is found, with the value of the first of its name.
void compare_with_dom(std::string_view line) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(line.data(), line.size(), false).get_object().get(object)) return;
  std::set<std::string_view> seen;
  Record record;
  record.reset(line);
  for (const dom::key_value_pair member : object) {
    if (!seen.insert(member.key).second) continue;
    const Value value = record.member(member.key);
    require(value.exists());
    compare_value(value, member.value);
    if (!value.is(Kind::object)) continue;
    std::set<std::string_view> inner_seen;
    for (const dom::key_value_pair inner : dom::object(member.value)) {
      if (!inner_seen.insert(inner.key).second) continue;
      const auto path = Path::parse(escape_pointer(member.key) + escape_pointer(inner.key));
      require(path.ok());
      compare_value(record.get(*path), inner.value);
    }
  }
  require(record.ok());
  require(!record.member("no such name").exists() || seen.count("no such name") != 0);
  require(record.ok());
}

// Values come out the same whichever is asked for first, and each is well-formed by itself.
void compare_orders(std::string_view line) {
  Record forward, backward;
  forward.reset(line);
  backward.reset(line);
  const std::vector<Member> members = members_of(forward);
  std::set<std::string> seen;
  std::vector<Member> firsts;
  for (const Member& member : members) {
    require(streamutils::kind_by_first(member.raw[0]) == member.kind);
    std::string brackets;
    require(streamutils::damage_in_value(member.raw, streamutils::kAnyFacts, brackets).empty());
    if (seen.insert(member.name).second) firsts.push_back(member);
  }
  for (auto member = firsts.rbegin(); member != firsts.rend(); ++member) {
    const Value value = backward.member(member->name);
    require(std::string(value.raw()) == member->raw);
    require(value.kind() == member->kind);
  }
}

void compare_checks(std::string_view line) {
  Record record;
  record.reset(line);
  const bool accepted = record.check();
  require(accepted == record.ok());
  const std::string why(record.damage());
  std::string brackets;
  const bool well_formed = streamutils::damage_in_object(line, brackets).empty();
  require(accepted ? well_formed
                   : !well_formed || why == "a name stands twice in one object" ||
                         why == "nested deeper than 1024");
  if (!well_formed) return;
  record.reset(line);
  for (const char* path :
       {"a", "a.b", "a.0", "a.b.0.c", "b", "ts", "/a/b/c", "x.y.z", "this", "/"}) {
    record.get(*Path::parse(path));
    require(record.ok());
  }
  record.for_each([](std::string_view, Value) { return true; });
  require(record.ok());
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < 100) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

void compare_answers(const Record& a, const Record& b, std::string_view name) {
  const Value x = a.member(name), y = b.member(name);
  require(x.kind() == y.kind() && x.raw() == y.raw());
  require(a.damage() == b.damage());
  const streamutils::WantedName wanted(name);
  const std::string_view p = a.place_of(wanted), q = b.place_of(wanted);
  require(a.damage() == b.damage());
  require(!a.ok() || (p.data() == q.data() && p.size() == q.size()));
}

// A new record learns nothing of its first line, so that it walks by other means.
void compare_with_practised(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  std::set<std::string> names = {"a", "b", "ts", "no such name"};
  Record practised;
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view line : lines) {
      const Padded padded(line);
      Record fresh;
      fresh.reset(padded.view());
      for (const Member& member : members_of(fresh)) {
        if (names.size() < 20) names.insert(member.name);
      }
      fresh.reset(padded.view());
      practised.reset(padded.view());
      for (const std::string& name : names) compare_answers(practised, fresh, name);
      Record backward;
      backward.reset(padded.view());
      practised.reset(padded.view());
      for (auto name = names.rbegin(); name != names.rend(); ++name) {
        compare_answers(practised, backward, *name);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 100'000) return 0;
  const Padded line({reinterpret_cast<const char*>(data), size});
  compare_checks(line.view());
  compare_orders(line.view());
  compare_with_dom(line.view());
  compare_with_practised(line.view());
  return 0;
}
