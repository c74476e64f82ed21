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
#include "ops/aggregate_makers.h"
#include "ops/aggregate_parts.h"
#include "ops/aggregate_plain.h"
#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

// A count per second of the window.
class Rate final : public StateAggregate<CountState> {
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

void write_sum(const AverageState& average, std::string& out) { average.sum.write(out); }

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

Result<AggregatePtr> make_count(const AggregateSpec& spec) { return make_simple<CountState>(spec); }
Result<AggregatePtr> make_rate(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Rate>());
}
Result<AggregatePtr> make_sum(const AggregateSpec& spec) { return make_simple<SumState>(spec); }
Result<AggregatePtr> make_average(const AggregateSpec& spec) {
  return make_simple<AverageState>(spec);
}
AggregatePtr make_sum_of_average() {
  return std::make_unique<PlainAggregate<AverageState, write_sum>>();
}
Result<AggregatePtr> make_least(const AggregateSpec& spec) {
  return make_simple<ExtremeState<true>>(spec);
}
Result<AggregatePtr> make_greatest(const AggregateSpec& spec) {
  return make_simple<ExtremeState<false>>(spec);
}
Result<AggregatePtr> make_first(const AggregateSpec& spec) { return make_simple<Edge<true>>(spec); }
Result<AggregatePtr> make_last(const AggregateSpec& spec) { return make_simple<Edge<false>>(spec); }
Result<AggregatePtr> make_any(const AggregateSpec& spec) { return make_simple<Truth<true>>(spec); }
Result<AggregatePtr> make_every(const AggregateSpec& spec) {
  return make_simple<Truth<false>>(spec);
}

}  // namespace streamutils
