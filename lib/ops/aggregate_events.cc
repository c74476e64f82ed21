// What keeps values or whole events: list, argmin, argmax, range and delta.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/decimal.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_parts.h"
#include "ops/aggregate_state.h"
#include "ops/running_total.h"
#include "ops/timed_texts.h"

namespace streamutils {
namespace {

// The texts as a JSON array; of none, null.
void write_array(const TimedTexts& texts, std::string& out) {
  if (texts.is_empty()) {
    out += "null";
    return;
  }
  char before = '[';
  texts.for_each_by_time([&](std::string_view text) {
    out += std::exchange(before, ',');
    out += text;
  });
  out += ']';
}

// All values, their bytes kept.
struct List {
  static constexpr std::string_view kKind = "list";
  std::unique_ptr<TimedTexts> texts;

  TimedTexts& made() {
    if (!texts) texts = std::make_unique<TimedTexts>();
    return *texts;
  }
  Taken add(const Observation& seen) {
    made().add(seen.time, seen.value.raw());
    return Taken::yes;
  }
  void merge(const List& other) {
    if (other.texts) made().add(*other.texts);
  }
  void write(std::string& out) const { write_array(texts ? *texts : TimedTexts(), out); }
  void save(std::string& out) const {
    if (texts) texts->save(out);
  }
  bool restore(std::string_view text) { return text.empty() || made().restore(text); }
  std::size_t bytes() const { return texts ? sizeof(TimedTexts) + texts->bytes() : 0; }
};

// The lists of some slices, where they stand: they are written one after the other.
class ListTotal final : public RunningTotal {
 public:
  void add(std::int64_t slice, const void*, const void* part) override {
    const List& list = *static_cast<const List*>(part);
    if (list.texts) slices_[slice] = &list;
  }
  void remove(std::int64_t slice, const void*) override { slices_.erase(slice); }
  std::size_t bytes() const override { return sizeof *this; }

  void write(std::string& out) const {
    if (slices_.empty()) out += "null";
    char before = '[';
    for (const auto& [slice, list] : slices_) {
      list->texts->for_each_by_time([&](std::string_view text) {
        out += std::exchange(before, ',');
        out += text;
      });
    }
    if (!slices_.empty()) out += ']';
  }

 private:
  std::map<std::int64_t, const List*> slices_;
};

class ListAggregate final : public StateAggregate<List> {
 public:
  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    of(state).write(out);
  }
  std::unique_ptr<RunningTotal> make_total() const override {
    return std::make_unique<ListTotal>();
  }
  void write_total(const RunningTotal& total, const Closing&, std::string& out) const override {
    static_cast<const ListTotal&>(total).write(out);
  }
};

// The events with the least or the greatest value, all of them if several have it.  What is
// compared, and how, is that of min and max.
template <bool kLeast>
struct Champions {
  static constexpr std::string_view kKind = kLeast ? "argmin" : "argmax";
  Best<kLeast> best;
  std::unique_ptr<TimedTexts> events;

  TimedTexts& made() {
    if (!events) events = std::make_unique<TimedTexts>();
    return *events;
  }
  Taken add(const Observation& seen) {
    const auto [taken, change] = best.offer(seen.value, seen.number);
    if (change == BestChange::none) return taken;
    if (change == BestChange::replaced) made().clear();
    made().add(seen.time, seen.event);
    return taken;
  }
  void merge(const Champions& other) {
    if (!other.events) return;
    const BestChange change = best.offer(other.best);
    if (change == BestChange::none) return;
    if (change == BestChange::replaced) made().clear();
    made().add(*other.events);
  }
  void write(std::string& out) const { write_array(events ? *events : TimedTexts(), out); }
  // "length value" and the events.
  void save(std::string& out) const {
    if (!events) return;
    const std::string text = best.text();
    out += std::to_string(text.size()) + ' ' + text;
    events->save(out);
  }
  bool restore(std::string_view text) {
    if (text.empty()) return true;
    std::size_t size = 0;
    if (!take_integer(text, size) || size == 0 || size > text.size()) return false;
    if (!best.restore(text.substr(0, size))) return false;
    return made().restore(text.substr(size)) && !events->is_empty();
  }
  std::size_t bytes() const {
    return best.bytes() + (events ? sizeof(TimedTexts) + events->bytes() : 0);
  }
};

// a - b, exactly.  REQUIRES: both are in the range of ExactSum.
void write_difference(std::string_view a, std::string_view b, std::string& out) {
  ExactSum difference;
  ExactSum subtrahend;
  difference.add(a);
  subtrahend.add(b);
  difference.subtract(subtrahend);
  difference.append_to(out);
}

// Whether a number can be added and subtracted.
Taken check_number(Value value, const ShortDecimal* number = nullptr) {
  if (number) return Taken::yes;
  if (!value.is(Kind::number)) return Taken::wrong_type;
  ExactSum sum;
  return sum.add(value.raw()) ? Taken::yes : Taken::out_of_range;
}

// The greatest number less the least.
struct Range {
  static constexpr std::string_view kKind = "range";
  Best<true> least;
  Best<false> greatest;

  Taken add(const Observation& seen) {
    const Taken taken = check_number(seen.value, seen.number);
    if (taken != Taken::yes) return taken;
    least.offer(seen.value, seen.number);
    greatest.offer(seen.value, seen.number);
    return taken;
  }
  void merge(const Range& other) {
    if (other.least.is_empty()) return;
    least.offer(other.least);
    greatest.offer(other.greatest);
  }
  void write(std::string& out) const {
    if (least.is_empty()) {
      out += "null";
    } else {
      write_difference(greatest.text(), least.text(), out);
    }
  }
  void save(std::string& out) const {
    if (!least.is_empty()) out += least.text() + ' ' + greatest.text();
  }
  bool restore(std::string_view text) {
    if (text.empty()) return true;
    std::string_view low, high;
    if (!split_at_space(text, low, high) || !is_number(low) || !is_number(high)) return false;
    const Value a(Kind::number, low), b(Kind::number, high);
    if (check_number(a) != Taken::yes || check_number(b) != Taken::yes) return false;
    return least.restore(low) && greatest.restore(high);
  }
  std::size_t bytes() const { return least.bytes() + greatest.bytes(); }
};

// The number of the latest event less that of the earliest.
struct Delta {
  static constexpr std::string_view kKind = "delta";
  Edge<true> first;
  Edge<false> last;

  Taken add(const Observation& seen) {
    const Taken taken = check_number(seen.value, seen.number);
    if (taken != Taken::yes) return taken;
    first.add(seen);
    last.add(seen);
    return Taken::yes;
  }
  void merge(const Delta& other) {
    first.merge(other.first);
    last.merge(other.last);
  }
  void write(std::string& out) const {
    if (first.raw.empty()) {
      out += "null";
    } else {
      write_difference(last.raw, first.raw, out);
    }
  }
  // "nanos number nanos number".
  void save(std::string& out) const {
    if (first.raw.empty()) return;
    first.save(out);
    out += ' ';
    last.save(out);
  }
  bool restore(std::string_view text) {
    if (text.empty()) return true;
    const std::size_t middle = text.find(' ', std::min(text.find(' '), text.size() - 1) + 1);
    if (middle == std::string_view::npos) return false;
    if (!first.restore(text.substr(0, middle)) || !last.restore(text.substr(middle + 1))) {
      return false;
    }
    const auto is_fine = [](const std::string& raw) {
      return is_number(raw) && check_number(Value(Kind::number, raw)) == Taken::yes;
    };
    return is_fine(first.raw) && is_fine(last.raw);
  }
  std::size_t bytes() const { return first.bytes() + last.bytes(); }
};

template <bool kLeast>
class ArgBest final : public StateAggregate<Champions<kLeast>> {
 public:
  bool wants_event() const override { return true; }
  void write(const void* state, const Closing&, std::string& out, Emitter&) const override {
    this->of(state).write(out);
  }
};

}  // namespace

Result<AggregatePtr> make_list(const AggregateSpec& spec) { return make_simple<List>(spec); }
Result<AggregatePtr> make_argmin(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<ArgBest<true>>());
}
Result<AggregatePtr> make_argmax(const AggregateSpec&) {
  return AggregatePtr(std::make_unique<ArgBest<false>>());
}
Result<AggregatePtr> make_range(const AggregateSpec& spec) { return make_simple<Range>(spec); }
Result<AggregatePtr> make_delta(const AggregateSpec& spec) { return make_simple<Delta>(spec); }

}  // namespace streamutils
