// Count, rate, sum, average, least, greatest, first, last, any and every: a plain struct each.
//
// No result may depend on the order in which events of different times came, nor on how the events
// were cut into parts.  So sums are exact decimals that are rounded when they are written, if at
// all; the least of equal numbers is written in the one spelling they share; and first and last go
// by the time of the event.
// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_basic.h"

#include <optional>

#include "base/decimal.h"
#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

struct Count {
  static constexpr std::string_view kKind = "count";
  std::uint64_t n = 0;

  Taken add(const Sample&) {
    ++n;
    return Taken::yes;
  }
  void merge(const Count& other) { n += other.n; }
  void write(std::string& out) const { out += std::to_string(n); }
  void save(std::string& out) const { write(out); }
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

  Taken add(const Sample& sample) {
    if (!sample.value.is(Kind::number)) return Taken::wrong_type;
    return sum.add(sample.value.raw()) ? Taken::yes : Taken::out_of_range;
  }
  void merge(const Sum& other) { sum.add(other.sum); }
  void write(std::string& out) const { sum.append_to(out); }
  void save(std::string& out) const { sum.append_to(out); }
  bool restore(std::string_view text) { return is_number(text) && sum.add(text); }
  std::size_t bytes() const { return sum.bytes(); }
};

struct Average {
  static constexpr std::string_view kKind = "average";
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
  bool restore(std::string_view text) { return take_integer(text, n) && sum.restore(text); }
  std::size_t bytes() const { return sum.bytes(); }
};

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
  static constexpr std::string_view kKind = kLeast ? "least" : "greatest";
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
  std::size_t bytes() const { return bytes_of(raw); }
};

// The value of the earliest or the latest event, its bytes kept.  Of equal times the first that
// came is the earliest, the last that came the latest.
template <bool kFirst>
struct Edge {
  static constexpr std::string_view kKind = kFirst ? "first" : "last";
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
    std::int64_t nanos = 0;
    if (!take_integer(text, nanos) || text.empty()) return false;
    raw = text;
    time = from_nanos(nanos);
    return true;
  }
  std::size_t bytes() const { return bytes_of(raw); }
};

// Whether any value, or every value, is true.
template <bool kAny>
struct Truth {
  static constexpr std::string_view kKind = kAny ? "any" : "every";
  enum class Seen : std::uint8_t { nothing, losing, winning } seen = Seen::nothing;

  // Any wins by one true, every loses by one false.
  Taken add(const Sample& sample) {
    if (!sample.value.is(Kind::boolean)) return Taken::wrong_type;
    note(sample.value.as_bool() == kAny ? Seen::winning : Seen::losing);
    return Taken::yes;
  }
  void note(Seen other) {
    if (other > seen) seen = other;
  }
  void merge(const Truth& other) { note(other.seen); }
  void write(std::string& out) const {
    if (seen == Seen::nothing) {
      out += "null";
    } else {
      out += (seen == Seen::winning) == kAny ? "true" : "false";
    }
  }
  void save(std::string& out) const { out += static_cast<char>('0' + static_cast<int>(seen)); }
  bool restore(std::string_view text) {
    if (text.size() != 1 || text[0] < '0' || text[0] > '2') return false;
    seen = static_cast<Seen>(text[0] - '0');
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
