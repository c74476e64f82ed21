// SPDX-License-Identifier: Apache-2.0
#include "run/absent_members.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace streamutils;

namespace {

struct Watch {
  explicit Watch(const std::vector<std::string>& paths, bool may_lack = false) {
    std::vector<ExpectedMember> expected;
    for (const std::string& path : paths) {
      expected.push_back({.path = *Path::parse(path), .may_lack = may_lack});
    }
    members = AbsentMembers(std::move(expected));
  }
  void look(std::string_view line) {
    text.assign(line).append(Record::kPadding, ' ');
    record.reset(std::string_view(text).substr(0, line.size()));
    members.look(record);
  }
  void pass(std::string_view lines, std::uint64_t records) {
    text.assign(lines).append(Record::kPadding, ' ');
    members.pass(std::string_view(text).substr(0, lines.size()), records, 0);
  }
  std::vector<std::string> told() const {
    const std::vector<std::string> inputs = {"-"};
    return members.describe(inputs);
  }

  AbsentMembers members;
  Record record;
  std::string text;
};

using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("a member is absent until one event has it, also as null") {
  Watch watch({"a", "b.c"});
  watch.look(R"({"a":null})");
  CHECK(watch.members.is_watching());
  watch.look(R"({"b":{"c":1}})");
  CHECK_FALSE(watch.members.is_watching());
  CHECK(watch.told().empty());
}

TEST_CASE("without events nothing is absent") { CHECK(Watch({"a"}).told().empty()); }

TEST_CASE("names of nested members are found, too") {
  Watch watch({"usr.name", "user.nmae", "id.orig_p"});
  watch.look(R"({"user":{"name":"ann","x":[1]},"id.orig_h":"1.2.3.4"})");
  CHECK(watch.told() == Told{"no event had 'usr.name' (1 read); is it spelled 'user.name'?",
                             "no event had 'user.nmae' (1 read); is it spelled 'user.name'?",
                             "no event had 'id.orig_p' (1 read); is it spelled 'id.orig_h'?"});
}

TEST_CASE("a name that was given itself is not what was meant") {
  Watch watch({"user", "user2"});
  watch.look(R"({"user":1})");
  CHECK(watch.told() == Told{"no event had 'user2' (1 read)"});
}

TEST_CASE("what may be rare is told only with a similar name") {
  Watch watch({"error", "tpye"}, true);
  watch.look(R"({"type":1})");
  CHECK(watch.told() == Told{"no event had 'tpye' (1 read); is it spelled 'type'?"});
}

TEST_CASE("in lines that are passed over, a name is searched line by line") {
  const std::string lines = "{\"user\":{\"type\":1}}\n{\"kind\":{\"typ\":1}}\n";
  Watch watch({"user.typ"});
  watch.pass(lines, 2);
  CHECK(watch.told() == Told{"no event had 'user.typ' (2 read)"});
  watch.pass("{\"user\":{\"typ\":1}}\n", 1);
  CHECK_FALSE(watch.members.is_watching());
}

TEST_CASE(
    "a name with a dot, an index, and a name that JSON escapes count as seen where they may be") {
  for (const auto& [path, line] :
       std::vector<std::pair<std::string, std::string>>{{"id.orig_h", R"({"id.orig_h":1})"},
                                                        {"items.0", R"({"items":[1]})"},
                                                        {"/a~1b", R"({"x":1})"},
                                                        {std::string(70, 'n'), R"({"x":1})"}}) {
    Watch watch({path});
    watch.pass(line + "\n", 1);
    CHECK_FALSE(watch.members.is_watching());
  }
}

TEST_CASE("members of one input are looked for in its events alone") {
  AbsentMembers members({{.path = *Path::parse("a"), .input = 1}});
  Record record;
  std::string text = R"({"a":1})" + std::string(Record::kPadding, ' ');
  record.reset(std::string_view(text).substr(0, 7));
  members.look(record);
  CHECK(members.is_watching());
  const std::vector<std::string> inputs = {"left", "right"};
  CHECK(members.describe(inputs).empty());
}
