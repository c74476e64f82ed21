// Terms: any text and any event.  The input is a term, a line feed, and an event.
//
// Checked: nothing crashes; what is a term has an operator; a negation is exact; the text that a
// line must hold is held by every line that matches, unless it spells something as \u.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "json/record.h"
#include "ops/term.h"
#include "stream/operator.h"

namespace {

using namespace streamutils;

class Ignore final : public Emitter {
 public:
  void emit(std::string_view) override {}
  bool count(std::string_view, std::uint64_t) override { return true; }
  void say(std::string_view) override {}
};

void require(bool condition) {
  if (!condition) std::abort();
}

// Asked twice: a predicate has no memory of what it has seen.
bool matches(Predicate& predicate, const Record& record) {
  Ignore out;
  const bool first = predicate.matches(record, out);
  require(predicate.matches(record, out) == first);
  return first;
}

// a=x for a!=x, and the like; empty for other operators, and for a field that ends with '!', which
// would become part of the operator.
std::string plain_of(std::string_view text) {
  const auto parts = split_term(text);
  const bool negated = parts->op == "!=" || parts->op == "!~";
  if (!negated || parts->field.ends_with('!')) return {};
  const char* op = parts->op == "!=" ? "==" : "~";
  return std::string(parts->field) + op + std::string(parts->value);
}

void try_on_event(std::string_view text, Predicate& predicate, std::string_view event) {
  std::string bytes(event);
  bytes.append(Record::kPadding, '\0');
  Record record;
  record.reset(std::string_view(bytes).substr(0, event.size()));
  const bool match = matches(predicate, record);
  if (!record.ok()) return;
  if (match && event.find("\\u") == event.npos) {
    require(event.find(predicate.required_text().text) != event.npos);
  }
  if (const std::string plain = plain_of(text); !plain.empty()) {
    require(matches(*make_term(plain).value(), record) != match);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\n'), size);
  const std::string_view text = input.substr(0, end);
  const auto term = make_term(text);
  require(!term.ok() || split_term(text).has_value());
  if (term.ok()) try_on_event(text, **term, input.substr(std::min(end + 1, size)));
  return 0;
}
