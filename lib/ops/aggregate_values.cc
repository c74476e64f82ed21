// What counts different values: distinct, approx_distinct, set, mode, top and bottom.
//
// Values are equal if they are as keys (1 and 1.0, objects whatever the order of their members),
// and are kept as the one spelling that equal values share.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "json/writer.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/hyperloglog.h"
#include "ops/value_table.h"

namespace streamutils {
namespace {

// The canonical text of the value; valid until the next call on the same scratch.
std::string_view canonical(Value value, std::string& scratch) {
  scratch.clear();
  append_key(scratch, value);
  return scratch;
}

// Canonical text as it is written: numbers in plain digits.
void append_value(std::string& out, std::string_view text) {
  const bool number = text[0] == '-' || (text[0] >= '0' && text[0] <= '9');
  if (number) {
    append_plain_number(out, text);
  } else {
    out += text;
  }
}

// Takes "length text" off the front.
bool take_text(std::string_view& saved, std::string_view& text) {
  std::size_t length = 0;
  if (!take_integer(saved, length) || length == 0 || length > saved.size()) return false;
  text = saved.substr(0, length);
  saved.remove_prefix(length);
  return true;
}

void save_text(std::string_view text, std::string& out) {
  out += std::to_string(text.size()) + ' ';
  out += text;
}

// --- distinct ------------------------------------------------------------------------------------

// The set of values, each with the clauses that it has met: a bit for each.
struct DistinctBody {
  ValueTable<std::uint8_t> values;
  std::array<std::uint64_t, 8> counts{};  // for each clause

  void add(std::string_view text, std::uint8_t clauses) {
    const auto found = values.find_or_add(text);
    const std::uint8_t before = values.payload(found.place);
    const auto added = static_cast<std::uint8_t>(clauses & ~before);
    if (added == 0) return;
    values.set_payload(found.place, before | added);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += added >> i & 1;
  }
};

struct DistinctState {
  static constexpr std::string_view kKind = "distinct";
  std::unique_ptr<DistinctBody> body;

  DistinctBody& made() {
    if (!body) body = std::make_unique<DistinctBody>();
    return *body;
  }
  Taken add(const Observation& seen) {
    std::string scratch;
    made().add(canonical(seen.value, scratch), static_cast<std::uint8_t>(seen.clauses));
    return Taken::yes;
  }
  void merge(const DistinctState& other) {
    if (!other.body) return;
    const auto& values = other.body->values;
    for (auto place = values.begin(); place != values.end(); place = values.next(place)) {
      made().add(values.text(place), values.payload(place));
    }
  }
  // "clauses length text clauses length text …".
  void save(std::string& out) const {
    if (!body) return;
    const auto& values = body->values;
    for (auto place = values.begin(); place != values.end(); place = values.next(place)) {
      out += std::to_string(unsigned{values.payload(place)}) + ' ';
      save_text(values.text(place), out);
    }
  }
  bool restore(std::string_view saved) {
    while (!saved.empty()) {
      std::uint8_t clauses = 0;
      std::string_view text;
      if (!take_integer(saved, clauses) || clauses == 0 || !take_text(saved, text)) return false;
      made().add(text, clauses);
    }
    return true;
  }
  std::size_t bytes() const { return body ? sizeof(*body) + body->values.bytes() : 0; }
};

class Distinct final : public StateAggregate<DistinctState> {
 public:
  void write(const void* state, const Closing& closing, std::string& out, Emitter&) const override {
    const auto& body = of(state).body;
    out += std::to_string(body ? body->counts[closing.clause] : 0);
  }
  std::size_t max_clauses() const override {
    return std::tuple_size_v<decltype(DistinctBody::counts)>;
  }
};

// --- approx_distinct -----------------------------------------------------------------------------

struct ApproximateDistinct {
  static constexpr std::string_view kKind = "hyperloglog";
  std::unique_ptr<HyperLogLog> sketch;

  HyperLogLog& made() {
    if (!sketch) sketch = std::make_unique<HyperLogLog>();
    return *sketch;
  }
  Taken add(const Observation& seen) {
    std::string scratch;
    made().add(canonical(seen.value, scratch));
    return Taken::yes;
  }
  void merge(const ApproximateDistinct& other) {
    if (other.sketch) made().merge(*other.sketch);
  }
  void write(std::string& out) const { out += std::to_string(sketch ? sketch->estimate() : 0); }
  void save(std::string& out) const {
    if (sketch) sketch->save(out);
  }
  bool restore(std::string_view text) { return text.empty() || made().restore(text); }
  std::size_t bytes() const { return sketch ? sizeof(HyperLogLog) + sketch->bytes() : 0; }
};

// --- set, mode, top, bottom ----------------------------------------------------------------------

// How often a value came, and when it came first: at a time, and at which place among those of that
// time.
struct Tally {
  std::uint64_t count;
  std::int64_t time;
  std::uint64_t order;
};

// A value with its tally.
struct Counted {
  std::string_view text;
  Tally tally;
};

bool came_before(const Counted& a, const Counted& b) {
  return std::pair(a.tally.time, a.tally.order) < std::pair(b.tally.time, b.tally.order);
}

struct TallyBody {
  ValueTable<Tally> values;
  std::uint64_t seen = 0;  // numbers the values in the order in which they came

  void add(std::string_view text, const Tally& more) {
    const auto found = values.find_or_add(text);
    Tally tally = values.payload(found.place);
    const bool earlier = found.is_new || more.time < tally.time;
    if (earlier) tally.time = more.time, tally.order = more.order;
    tally.count += more.count;
    values.set_payload(found.place, tally);
  }
};

struct Tallies {
  static constexpr std::string_view kKind = "tallies";
  std::unique_ptr<TallyBody> body;

  TallyBody& made() {
    if (!body) body = std::make_unique<TallyBody>();
    return *body;
  }
  Taken add(const Observation& seen) {
    std::string scratch;
    TallyBody& all = made();
    all.add(canonical(seen.value, scratch), {1, to_nanos(seen.time), all.seen++});
    return Taken::yes;
  }
  void merge(const Tallies& other) {
    if (!other.body) return;
    TallyBody& all = made();
    const auto& values = other.body->values;
    for (auto place = values.begin(); place != values.end(); place = values.next(place)) {
      Tally tally = values.payload(place);
      tally.order += all.seen;
      all.add(values.text(place), tally);
    }
    all.seen += other.body->seen;
  }
  std::vector<Counted> counted() const {
    std::vector<Counted> all;
    if (!body) return all;
    const auto& values = body->values;
    for (auto place = values.begin(); place != values.end(); place = values.next(place)) {
      all.push_back({values.text(place), values.payload(place)});
    }
    return all;
  }
  // "seen " and "count time order length text" for each.
  void save(std::string& out) const {
    if (!body) return;
    out += std::to_string(body->seen) + ' ';
    for (const Counted& one : counted()) {
      out += std::to_string(one.tally.count) + ' ' + std::to_string(one.tally.time) + ' ' +
             std::to_string(one.tally.order) + ' ';
      save_text(one.text, out);
    }
  }
  bool restore(std::string_view saved) {
    if (saved.empty()) return true;
    TallyBody& all = made();
    if (!take_integer(saved, all.seen)) return false;
    while (!saved.empty()) {
      Tally tally{};
      std::string_view text;
      if (!take_integer(saved, tally.count) || !take_integer(saved, tally.time) ||
          !take_integer(saved, tally.order) || !take_text(saved, text)) {
        return false;
      }
      if (tally.count == 0 || tally.order >= all.seen) return false;
      all.add(text, tally);
    }
    return all.values.size() > 0;
  }
  std::size_t bytes() const { return body ? sizeof(*body) + body->values.bytes() : 0; }
};

void write_set(const Tallies& tallies, std::string& out) {
  std::vector<Counted> all = tallies.counted();
  if (all.empty()) {
    out += "null";
    return;
  }
  std::ranges::sort(all, came_before);
  char before = '[';
  for (const Counted& one : all) {
    out += std::exchange(before, ',');
    append_value(out, one.text);
  }
  out += ']';
}

bool is_more_frequent(const Counted& a, const Counted& b) {
  return a.tally.count != b.tally.count ? a.tally.count > b.tally.count : came_before(a, b);
}

bool is_less_frequent(const Counted& a, const Counted& b) {
  return a.tally.count != b.tally.count ? a.tally.count < b.tally.count : came_before(a, b);
}

void write_mode(const Tallies& tallies, std::string& out) {
  const std::vector<Counted> all = tallies.counted();
  if (all.empty()) {
    out += "null";
  } else {
    append_value(out, std::ranges::min_element(all, is_more_frequent)->text);
  }
}

// The N most or least frequent values.
class Ranking final : public StateAggregate<Tallies> {
 public:
  Ranking(std::size_t n, bool top) : n_(n), before_(top ? is_more_frequent : is_less_frequent) {}

  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    std::vector<Counted> all = of(state).counted();
    if (all.empty()) {
      out += "null";
      return;
    }
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(n_, all.size()));
    std::partial_sort(all.begin(), end, all.end(), before_);
    char before = '[';
    for (auto one = all.begin(); one != end; ++one) {
      out += std::exchange(before, ',');
      out += "{\"value\":";
      append_value(out, one->text);
      out += ",\"count\":" + std::to_string(one->tally.count) + '}';
    }
    out += ']';
  }

 private:
  std::size_t n_;
  bool (*before_)(const Counted&, const Counted&);
};

Result<AggregatePtr> make_ranking(const AggregateSpec& spec, bool top) {
  std::size_t n = 0;
  if (!read_integer(spec.parameter, n) || n == 0) {
    return Error{quote(spec.parameter) + " is not a number of values, such as 10"};
  }
  return AggregatePtr(std::make_unique<Ranking>(n, top));
}

}  // namespace

Result<AggregatePtr> make_distinct(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Distinct>());
}
Result<AggregatePtr> make_approximate_distinct(const AggregateSpec& spec) {
  return make_simple<ApproximateDistinct>(spec);
}
Result<AggregatePtr> make_set(const AggregateSpec& spec) {
  return make_plain<Tallies, write_set>(spec);
}
Result<AggregatePtr> make_mode(const AggregateSpec& spec) {
  return make_plain<Tallies, write_mode>(spec);
}
Result<AggregatePtr> make_top(const AggregateSpec& spec) { return make_ranking(spec, true); }
Result<AggregatePtr> make_bottom(const AggregateSpec& spec) { return make_ranking(spec, false); }

}  // namespace streamutils
