// The aggregates: a plain struct each, and a row in the table at the end.
//
// No result may depend on the order in which events of different times came, nor on how the events
// were cut into parts.  So sums are exact decimals that are rounded when they are written, if at
// all; the least of equal numbers is written in the one spelling they share; and first and last go
// by the time of the event.  Events of equal time count in the order in which they came: parts that
// are merged never share a time, because slices and sessions are cut by time.
// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate.h"

#include <array>
#include <charconv>
#include <new>
#include <optional>
#include <utility>

#include "base/decimal.h"
#include "base/text.h"

namespace streamutils {
namespace {

// Makes an Aggregate of a struct with add, merge, write, save and restore.
template <typename State>
class Adapter final : public Aggregate {
  static_assert(alignof(State) <= 16);

 public:
  std::size_t size() const override { return sizeof(State); }
  void create(void* state) const override { new (state) State; }
  void destroy(void* state) const override { of(state).~State(); }
  Taken add(void* state, const Sample& sample) const override { return of(state).add(sample); }
  void merge(void* state, const void* other) const override { of(state).merge(of(other)); }
  void write(const void* state, std::string& out) const override { of(state).write(out); }
  void save(const void* state, std::string& out) const override { of(state).save(out); }
  bool restore(void* state, std::string_view text) const override {
    return of(state).restore(text);
  }

 private:
  static State& of(void* state) { return *static_cast<State*>(state); }
  static const State& of(const void* state) { return *static_cast<const State*>(state); }
};

template <typename State>
AggregatePtr make() {
  return std::make_unique<Adapter<State>>();
}

template <typename Integer>
bool read_integer(std::string_view text, Integer& n) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size();
}

// "a b" -> a, b; false without a space.
bool split_at_space(std::string_view text, std::string_view& head, std::string_view& tail) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  head = text.substr(0, space);
  tail = text.substr(space + 1);
  return true;
}

struct Count {
  std::uint64_t n = 0;

  Taken add(const Sample&) {
    ++n;
    return Taken::yes;
  }
  void merge(const Count& other) { n += other.n; }
  void write(std::string& out) const { out += std::to_string(n); }
  void save(std::string& out) const { write(out); }
  bool restore(std::string_view text) { return read_integer(text, n); }
};

struct Sum {
  ExactSum sum;

  Taken add(const Sample& sample) {
    if (!sample.value.is(Kind::number)) return Taken::wrong_type;
    return sum.add(sample.value.raw()) ? Taken::yes : Taken::out_of_range;
  }
  void merge(const Sum& other) { sum.add(other.sum); }
  void write(std::string& out) const { sum.append_to(out); }
  void save(std::string& out) const { sum.append_to(out); }
  bool restore(std::string_view text) { return is_number(text) && sum.add(text); }
};

struct Average {
  Sum sum;
  std::uint64_t n = 0;

  Taken add(const Sample& sample) {
    const Taken taken = sum.add(sample);
    n += taken == Taken::yes;
    return taken;
  }
  void merge(const Average& other) {
    sum.merge(other.sum);
    n += other.n;
  }
  void write(std::string& out) const {
    const std::optional<double> average = sum.sum.divided_by(n);
    if (!average) {
      out += "null";
      return;
    }
    append_double(out, *average);
  }
  void save(std::string& out) const {
    out += std::to_string(n) + ' ';
    sum.save(out);
  }
  bool restore(std::string_view text) {
    std::string_view count;
    std::string_view total;
    return split_at_space(text, count, total) && read_integer(count, n) && sum.restore(total);
  }
};

// A number in plain digits where that is short, without the zeros that its spelling may carry.
void append_plain_number(std::string& out, std::string_view number) {
  ExactSum sum;
  if (sum.add(number)) {
    sum.append_to(out);
  } else {
    append_canonical_number(out, number);
  }
}

// UTF-8 bytes are in the order of the code points.
int compare_strings(Value a, Value b) {
  std::string a_scratch;
  std::string b_scratch;
  return a.text(a_scratch).compare(b.text(b_scratch));
}

// The least or the greatest.  Numbers are compared as exact decimals; strings among themselves, and
// only in a group without numbers.
template <bool kLeast>
struct Extreme {
  std::string raw;  // JSON text of a number or a string; empty: nothing yet

  Value held() const { return {raw[0] == '"' ? Kind::string : Kind::number, raw}; }

  static bool wins(Value challenger, Value holder) {
    if (challenger.is(Kind::number)) {
      const auto order = compare_numbers(challenger.raw(), holder.raw());
      return kLeast ? order < 0 : order > 0;
    }
    const int order = compare_strings(challenger, holder);
    return kLeast ? order < 0 : order > 0;
  }

  Taken add(const Sample& sample) { return offer(sample.value); }

  Taken offer(Value value) {
    if (!value.is(Kind::number) && !value.is(Kind::string)) return Taken::wrong_type;
    if (raw.empty()) {
      raw = value.raw();
      return Taken::yes;
    }
    if (value.kind() == held().kind()) {
      if (wins(value, held())) raw = value.raw();
      return Taken::yes;
    }
    if (value.is(Kind::number)) raw = value.raw();
    return Taken::mixed;
  }

  void merge(const Extreme& other) {
    if (!other.raw.empty()) offer(other.held());
  }
  void write(std::string& out) const {
    if (raw.empty()) {
      out += "null";
    } else if (held().is(Kind::number)) {
      append_plain_number(out, raw);
    } else {
      append_key(out, held());
    }
  }
  void save(std::string& out) const { out += raw; }
  bool restore(std::string_view text) {
    const bool is_string = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    if (!text.empty() && !is_string && !is_number(text)) return false;
    raw = text;
    return true;
  }
};

// The value of the earliest or the latest event, its bytes kept.  Of equal times the first that
// came is the earliest, the last that came the latest.
template <bool kFirst>
struct Edge {
  std::string raw;  // JSON text; empty: nothing yet
  Timestamp time{};

  Taken add(const Sample& sample) {
    const bool wins = kFirst ? sample.time < time : sample.time >= time;
    if (raw.empty() || wins) {
      raw = sample.value.raw();
      time = sample.time;
    }
    return Taken::yes;
  }
  void merge(const Edge& other) {
    const bool wins = kFirst ? other.time < time : other.time >= time;
    if (raw.empty() || (!other.raw.empty() && wins)) *this = other;
  }
  void write(std::string& out) const { out += raw.empty() ? std::string_view("null") : raw; }
  void save(std::string& out) const {
    if (raw.empty()) return;
    out += std::to_string(to_nanos(time)) + ' ';
    out += raw;
  }
  bool restore(std::string_view text) {
    if (text.empty()) return true;
    std::string_view nanos;
    std::string_view value;
    std::int64_t n = 0;
    if (!split_at_space(text, nanos, value) || value.empty() || !read_integer(nanos, n)) {
      return false;
    }
    raw = value;
    time = from_nanos(n);
    return true;
  }
};

constexpr AggregateFunction kFunctions[] = {
    {"count", 0, "", "the number of events", "", &make<Count>},
    {"sum", 1, "FIELD", "the sum of the numbers, exactly as decimals; 0 of none", "a number",
     &make<Sum>},
    {"avg", 1, "FIELD", "the average of the numbers, rounded once", "a number", &make<Average>},
    {"min", 1, "FIELD", "the least number; without numbers, the least string",
     "a number or a string", &make<Extreme<true>>},
    {"max", 1, "FIELD", "the greatest number; without numbers, the greatest string",
     "a number or a string", &make<Extreme<false>>},
    {"first", 1, "FIELD", "the value of the earliest event that has one, any JSON", "",
     &make<Edge<true>>},
    {"last", 1, "FIELD", "the value of the latest event that has one, any JSON", "",
     &make<Edge<false>>},
};

}  // namespace

std::span<const AggregateFunction> aggregate_functions() { return kFunctions; }

const AggregateFunction* find_aggregate(std::string_view name) {
  for (const AggregateFunction& function : kFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace streamutils
