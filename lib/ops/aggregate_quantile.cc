// median, pNN, quantile and approx_pNN.
//
// The problem: a quantile needs all values, and a stream has no end of them.  Ours: up to 65536
// different values of a group are kept with how often each came, and the answer is one of them;
// with more than that the group becomes a sketch (ddsketch.h).  Latencies in milliseconds and
// prices in cents rarely have more, however many events there are.  Whether a group is exact
// depends on its values alone, never on their order or on how they were parted: a part that has
// become a sketch proves that the whole has more different values.
//
// Values are taken as doubles, which a number of up to 15 digits survives unchanged.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/decimal.h"
#include "base/text.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/ddsketch.h"
#include "ops/ranked_counts.h"
#include "ops/running_total.h"

namespace streamutils {
namespace {

__extension__ typedef unsigned __int128 UInt128;

constexpr std::size_t kExactValues = 65536;
constexpr std::size_t kMinFresh = 1024;

// Different values in ascending order, each with how often it came.
class ValueCounts {
 public:
  struct Entry {
    double value;
    std::uint64_t n;
  };

  void add(double value) {
    fresh_.push_back(value);
    // So much that going through what is counted costs each value a few steps.
    if (fresh_.size() >= std::max(kMinFresh, counted_.size() / 2)) settle();
  }
  void add(double value, std::uint64_t n) {
    settle();
    extra_.push_back({value, n});
  }
  void merge(const ValueCounts& other) {
    other.settle();
    settle();
    extra_.insert(extra_.end(), other.counted_.begin(), other.counted_.end());
    settle();
  }
  // All values, each once.
  const std::vector<Entry>& entries() const {
    settle();
    return counted_;
  }
  // How many different values there are at least.
  std::size_t size() const { return counted_.size(); }
  std::size_t bytes() const {
    return fresh_.capacity() * sizeof(double) +
           (counted_.capacity() + extra_.capacity()) * sizeof(Entry);
  }

 private:
  // Sorts what has come into what is counted.  Changes no value, so reading may do it.
  void settle() const {
    if (fresh_.empty() && extra_.empty()) return;
    for (const double value : fresh_) extra_.push_back({value, 1});
    fresh_.clear();
    std::ranges::sort(extra_, {}, &Entry::value);
    const auto middle = static_cast<std::ptrdiff_t>(counted_.size());
    counted_.insert(counted_.end(), extra_.begin(), extra_.end());
    extra_.clear();
    std::ranges::inplace_merge(counted_, counted_.begin() + middle, {}, &Entry::value);
    join_equals();
  }

  void join_equals() const {
    std::size_t last = 0;
    for (std::size_t i = 1; i < counted_.size(); ++i) {
      if (counted_[i].value == counted_[last].value) {
        counted_[last].n += counted_[i].n;
      } else {
        counted_[++last] = counted_[i];
      }
    }
    counted_.resize(last + 1);
  }

  mutable std::vector<double> fresh_;
  mutable std::vector<Entry> extra_;  // empty but while it settles
  mutable std::vector<Entry> counted_;
};

// What a group holds; made with its first value.
struct Body {
  ValueCounts exact;
  std::unique_ptr<DDSketch> sketch;  // instead, once they are too many

  void become_sketch() {
    if (sketch) return;
    sketch = std::make_unique<DDSketch>();
    for (const auto& [value, n] : exact.entries()) sketch->add(value, n);
    exact = {};
  }
};

// kExact: starts with all values; otherwise with a sketch.
template <bool kExact>
struct Values {
  static constexpr std::string_view kKind = kExact ? "values" : "sketch";
  mutable std::unique_ptr<Body> body;

  Body& made() const {
    if (!body) {
      body = std::make_unique<Body>();
      if (!kExact) body->sketch = std::make_unique<DDSketch>();
    }
    return *body;
  }

  Taken add(const Observation& seen) {
    if (!seen.value.is(Kind::number)) return Taken::wrong_type;
    std::optional<double> value = seen.number ? quick_double(*seen.number) : std::nullopt;
    if (!value) value = to_double(seen.value.raw());
    if (!value) return Taken::out_of_range;
    Body& all = made();
    const double number = *value == 0 ? 0 : *value;  // no -0
    if (all.sketch) {
      all.sketch->add(number);
      return Taken::yes;
    }
    all.exact.add(number);
    if (all.exact.size() > kExactValues) all.become_sketch();
    return Taken::yes;
  }

  void merge(const Values& other) {
    if (!other.body) return;
    Body& all = made();
    if (other.body->sketch) {
      all.become_sketch();
      all.sketch->merge(*other.body->sketch);
    } else if (all.sketch) {
      for (const auto& [value, n] : other.body->exact.entries()) all.sketch->add(value, n);
    } else {
      all.exact.merge(other.body->exact);
      if (all.exact.size() > kExactValues) all.become_sketch();
    }
  }

  // What has come, sorted and, if it is too much, a sketch.
  const Body* settled() const {
    if (body && !body->sketch && body->exact.entries().size() > kExactValues) {
      body->become_sketch();
    }
    return body.get();
  }

  std::uint64_t count() const {
    if (!settled()) return 0;
    if (body->sketch) return body->sketch->count();
    std::uint64_t n = 0;
    for (const auto& entry : body->exact.entries()) n += entry.n;
    return n;
  }

  // REQUIRES: 1 <= rank <= count().
  double at_rank(std::uint64_t rank) const {
    if (body->sketch) return body->sketch->at_rank(rank);
    const auto& entries = body->exact.entries();
    auto at = entries.begin();
    while (rank > at->n && at + 1 != entries.end()) rank -= (at++)->n;
    return at->value;
  }

  void save(std::string& out) const {
    if (!settled()) return;
    if (body->sketch) {
      out += "sketch ";
      return body->sketch->save(out);
    }
    for (const auto& [value, n] : body->exact.entries()) {
      append_double(out, value);
      out += ' ' + std::to_string(n) + ' ';
    }
  }

  bool restore(std::string_view text) {
    if (text.empty()) return true;
    Body& all = made();
    if (text.starts_with("sketch ")) {
      all.sketch = std::make_unique<DDSketch>();
      return all.sketch->restore(text.substr(7)) && all.sketch->count() > 0;
    }
    std::uint64_t count = 0;
    while (!text.empty()) {
      double value = 0;
      std::uint64_t n = 0;
      if (!kExact || !take_double(text, value) || !take_integer(text, n) || n == 0) return false;
      if (__builtin_add_overflow(count, n, &count)) return false;
      all.exact.add(value, n);
    }
    return all.exact.entries().size() <= kExactValues;
  }

  std::size_t bytes() const {
    if (!body) return 0;
    const std::size_t held = body->sketch ? sizeof(DDSketch) + body->sketch->bytes() : 0;
    return sizeof(Body) + body->exact.bytes() + held;
  }
};

// The values of some slices.  As a group, they are exact until they are too many or a slice is a
// sketch; then they are the sketch of all, from which a slice can be taken away again.
class ValuesTotal final : public RunningTotal {
 public:
  void add(std::int64_t slice, const void* added, const void* part) override {
    const auto& values = *static_cast<const Values<true>*>(part);
    const Body* news = static_cast<const Values<true>*>(added)->settled();
    if (!news) return;
    values.settled();
    Slice& held = slices_[slice];
    const bool is_new = !held.values;
    const bool was_exact = !is_new && !held.is_sketch;
    held = {&values, values.body->sketch != nullptr};
    if (was_exact && held.is_sketch) return begin_anew();
    add(*news, held.is_sketch);
    sketches_ += is_new && held.is_sketch;
    choose();
  }

  void remove(std::int64_t slice, const void*) override {
    const auto held = slices_.find(slice);
    if (held == slices_.end()) return;
    const Body& body = *held->second.values->body;
    if (body.sketch) {
      sketch_->subtract(*body.sketch);
    } else {
      for (const auto& [value, n] : body.exact.entries()) {
        counts_.subtract(value, n);
        if (sketch_) sketch_->subtract(value, n);
      }
    }
    sketches_ -= held->second.is_sketch;
    slices_.erase(held);
    choose();
  }

  std::size_t bytes() const override {
    return sizeof *this + counts_.bytes() + (sketch_ ? sketch_->bytes() : 0);
  }

  std::uint64_t count() const { return is_exact() ? counts_.count() : sketch_->count(); }
  // REQUIRES: 1 <= rank <= count().
  double at_rank(std::uint64_t rank) const {
    if (is_exact()) return counts_.at_rank(rank);
    set_range();
    return sketch_->at_rank(rank);
  }

 private:
  struct Slice {
    const Values<true>* values = nullptr;
    bool is_sketch = false;
  };

  bool is_exact() const { return sketches_ == 0 && counts_.size() <= kExactValues; }

  // to_sketch: they belong to a slice that is a sketch.
  void add(const Body& body, bool to_sketch) {
    if (to_sketch) make_sketch();
    if (body.sketch) return sketch_->merge(*body.sketch);
    for (const auto& [value, n] : body.exact.entries()) {
      if (!to_sketch) counts_.add(value, n);
      if (sketch_) sketch_->add(value, n);
    }
  }

  // A sketch of what is counted exactly, if there is none yet.
  void make_sketch() {
    if (sketch_) return;
    sketch_ = std::make_unique<DDSketch>();
    counts_.for_each([&](double value, std::uint64_t n) { sketch_->add(value, n); });
  }

  // Has the sketch that is needed.  One that is not stays until half as many values would do, so
  // that it is not made again and again.
  void choose() {
    if (!is_exact()) return make_sketch();
    if (sketches_ == 0 && counts_.size() <= kExactValues / 2) sketch_ = nullptr;
  }

  // A slice that was counted exactly has become a sketch.
  void begin_anew() {
    counts_ = {};
    sketch_ = nullptr;
    sketches_ = 0;
    for (const auto& [slice, held] : slices_) {
      add(*held.values->body, held.is_sketch);
      sketches_ += held.is_sketch;
    }
    choose();
  }

  void set_range() const {
    double least = INFINITY;
    double greatest = -INFINITY;
    for (const auto& [slice, held] : slices_) {
      const Body& body = *held.values->body;
      const auto& entries = body.exact.entries();
      least = std::min(least, body.sketch ? body.sketch->least() : entries.front().value);
      greatest = std::max(greatest, body.sketch ? body.sketch->greatest() : entries.back().value);
    }
    sketch_->set_range(least, greatest);
  }

  std::map<std::int64_t, Slice> slices_;
  RankedCounts counts_;               // of the slices that are exact
  std::unique_ptr<DDSketch> sketch_;  // of all
  std::size_t sketches_ = 0;          // slices that are sketches
};

// A share of all, exactly: mantissa / 10^places.
struct Share {
  std::uint64_t mantissa = 0;
  std::uint64_t one = 1;

  // The least rank that has at least this share of n values up to it.
  std::uint64_t rank(std::uint64_t n) const {
    const auto rank = static_cast<std::uint64_t>((UInt128{mantissa} * n + one - 1) / one);
    return std::max<std::uint64_t>(rank, 1);
  }
};

// A number from 0 to `most`, as a share of `most`; nothing if it is none, or has too many digits.
std::optional<Share> parse_share(std::string_view text, std::uint64_t most) {
  if (!is_number(text)) return std::nullopt;
  const std::optional<Decimal> number = to_decimal(text);
  if (!number || number->mantissa < 0 || number->exponent < -15 || number->exponent > 2) {
    return std::nullopt;
  }
  Decimal::Int128 mantissa = number->mantissa;
  Share share{0, most};
  for (int e = number->exponent; e > 0; --e) mantissa *= 10;
  for (int e = number->exponent; e < 0; ++e) share.one *= 10;
  if (mantissa > Decimal::Int128{share.one}) return std::nullopt;
  share.mantissa = static_cast<std::uint64_t>(mantissa);
  return share;
}

// Where the answer stands: as a share of all, or in the middle.
void write_rank(const auto& values, Share share, std::string& out) {
  const std::uint64_t n = values.count();
  if (n == 0) {
    out += "null";
  } else {
    append_double(out, values.at_rank(share.rank(n)));
  }
}

// Of an even number of values, the average of the two in the middle.
void write_middle(const auto& values, std::string& out) {
  const std::uint64_t n = values.count();
  if (n == 0) {
    out += "null";
    return;
  }
  ExactSum both;
  for (const std::uint64_t rank : {(n + 1) / 2, n / 2 + 1}) {
    std::string text;
    append_double(text, values.at_rank(rank));
    both.add(text);
  }
  append_double(out, both.divided_by(2).value_or(0));
}

class Median final : public StateAggregate<Values<true>> {
 public:
  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    write_middle(of(state), out);
  }
  std::unique_ptr<RunningTotal> make_total() const override {
    return std::make_unique<ValuesTotal>();
  }
  void write_total(const RunningTotal& total, const Closing&, std::string& out) const override {
    write_middle(static_cast<const ValuesTotal&>(total), out);
  }
};

template <bool kExact>
class Quantile final : public StateAggregate<Values<kExact>> {
 public:
  explicit Quantile(Share share) : share_(share) {}

  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    write_rank(this->of(state), share_, out);
  }
  // Sketches are small enough to be merged.
  std::unique_ptr<RunningTotal> make_total() const override {
    return kExact ? std::make_unique<ValuesTotal>() : nullptr;
  }
  void write_total(const RunningTotal& total, const Closing&, std::string& out) const override {
    write_rank(static_cast<const ValuesTotal&>(total), share_, out);
  }

 private:
  Share share_;
};

template <bool kExact>
Result<AggregatePtr> make(std::string_view number, std::uint64_t most, std::string_view wanted) {
  const std::optional<Share> share = parse_share(number, most);
  if (!share) return Error{quote(number) + " is not " + std::string(wanted)};
  return AggregatePtr(std::make_unique<Quantile<kExact>>(*share));
}

}  // namespace

Result<AggregatePtr> make_median(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Median>());
}

Result<AggregatePtr> make_quantile(const AggregateSpec& spec) {
  return make<true>(spec.parameter, 1, "a share from 0 to 1, such as 0.99");
}

Result<AggregatePtr> make_percentile(const AggregateSpec& spec) {
  return make<true>(std::string_view(spec.function).substr(1), 100, "a number from 0 to 100");
}

Result<AggregatePtr> make_approximate_percentile(const AggregateSpec& spec) {
  return make<false>(std::string_view(spec.function).substr(8), 100, "a number from 0 to 100");
}

}  // namespace streamutils
