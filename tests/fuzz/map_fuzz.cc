// smap's two ways of setting members.  Input: lines.
//
// The quick one edits the line where it stands (ops/line_edits.h); the general one takes the event
// apart and puts it together.  Of an event without damage and without duplicate names both make the
// same row, byte for byte.  The lines go through one operator, so that records that know the shapes
// of lines are tried too.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/expr.h"
#include "json/record.h"
#include "ops/map.h"

namespace {

using streamutils::Expr;
using streamutils::Fate;
using streamutils::MapOptions;
using streamutils::OperatorPtr;
using streamutils::Path;
using streamutils::Record;

void require(bool holds) {
  if (!holds) std::abort();
}

class Rows final : public streamutils::Emitter {
 public:
  void emit(std::string_view line) override { text.append(line).push_back('\n'); }
  bool count(std::string_view, std::uint64_t) override { return false; }
  void say(std::string_view) override {}

  std::string text;
};

OperatorPtr map_of(const std::vector<std::pair<const char*, const char*>>& assignments,
                   bool general) {
  MapOptions options;
  for (const auto& [target, text] : assignments) {
    options.assignments.push_back({*Path::parse(target), *Expr::compile_argument(text)});
  }
  // Something to drop, which no event of this fuzzer has, asks for the general way.
  if (general) options.drop.push_back(*Path::parse("/never there/not even so"));
  return streamutils::make_map(std::move(options));
}

struct Result {
  Fate fate;
  std::string rows;
};

Result run(streamutils::Operator& op, const Record& record) {
  Rows rows;
  const Fate fate = op.on_record(record, rows).fate;
  return {fate, std::move(rows.text)};
}

void compare(std::string_view text,
             const std::vector<std::pair<const char*, const char*>>& assignments) {
  const OperatorPtr quick = map_of(assignments, false);
  const OperatorPtr general = map_of(assignments, true);
  Record record;
  for (std::size_t lines = 0; !text.empty() && lines < 60; ++lines) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
    const std::size_t length = line.size();
    line.append(Record::kPadding, ' ');
    const std::string_view event = std::string_view(line).substr(0, length);
    Record fresh;
    fresh.reset(event);
    const bool sound = fresh.check();  // refuses duplicate names too
    record.reset(event);
    const Result edited = run(*quick, record);
    if (!sound) continue;
    record.reset(event);
    const Result rebuilt = run(*general, record);
    require(edited.fate == rebuilt.fate);
    require(edited.rows == rebuilt.rows);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20'000) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  compare(text, {{"total", "price * 2"}});
  compare(text, {{"b", "a"}, {"a", "1"}, {"c", "this.?b.orValue(\"none\")"}});
  compare(text, {{"a", "null"}, {"new", "size(b)"}});
  return 0;
}
