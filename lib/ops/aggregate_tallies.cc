// set, mode, top and bottom: the different values, with how often each came.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/running_total.h"
#include "ops/text_map.h"
#include "ops/value_table.h"
#include "ops/value_text.h"

namespace streamutils {
namespace {

// How often a value came, and when it came first: at a time, and at which place among those of that
// time.
struct Tally {
  std::uint64_t count;
  std::int64_t time;
  std::uint64_t order;

  // Adds one of the same value that came later.
  void join(const Tally& more) {
    if (more.time < time) time = more.time, order = more.order;
    count += more.count;
  }
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
    Tally tally = found.is_new ? more : values.payload(found.place);
    if (!found.is_new) tally.join(more);
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
    other.body->values.for_each([&all](std::string_view text, Tally tally) {
      tally.order += all.seen;
      all.add(text, tally);
    });
    all.seen += other.body->seen;
  }
  std::vector<Counted> counted() const {
    std::vector<Counted> all;
    if (!body) return all;
    body->values.for_each([&all](std::string_view text, const Tally& tally) {
      all.push_back({text, tally});
    });
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

struct CountRange {
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
};

// The tallies of some slices: for each value those of its slices, in a list from the oldest on.  So
// when a slice leaves, the next one knows when the value came first.
class TallyTotal final : public RunningTotal {
 public:
  void add(std::int64_t slice, const void* added, const void*) override {
    const auto& body = static_cast<const Tallies*>(added)->body;
    if (!body) return;
    body->values.for_each([&](std::string_view text, Tally tally) {
      tally.order += seen_;
      add(chains_[text], slice, tally);
    });
    seen_ += body->seen;
  }

  void remove(std::int64_t, const void* part) override {
    const auto& body = static_cast<const Tallies*>(part)->body;
    if (!body) return;
    body->values.for_each([this](std::string_view text, const Tally&) {
      const auto chain = chains_.find(text);
      const std::uint32_t oldest = chain->second.oldest;
      chain->second.count -= nodes_[oldest].tally.count;
      chain->second.oldest = nodes_[oldest].newer;
      free_.push_back(oldest);
      if (chain->second.count == 0) chains_.erase(chain);
    });
  }

  // The values that came so often.  When each came first stands elsewhere in memory, so those that
  // are not wanted are not looked at.
  std::vector<Counted> counted(CountRange wanted) const {
    std::vector<Counted> all;
    for (const auto& [text, chain] : chains_) {
      if (chain.count < wanted.least || chain.count > wanted.most) continue;
      const Tally& first = nodes_[chain.oldest].tally;
      all.push_back({text, {chain.count, first.time, first.order}});
    }
    return all;
  }

  // How often each value came, in no order.
  std::vector<std::uint64_t> counts() const {
    std::vector<std::uint64_t> counts;
    counts.reserve(chains_.size());
    for (const auto& [text, chain] : chains_) counts.push_back(chain.count);
    return counts;
  }

  std::size_t bytes() const override {
    return sizeof *this + chains_.capacity() * (sizeof(Chains::value_type) + 1) +
           nodes_.capacity() * sizeof(Node);
  }

 private:
  struct Node {
    std::int64_t slice;
    Tally tally;
    std::uint32_t newer;  // means something if there is one: counts tell
  };
  struct Chain {
    std::uint64_t count = 0;  // of all its nodes; 0: it has none
    std::uint32_t oldest = 0;
    std::uint32_t newest = 0;
  };
  using Chains = TextMap<Chain>;  // by the value's text

  void add(Chain& chain, std::int64_t slice, const Tally& more) {
    const bool is_first = chain.count == 0;
    chain.count += more.count;
    if (is_first) {
      chain.oldest = chain.newest = node(slice, more);
    } else if (nodes_[chain.newest].slice < slice) {
      const std::uint32_t newest = node(slice, more);
      nodes_[chain.newest].newer = newest;
      chain.newest = newest;
    } else {
      add_inside(chain, slice, more);
    }
  }

  // REQUIRES: the newest slice is this one or a later one.
  void add_inside(Chain& chain, std::int64_t slice, const Tally& more) {
    std::uint32_t before = chain.oldest;
    std::uint32_t at = chain.oldest;
    while (nodes_[at].slice < slice) before = std::exchange(at, nodes_[at].newer);
    if (nodes_[at].slice == slice) return nodes_[at].tally.join(more);
    const std::uint32_t inserted = node(slice, more);
    nodes_[inserted].newer = at;
    if (at == chain.oldest) {
      chain.oldest = inserted;
    } else {
      nodes_[before].newer = inserted;
    }
  }

  std::uint32_t node(std::int64_t slice, const Tally& tally) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(nodes_.size()));
      nodes_.emplace_back();
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    nodes_[place] = {slice, tally, 0};
    return place;
  }

  Chains chains_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_;
  std::uint64_t seen_ = 0;  // numbers the values in the order in which they came
};

// What is written of the values with their tallies, wherever they stand.
class TallyAggregate : public StateAggregate<Tallies> {
 public:
  void write(const void* state, const Closing&, std::string& out, Emitter&) const final {
    write_all(of(state).counted(), out);
  }
  std::unique_ptr<RunningTotal> make_total() const final { return std::make_unique<TallyTotal>(); }
  void write_total(const RunningTotal& total, const Closing&, std::string& out) const final {
    const auto& tallies = static_cast<const TallyTotal&>(total);
    write_all(tallies.counted(wanted(tallies.counts())), out);
  }

 private:
  void write_all(std::vector<Counted> all, std::string& out) const {
    if (all.empty()) {
      out += "null";
    } else {
      write_some(all, out);
    }
  }
  // Which values write_some() may write, from how often each came.
  virtual CountRange wanted(std::vector<std::uint64_t>) const { return {}; }
  // Of one value at least; may put them in another order.
  virtual void write_some(std::vector<Counted>& all, std::string& out) const = 0;
};

class Set final : public TallyAggregate {
 private:
  void write_some(std::vector<Counted>& all, std::string& out) const override {
    std::ranges::sort(all, came_before);
    char before = '[';
    for (const Counted& one : all) {
      out += std::exchange(before, ',');
      append_value(out, one.text);
    }
    out += ']';
  }
};

bool is_more_frequent(const Counted& a, const Counted& b) {
  return a.tally.count != b.tally.count ? a.tally.count > b.tally.count : came_before(a, b);
}

bool is_less_frequent(const Counted& a, const Counted& b) {
  return a.tally.count != b.tally.count ? a.tally.count < b.tally.count : came_before(a, b);
}

class Mode final : public TallyAggregate {
 private:
  CountRange wanted(std::vector<std::uint64_t> counts) const override {
    return {counts.empty() ? 0 : std::ranges::max(counts)};
  }
  void write_some(std::vector<Counted>& all, std::string& out) const override {
    append_value(out, std::ranges::min_element(all, is_more_frequent)->text);
  }
};

// The N most or least frequent values.
class Ranking final : public TallyAggregate {
 public:
  Ranking(std::size_t n, bool top)
      : n_(n), is_top_(top), before_(top ? is_more_frequent : is_less_frequent) {}

 private:
  CountRange wanted(std::vector<std::uint64_t> counts) const override {
    if (counts.size() <= n_) return {};
    const auto last = counts.begin() + static_cast<std::ptrdiff_t>(n_ - 1);
    if (is_top_) {
      std::ranges::nth_element(counts, last, std::greater<>());
      return {.least = *last};
    }
    std::ranges::nth_element(counts, last);
    return {.most = *last};
  }
  void write_some(std::vector<Counted>& all, std::string& out) const override {
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

  std::size_t n_;
  bool is_top_;
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

Result<AggregatePtr> make_set(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Set>());
}
Result<AggregatePtr> make_mode(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<Mode>());
}
Result<AggregatePtr> make_top(const AggregateSpec& spec) { return make_ranking(spec, true); }
Result<AggregatePtr> make_bottom(const AggregateSpec& spec) { return make_ranking(spec, false); }

}  // namespace streamutils
