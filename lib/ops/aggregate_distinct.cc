// distinct and approx_distinct: how many different values there are.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/hyperloglog.h"
#include "ops/running_total.h"
#include "ops/text_map.h"
#include "ops/value_table.h"
#include "ops/value_text.h"

namespace streamutils {
namespace {

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
    DistinctBody& all = made();
    other.body->values.for_each(
        [&all](std::string_view text, std::uint8_t clauses) { all.add(text, clauses); });
  }
  // "clauses length text clauses length text …".
  void save(std::string& out) const {
    if (!body) return;
    body->values.for_each([&out](std::string_view text, std::uint8_t clauses) {
      out += std::to_string(unsigned{clauses}) + ' ';
      save_text(text, out);
    });
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

// How many values some slices have: those whose newest slice is still there.  For each clause.
class DistinctTotal final : public RunningTotal {
 public:
  void add(std::int64_t slice, const void* added, const void*) override {
    for_each_met(added, [&](std::size_t clause, std::string_view text) {
      if (clause >= newest_.size()) newest_.resize(clause + 1);
      std::int64_t& newest = newest_[clause].try_emplace(text, slice).first->second;
      newest = std::max(newest, slice);
    });
  }
  void remove(std::int64_t slice, const void* part) override {
    for_each_met(part, [&](std::size_t clause, std::string_view text) {
      const auto found = newest_[clause].find(text);
      if (found->second == slice) newest_[clause].erase(found);
    });
  }
  std::size_t bytes() const override {
    std::size_t bytes = sizeof *this;
    for (const Newest& newest : newest_) {
      bytes += newest.capacity() * (sizeof(Newest::value_type) + 1);
    }
    return bytes;
  }
  std::size_t count(std::size_t clause) const {
    return clause < newest_.size() ? newest_[clause].size() : 0;
  }

 private:
  using Newest = TextMap<std::int64_t>;  // the slice by the value's text

  template <typename Visit>
  static void for_each_met(const void* state, Visit visit) {
    const auto& body = static_cast<const DistinctState*>(state)->body;
    if (!body) return;
    body->values.for_each([&visit](std::string_view text, unsigned clauses) {
      for (; clauses != 0; clauses &= clauses - 1) {
        visit(static_cast<std::size_t>(std::countr_zero(clauses)), text);
      }
    });
  }

  std::vector<Newest> newest_;
};

class Distinct final : public StateAggregate<DistinctState> {
 public:
  std::unique_ptr<RunningTotal> make_total() const override {
    return std::make_unique<DistinctTotal>();
  }
  void write_total(const RunningTotal& total, const Closing& closing,
                   std::string& out) const override {
    out += std::to_string(static_cast<const DistinctTotal&>(total).count(closing.clause));
  }
  void write(const void* state, const Closing& closing, std::string& out, Emitter&) const override {
    const auto& body = of(state).body;
    out += std::to_string(body ? body->counts[closing.clause] : 0);
  }
  std::size_t max_clauses() const override {
    return std::tuple_size_v<decltype(DistinctBody::counts)>;
  }
};

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

}  // namespace

Result<AggregatePtr> make_distinct(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Distinct>());
}
Result<AggregatePtr> make_approximate_distinct(const AggregateSpec& spec) {
  return make_simple<ApproximateDistinct>(spec);
}

}  // namespace streamutils
