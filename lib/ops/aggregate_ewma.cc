// ewma: the average in which an event counts half as much as one that is D later.
//
//     ewma = sum(x * 2^(t/D)) / sum(2^(t/D))        t: the time of the event
//
// The usual recurrence, s = a * x + (1 - a) * s, needs events in order and cannot be merged; this
// is what it computes where events are evenly spaced, and for the others what pandas calls
// ewm(halflife=D, times=t).
//
// So that neither order nor parts show, the sums are exact: t/D is a whole number k and a fraction
// f, the weight 2^f is rounded to 52 bits, and each k has sums of its own, which are put together
// when the result is written.  What is 64 D older than the latest event counts no more.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/decimal.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kHalvings = 64;

// The sums of the events with floor(t/D) = k.
struct Bin {
  std::int64_t k;
  ExactSum values;   // x * weight
  ExactSum weights;  // 2^52 to 2^53 each
};

// The difference may be more than 63 bits hold.
bool is_too_old(std::int64_t k, std::int64_t last) {
  return k < last && static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(k) >= kHalvings;
}

// A state; it does not know D.
struct Bins {
  std::unique_ptr<std::vector<Bin>> bins;  // by k

  std::vector<Bin>& made() {
    if (!bins) bins = std::make_unique<std::vector<Bin>>();
    return *bins;
  }

  // The bin; null if it is too old to count.
  Bin* at(std::int64_t k) {
    std::vector<Bin>& all = made();
    if (!all.empty() && is_too_old(k, all.back().k)) return nullptr;
    auto place = std::ranges::lower_bound(all, k, {}, &Bin::k);
    if (place == all.end() || place->k != k) place = all.insert(place, Bin{k, {}, {}});
    const std::int64_t last = all.back().k;
    const auto first =
        std::ranges::find_if(all, [&](const Bin& bin) { return !is_too_old(bin.k, last); });
    const auto index = place - first;
    all.erase(all.begin(), first);
    return &all[static_cast<std::size_t>(index)];
  }
};

std::string number_text(const ExactSum& sum) {
  std::string text;
  sum.append_to(text);
  return text;
}

// In 15 digits: the last ones of a quotient of two rounded sums say nothing.
void append_rounded(std::string& out, double d) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, d, std::chars_format::general, 15).ptr;
  double rounded = d;
  std::from_chars(text, end, rounded);
  append_double(out, rounded);
}

class Ewma final : public Aggregate {
 public:
  explicit Ewma(Duration half_life)
      : half_life_(half_life.count()), kind_("ewma " + std::to_string(half_life.count())) {}

  std::size_t size() const override { return sizeof(Bins); }
  void create(void* state) const override { new (state) Bins; }
  void destroy(void* state) const override { of(state).~Bins(); }
  std::string_view state_kind() const override { return kind_; }

  Taken add(void* state, const Observation& seen) const override {
    if (!seen.value.is(Kind::number)) return Taken::wrong_type;
    const std::int64_t t = to_nanos(seen.time);
    std::int64_t k = t / half_life_;
    if (k * half_life_ > t) --k;
    const double fraction =
        static_cast<double>(t - k * half_life_) / static_cast<double>(half_life_);
    const auto weight = static_cast<std::int64_t>(std::ldexp(std::exp2(fraction), 52));
    ExactSum value;
    if (!value.add_product(seen.value.raw(), weight)) return Taken::out_of_range;
    if (Bin* bin = of(state).at(k)) {
      bin->values.add(value);
      bin->weights.add(std::to_string(weight));
    }
    return Taken::yes;
  }

  void merge(void* state, const void* other) const override {
    if (!of(other).bins) return;
    for (const Bin& from : *of(other).bins) {
      Bin* bin = of(state).at(from.k);
      if (!bin) continue;
      bin->values.add(from.values);
      bin->weights.add(from.weights);
    }
  }

  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    const Bins& all = of(state);
    if (!all.bins || all.bins->empty()) {
      out += "null";
      return;
    }
    double values = 0;
    double weights = 0;
    const std::int64_t last = all.bins->back().k;
    for (const Bin& bin : *all.bins) {
      const auto age = static_cast<int>(bin.k - last);
      values += std::ldexp(bin.values.divided_by(1).value_or(HUGE_VAL), age);
      weights += std::ldexp(bin.weights.divided_by(1).value_or(HUGE_VAL), age);
    }
    const double average = values / weights;
    if (std::isfinite(average)) {
      append_rounded(out, average);
    } else {
      out += "null";
    }
  }

  // "k values weights k values weights …".
  void save(const void* state, std::string& out) const override {
    if (!of(state).bins) return;
    for (const Bin& bin : *of(state).bins) {
      out += std::to_string(bin.k) + ' ' + number_text(bin.values) + ' ' +
             number_text(bin.weights) + ' ';
    }
  }

  bool restore(void* state, std::string_view text) const override {
    while (!text.empty()) {
      Bin bin{0, {}, {}};
      std::string_view values, weights;
      if (!take_integer(text, bin.k) || !split_at_space(text, values, text)) return false;
      if (!split_at_space(text, weights, text)) return false;
      if (!is_number(values) || !is_number(weights)) return false;
      if (!bin.values.add(values) || !bin.weights.add(weights) || bin.weights.sign() <= 0) {
        return false;
      }
      std::vector<Bin>& all = of(state).made();
      if (!all.empty() && bin.k <= all.back().k) return false;
      all.push_back(std::move(bin));
    }
    const auto& all = of(state).bins;
    return !all || !is_too_old(all->front().k, all->back().k);
  }

  std::size_t bytes(const void* state) const override {
    const auto& all = of(state).bins;
    if (!all) return 0;
    std::size_t bytes = sizeof(*all) + all->capacity() * sizeof(Bin);
    for (const Bin& bin : *all) bytes += bin.values.bytes() + bin.weights.bytes();
    return bytes;
  }

 private:
  static Bins& of(void* state) { return *static_cast<Bins*>(state); }
  static const Bins& of(const void* state) { return *static_cast<const Bins*>(state); }

  std::int64_t half_life_;  // ns
  std::string kind_;
};

}  // namespace

Result<AggregatePtr> make_ewma(const AggregateSpec& spec) {
  Result<Duration> half_life = parse_duration(spec.parameter);
  if (!half_life) return half_life.error();
  if (*half_life <= Duration::zero()) return Error{"the half-life must be more than 0"};
  return AggregatePtr(std::make_unique<Ewma>(*half_life));
}

}  // namespace streamutils
