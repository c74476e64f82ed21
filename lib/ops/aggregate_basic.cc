// Count, rate, sum, average, least, greatest, first, last, any and every: a plain struct each.
//
// No result may depend on the order in which events of different times came, nor on how the events
// were cut into parts.  So sums are exact decimals that are rounded when they are written, if at
// all; the least of equal numbers is written in the one spelling they share; and first and last go
// by the time of the event.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "base/decimal.h"
#include "base/digit_text.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_parts.h"
#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

struct Count {
  static constexpr std::string_view kKind = "count";
  std::uint64_t n = 0;

  Taken add(const Observation&) {
    ++n;
    return Taken::yes;
  }
  void merge(const Count& other) { n += other.n; }
  void write(std::string& out) const { out += std::to_string(n); }
  char* write_short(char* to) const {
    if (n >= 10) return digits::write(to, n);
    *to = static_cast<char>('0' + n);
    return to + 1;
  }
  void save(std::string& out) const { write(out); }
  void save_value(RowText& row) const { row.put(n); }
  bool restore(std::string_view text) { return read_integer(text, n); }
  std::size_t bytes() const { return 0; }
};

// A count per second of the window.
class Rate final : public StateAggregate<Count> {
 public:
  void write(const void* state, const Closing& closing, std::string& out, Emitter&) const override {
    const std::int64_t nanos = closing.length ? closing.length->count() : 0;
    ExactSum events;
    events.add(std::to_string(of(state).n) + "e9");
    const auto rate =
        nanos > 0 ? events.divided_by(static_cast<std::uint64_t>(nanos)) : std::nullopt;
    if (rate) {
      append_double(out, *rate);
    } else {
      out += "null";
    }
  }
};

struct Sum {
  static constexpr std::string_view kKind = "sum";
  ExactSum sum;

  Taken add(const Observation& seen) {
    if (seen.number) return sum.add(*seen.number), Taken::yes;
    if (!seen.value.is(Kind::number)) return Taken::wrong_type;
    return sum.add(seen.value.raw()) ? Taken::yes : Taken::out_of_range;
  }
  void merge(const Sum& other) { sum.add(other.sum); }
  void write(std::string& out) const { sum.append_to(out); }
  char* write_short(char* to) const { return sum.write_short(to); }
  void save(std::string& out) const { sum.append_to(out); }
  void save_value(RowText& row) const {
    const bool put =
        row.put_by(ExactSum::kShortRoom, [this](char* to) { return sum.write_short(to); });
    if (put) return;
    std::string digits;
    save(digits);
    row.put_json(digits);
  }
  bool restore(std::string_view text) { return is_number(text) && sum.add(text); }
  std::size_t bytes() const { return sum.bytes(); }
};

struct Average {
  static constexpr std::string_view kKind = "average";
  Sum sum;
  std::uint64_t n = 0;

  Taken add(const Observation& seen) {
    const Taken taken = sum.add(seen);
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
  void save_value(RowText& row) const {
    const bool put = row.put_by(digits::kRoom + ExactSum::kShortRoom + 3, [this](char* to) {
      *to++ = '"';
      to = digits::write(to, n);
      *to++ = ' ';
      char* const end = sum.sum.write_short(to);
      if (end == nullptr) return end;
      *end = '"';
      return end + 1;
    });
    if (put) return;
    std::string text;
    save(text);
    row.put(text);
  }
  bool restore(std::string_view text) { return take_integer(text, n) && sum.restore(text); }
  std::size_t bytes() const { return sum.bytes(); }
};

void write_sum(const Average& average, std::string& out) { average.sum.write(out); }

// The least or the greatest.
template <bool kLeast>
struct Extreme {
  static constexpr std::string_view kKind = kLeast ? "least" : "greatest";
  Best<kLeast> best;

  Taken add(const Observation& seen) { return best.offer(seen.value, seen.number).first; }
  void merge(const Extreme& other) {
    if (!other.best.is_empty()) best.offer(other.best);
  }
  void write(std::string& out) const { best.write(out); }
  void save(std::string& out) const { out += best.text(); }
  bool restore(std::string_view text) { return text.empty() || best.restore(text); }
  std::size_t bytes() const { return best.bytes(); }
};

// Whether any value, or every value, is true.
template <bool kAny>
struct Truth {
  static constexpr std::string_view kKind = kAny ? "any" : "every";
  enum class Seen : std::uint8_t { nothing, losing, winning };
  Seen most = Seen::nothing;

  // Any wins by one true, every loses by one false.
  Taken add(const Observation& seen) {
    if (!seen.value.is(Kind::boolean)) return Taken::wrong_type;
    note(seen.value.as_bool() == kAny ? Seen::winning : Seen::losing);
    return Taken::yes;
  }
  void note(Seen other) { most = std::max(most, other); }
  void merge(const Truth& other) { note(other.most); }
  void write(std::string& out) const {
    if (most == Seen::nothing) {
      out += "null";
    } else {
      out += (most == Seen::winning) == kAny ? "true" : "false";
    }
  }
  void save(std::string& out) const { out += static_cast<char>('0' + static_cast<int>(most)); }
  bool restore(std::string_view text) {
    if (text.size() != 1 || text[0] < '0' || text[0] > '2') return false;
    most = static_cast<Seen>(text[0] - '0');
    return true;
  }
  std::size_t bytes() const { return 0; }
};

}  // namespace

Result<AggregatePtr> make_count(const AggregateSpec& spec) { return make_simple<Count>(spec); }
Result<AggregatePtr> make_rate(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Rate>());
}
Result<AggregatePtr> make_sum(const AggregateSpec& spec) { return make_simple<Sum>(spec); }
Result<AggregatePtr> make_average(const AggregateSpec& spec) { return make_simple<Average>(spec); }
AggregatePtr make_sum_of_average() {
  return std::make_unique<PlainAggregate<Average, write_sum>>();
}
Result<AggregatePtr> make_least(const AggregateSpec& spec) {
  return make_simple<Extreme<true>>(spec);
}
Result<AggregatePtr> make_greatest(const AggregateSpec& spec) {
  return make_simple<Extreme<false>>(spec);
}
Result<AggregatePtr> make_first(const AggregateSpec& spec) { return make_simple<Edge<true>>(spec); }
Result<AggregatePtr> make_last(const AggregateSpec& spec) { return make_simple<Edge<false>>(spec); }
Result<AggregatePtr> make_any(const AggregateSpec& spec) { return make_simple<Truth<true>>(spec); }
Result<AggregatePtr> make_every(const AggregateSpec& spec) {
  return make_simple<Truth<false>>(spec);
}

}  // namespace streamutils
