// Changes made in the line against the same changes made member by member.
// SPDX-License-Identifier: Apache-2.0
#include "ops/line_edits.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "ops/member_text.h"

namespace streamutils {
namespace {

using Kind = LineEdits::Change::Kind;

class Lab {
 public:
  explicit Lab(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  // Names, some of which begin others, some with escapes, some twice in one line.
  std::string key() {
    static const std::vector<std::string> kKeys = {"a", "b", "c", "ab", "a.b", "id", "id.x", "é"};
    return '"' + (one_in(40) ? R"(\u0061)" : kKeys[below(kKeys.size())]) + '"';
  }
  std::string value() {
    static const std::vector<std::string> kValues = {
        "1",      "-2.50", "true",        "null",
        R"("x")", R"("")", R"("a\"b,{")", R"({"b":1,"a":[2]})",
        "{}",     "[]",    R"([{"a":1}])"};
    return kValues[below(kValues.size())];
  }
  std::string space() { return one_in(60) ? " " : ""; }

  // What a line looks like: its keys and spaces, and its values to be put in.
  std::vector<std::string> shape() {
    std::vector<std::string> parts{space() + "{" + space()};
    const std::size_t members = below(6);
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < members; ++i) {
      std::string next = key();
      const bool is_new = std::find(keys.begin(), keys.end(), next) == keys.end();
      if (!is_new && !one_in(10)) continue;
      keys.push_back(next);
      if (keys.size() > 1) parts.back() += space() + "," + space();
      parts.back() += next + space() + ":" + space();
      parts.emplace_back();
    }
    parts.back() += space() + "}" + space();
    return parts;
  }
  std::string line(const std::vector<std::string>& shape) {
    std::string text = shape.front();
    for (std::size_t i = 1; i < shape.size(); ++i) text += value() + shape[i];
    return text;
  }

  // Of different paths, as LineEdits wants them.
  std::vector<LineEdits::Change> changes(std::vector<Kind> kinds) {
    std::vector<std::string> paths = {"a", "b", "c", "ab", "a.b", "id.x", "é", "none"};
    std::shuffle(paths.begin(), paths.end(), random_);
    std::vector<LineEdits::Change> changes;
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      const Kind kind = kinds[below(kinds.size())];
      const bool is_set = kind == Kind::none;
      const auto path = std::find_if(paths.begin(), paths.end(), [&](const std::string& name) {
        return !is_set || name.find('.') == name.npos;
      });
      LineEdits::Change change{*Path::parse(*path), kind};
      paths.erase(path);
      if (kind == Kind::renamed) {
        change.new_name = paths.back();
        paths.pop_back();
      }
      changes.push_back(std::move(change));
    }
    return changes;
  }

 private:
  std::mt19937 random_;
};

Path name_path(const std::string& name) {
  // A pointer: its step is the name, also with a dot.
  return *Path::parse("/" + name);
}

std::string expected(const Record& record, const std::vector<LineEdits::Change>& changes,
                     const std::vector<std::string>& values, bool keeps_set) {
  TextPool pool;
  MemberText event(pool);
  REQUIRE(event.read(record));
  std::vector<const Path*> kept;
  bool picks = keeps_set;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const LineEdits::Change& change = changes[i];
    if (!values[i].empty()) REQUIRE(event.set(change.path, values[i]));
    if (change.kind == Kind::dropped) event.drop(change.path);
    if (change.kind == Kind::renamed) event.rename(change.path, name_path(change.new_name));
    if (change.kind == Kind::kept || (keeps_set && !values[i].empty())) {
      kept.push_back(&change.path);
    }
    picks |= change.kind == Kind::kept;
  }
  if (picks) event.keep(kept);
  std::string row;
  event.write(row);
  return row;
}

TEST_CASE("changes in the line are those of its members, where they are made there") {
  Lab lab(20261127);
  std::size_t made = 0;
  std::size_t lines = 0;
  const std::vector<std::vector<Kind>> kinds = {
      {Kind::none}, {Kind::none, Kind::dropped}, {Kind::renamed}, {Kind::none, Kind::kept}};
  for (int round = 0; round < 3000; ++round) {
    const auto& some = kinds[lab.below(kinds.size())];
    const auto changes = lab.changes(some);
    if (!LineEdits::can_make(changes)) continue;
    const bool keeps_set = some.front() == Kind::none && lab.one_in(4) &&
                           std::none_of(changes.begin(), changes.end(), [](const auto& change) {
                             return change.kind == Kind::dropped;
                           });
    LineEdits edits(changes, keeps_set);
    Record record;
    const auto shape = lab.shape();
    // A record learns how lines look from the fifth on.
    for (int repeated = 0; repeated < 12; ++repeated) {
      std::string text = lab.line(shape);
      const std::size_t size = text.size();
      text.append(Record::kPadding, '\n');
      record.reset(std::string_view(text).substr(0, size));
      ++lines;
      const LineEdits::Begun begun = edits.begin(record);
      REQUIRE(begun != LineEdits::Begun::damaged);
      if (begun == LineEdits::Begun::other) continue;
      ++made;
      std::vector<std::string> values(changes.size());
      for (std::size_t i = 0; i < changes.size(); ++i) {
        const bool is_set = changes[i].kind == Kind::none || changes[i].kind == Kind::kept;
        if (!is_set || changes[i].path.steps().size() > 1 || lab.one_in(3)) continue;
        values[i] = lab.value();
        edits.set(i) += values[i];
      }
      std::string row;
      for (const std::string_view piece : edits.pieces()) row += piece;
      const std::string wanted = expected(record, changes, values, keeps_set);
      INFO(record.line());
      REQUIRE(row == wanted);
    }
  }
  CHECK(made > lines / 2);
}

TEST_CASE("a line that is damaged where it is read is told") {
  LineEdits edits({{*Path::parse("a"), Kind::kept}}, false);
  Record record;
  for (const char* line : {R"({"a":1x})", R"({"a":1,"b")", R"({"a":1)", R"({"a":"x" 1})"}) {
    std::string text(line);
    const std::size_t size = text.size();
    text.append(Record::kPadding, '\n');
    record.reset(std::string_view(text).substr(0, size));
    CHECK(edits.begin(record) == LineEdits::Begun::damaged);
  }
}

}  // namespace
}  // namespace streamutils
