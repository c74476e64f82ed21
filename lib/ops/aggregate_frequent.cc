// approx_top: the most frequent values in little memory.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/space_saving.h"
#include "ops/value_text.h"

namespace streamutils {
namespace {

// So that no count is more than a thousandth of all too large, and ten times as many values are
// counted as are asked for.
constexpr std::size_t kLeastCounters = 1000;
constexpr std::size_t kCountersForEach = 10;
constexpr std::size_t kMostValues = 100'000;

class ApproximateTop final : public Aggregate {
 public:
  explicit ApproximateTop(std::size_t n)
      : n_(n),
        counters_(std::max(kLeastCounters, n * kCountersForEach)),
        kind_("space_saving " + std::to_string(counters_)) {}

  std::size_t size() const override { return sizeof(State); }
  void create(void* state) const override { new (state) State; }
  void destroy(void* state) const override { of(state).~State(); }

  Taken add(void* state, const Observation& seen) const override {
    std::string scratch;
    made(state).add(canonical(seen.value, scratch), seen.time);
    return Taken::yes;
  }
  void merge(void* state, const void* other) const override {
    if (of(other)) made(state).merge(*of(other));
  }
  void save(const void* state, std::string& out) const override {
    if (of(state)) of(state)->save(out);
  }
  bool restore(void* state, std::string_view text) const override {
    return text.empty() || made(state).restore(text);
  }
  std::size_t bytes(const void* state) const override {
    return of(state) ? sizeof(SpaceSaving) + of(state)->bytes() : 0;
  }
  std::string_view state_kind() const override { return kind_; }

  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    if (!of(state)) {
      out += "null";
      return;
    }
    char before = '[';
    for (const SpaceSaving::Counter* counter : of(state)->top(n_)) {
      out += std::exchange(before, ',');
      out += "{\"value\":";
      append_value(out, counter->text);
      out += ",\"count\":" + std::to_string(counter->count) +
             ",\"error\":" + std::to_string(counter->count - counter->least) + '}';
    }
    out += ']';
  }

 private:
  using State = std::unique_ptr<SpaceSaving>;

  static State& of(void* state) { return *static_cast<State*>(state); }
  static const State& of(const void* state) { return *static_cast<const State*>(state); }
  SpaceSaving& made(void* state) const {
    if (!of(state)) of(state) = std::make_unique<SpaceSaving>(counters_);
    return *of(state);
  }

  std::size_t n_;
  std::size_t counters_;
  std::string kind_;
};

}  // namespace

Result<AggregatePtr> make_approximate_top(const AggregateSpec& spec) {
  std::size_t n = 0;
  if (!read_integer(spec.parameter, n) || n == 0 || n > kMostValues) {
    return Error{quote(spec.parameter) + " is not a number of values up to 100000, such as 10"};
  }
  return AggregatePtr(std::make_unique<ApproximateTop>(n));
}

}  // namespace streamutils
