// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_list.h"

#include <algorithm>
#include <array>

#include "base/copy.h"
#include "base/text.h"
#include "json/writer.h"
#include "ops/aggregate_makers.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

// An event that is kept is checked as a whole: it will be a part of other JSON.
const Path kWholeEvent = *Path::parse("this");

// Short texts on their way to a string, which are appended to it together.
class Gathered {
 public:
  explicit Gathered(std::string& out) : out_(out) {}

  void append(std::string_view text) {
    if (text.size() > kMost) {
      passed_on() += text;
    } else {
      end_ = copy_bytes(room(text.size()), text);
    }
  }
  // For a result; false if nothing was written there (null).
  char* room() { return room(Aggregate::kShortRoom); }
  bool end_at(char* end) {
    if (end != nullptr) end_ = end;
    return end != nullptr;
  }
  // The string, with all that was gathered.
  std::string& passed_on() {
    out_.append(text_.data(), static_cast<std::size_t>(end_ - text_.data()));
    end_ = text_.data();
    return out_;
  }

 private:
  static constexpr std::size_t kMost = 256;

  char* room(std::size_t bytes) {
    const auto used = static_cast<std::size_t>(end_ - text_.data());
    if (kMost - used < bytes) passed_on();
    return end_;
  }

  std::string& out_;
  std::array<char, kMost> text_;
  char* end_ = text_.data();
};

// A value in a message: a string in one pair of quotes, anything else without.
std::string show(Value value) {
  std::string scratch;
  if (value.is(Kind::string)) return quote(value.text(scratch));
  const std::string quoted = quote(value.raw());
  return quoted.substr(1, quoted.size() - 2);
}

// The place of the expression among some that were seen before, or their number.
template <typename Known, typename Text>
std::size_t place_of(const std::vector<Known>& known, const std::string& text, Text text_of) {
  const auto place =
      std::ranges::find_if(known, [&](const Known& one) { return text_of(one) == text; });
  return static_cast<std::size_t>(place - known.begin());
}

std::string_view text_of(const std::optional<Expr>& expr) {
  return expr ? std::string_view(expr->text()) : std::string_view();
}

// The aggregate of one column, among all of them.  A sum is read from the state of an average of
// the same values, where there is one.
AggregatePtr make(const AggregateSpec& spec, std::span<const AggregateSpec> all) {
  const bool is_averaged = std::ranges::any_of(all, [&](const AggregateSpec& other) {
    return other.function == "avg" && text_of(other.argument) == text_of(spec.argument) &&
           text_of(other.where) == text_of(spec.where);
  });
  if (spec.function == "sum" && is_averaged) return make_sum_of_average();
  return *find_aggregate(spec.function)->make(spec);
}

}  // namespace

AggregateList::AggregateList(std::span<const AggregateSpec> specs) {
  for (const AggregateSpec& spec : specs) append(spec, make(spec, specs));
  needs_evaluator_ = !clauses_.empty() || std::ranges::any_of(inputs_, [](const Input& input) {
    return input.argument.needs_evaluator();
  });
  needs_more_ = needs_evaluator_ || wants_event_;
  for (const State& state : states_) {
    feeds_.push_back({state.aggregate.get(), state.offset, state.input, &state});
  }
}

void AggregateList::append(const AggregateSpec& spec, AggregatePtr aggregate) {
  const AggregateFunction* function = find_aggregate(spec.function);
  const std::size_t clause = clause_of(spec);
  const std::size_t input = aggregate->wants_value() ? input_of(spec, clause) : kNone;
  wants_event_ = wants_event_ || aggregate->wants_event();
  Column column{nullptr, state_for(*aggregate, input, clause), 0, ","};
  append_json_string(column.label, spec.name);
  column.label += ':';
  if (column.state == kNone) {
    column.state = states_.size();
    const std::size_t size = (aggregate->size() + 15) / 16 * 16;
    const bool is_large = aggregate->make_total() != nullptr;
    has_totals_ = has_totals_ || is_large;
    is_trivial_ = is_trivial_ && aggregate->is_trivial();
    can_copy_ = can_copy_ && aggregate->can_copy();
    packed_.add(aggregate->packed_kind(), block_size_);
    states_.push_back({std::move(aggregate),
                       function,
                       block_size_,
                       input,
                       {clause},
                       "a" + std::to_string(states_.size()),
                       is_large});
    block_size_ += size;
  } else {
    column.aggregate = std::move(aggregate);
  }
  std::vector<std::size_t>& clauses = states_[column.state].clauses;
  const auto place = std::ranges::find(clauses, clause);
  column.clause = static_cast<unsigned>(place - clauses.begin());
  if (place == clauses.end()) clauses.push_back(clause);
  columns_.push_back(std::move(column));
  is_by_time_ = is_by_time_ || function->by_time;
  if (!function->merges) unmergeable_ = function->name;
}

std::size_t AggregateList::clause_of(const AggregateSpec& spec) {
  if (!spec.where) return kNone;
  const std::size_t place =
      place_of(clauses_, spec.where->text(),
               [](const AggregateClause& clause) { return clause.expr().text(); });
  if (place == clauses_.size()) clauses_.emplace_back(*spec.where);
  return place;
}

std::size_t AggregateList::input_of(const AggregateSpec& spec, std::size_t clause) {
  if (!spec.argument) return kNone;
  const std::size_t place = place_of(inputs_, spec.argument->text(), [](const Input& input) {
    return input.argument.expr().text();
  });
  if (place == inputs_.size()) inputs_.push_back({AggregateArgument(*spec.argument), {}});
  inputs_[place].clauses.push_back(clause);
  return place;
}

std::size_t AggregateList::state_for(const Aggregate& aggregate, std::size_t input,
                                     std::size_t clause) const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    const bool same_clause = state.clauses == std::vector<std::size_t>{clause};
    const bool may_join = state.clauses.size() < aggregate.max_clauses();
    if (state.input == input && state.aggregate->state_kind() == aggregate.state_kind() &&
        (same_clause || may_join)) {
      return i;
    }
  }
  return kNone;
}

void AggregateList::create(std::byte* block) const {
  for (const State& state : states_) state.aggregate->create(block + state.offset);
}

void AggregateList::destroy(std::byte* block) const {
  for (const State& state : states_) state.aggregate->destroy(block + state.offset);
}

void AggregateList::copy(std::byte* block, const std::byte* other) const {
  for (const State& state : states_) {
    state.aggregate->copy(block + state.offset, other + state.offset);
  }
}

void AggregateList::read_more(const Record& record) {
  if (wants_event_) event_ = record.get(kWholeEvent).raw();
  bare_.observation.event = event_;
  if (needs_evaluator_) return compute(record);
  for (Input& input : inputs_) {
    input.argument.read(record, evaluator_);
    input.observe(record.time(), event_);
  }
}

// Clauses come first: `avg a / n where n != 0` never divides by 0.
void AggregateList::compute(const Record& record) {
  evaluator_.begin(record);
  failed_ = false;
  for (AggregateClause& clause : clauses_) {
    clause.read(evaluator_);
    failed_ = failed_ || clause.has_failed();
  }
  for (Input& input : inputs_) {
    const bool needed = std::ranges::any_of(
        input.clauses, [&](std::size_t clause) { return clause_holds(clause); });
    if (needed) {
      input.argument.read(record, evaluator_);
    } else {
      input.argument.skip();
    }
    input.observe(record.time(), event_);
    failed_ = failed_ || input.argument.has_failed();
  }
}

void AggregateList::report_failures(Emitter& out) {
  failed_ = false;
  for (AggregateClause& clause : clauses_) {
    if (clause.has_failed()) clause.report_failure(evaluator_, out);
  }
  for (Input& input : inputs_) {
    if (input.argument.has_failed()) input.argument.report_failure(evaluator_, out);
  }
}

std::uint64_t AggregateList::clauses_met(const State& state) const {
  std::uint64_t met = 0;
  for (std::size_t i = 0; i < state.clauses.size(); ++i) {
    met |= std::uint64_t{clause_holds(state.clauses[i])} << i;
  }
  return met;
}

void AggregateList::add(std::byte* block, Emitter& out) {
  if (failed_) report_failures(out);
  for (const Feed& feed : feeds_) {
    Seen& seen = feed.input == kNone ? bare_ : inputs_[feed.input].seen;
    if (!seen.is_there) continue;
    if (!clauses_.empty()) {
      seen.observation.clauses = clauses_met(*feed.state);
      if (seen.observation.clauses == 0) continue;
    }
    const Taken taken = feed.aggregate->add(block + feed.offset, seen.observation);
    if (taken != Taken::yes) report(*feed.state, taken, out);
  }
}

// "field 'amount' is not a number" is counted; the first says what was found.
void AggregateList::report(const State& state, Taken taken, Emitter& out) {
  Input& input = inputs_[state.input];
  const unsigned bit = 1U << static_cast<unsigned>(taken);
  if (input.reported & bit) return;
  input.reported |= bit;
  const std::string subject = input.argument.subject();
  const std::string name(state.function->name);
  const std::string found = show(input.argument.value());
  switch (taken) {
    case Taken::yes:
      return;
    case Taken::wrong_type: {
      const std::string not_wanted = "not " + std::string(state.function->wants);
      if (out.count(subject + " is " + not_wanted)) {
        out.say(subject + ": " + not_wanted + ": " + found + " (" + name + " skips it)");
      }
      return;
    }
    case Taken::out_of_range:
      if (out.count(subject + " is out of range")) {
        out.say(subject + ": the number is out of range: " + found + " (" + name + " skips it)");
      }
      return;
    case Taken::mixed:
      if (out.count(subject + " has strings beside numbers")) {
        out.say(subject + ": strings beside numbers in one group: " + name +
                " compares the numbers");
      }
      return;
  }
}

void AggregateList::merge(std::byte* block, const std::byte* other) const {
  for (const State& state : states_) {
    state.aggregate->merge(block + state.offset, other + state.offset);
  }
}

void AggregateList::merge_small(std::byte* block, const std::byte* other) const {
  for (const State& state : states_) {
    if (!state.is_large) state.aggregate->merge(block + state.offset, other + state.offset);
  }
}

void AggregateList::merge_large(std::byte* block, const std::byte* other) const {
  for (const State& state : states_) {
    if (state.is_large) state.aggregate->merge(block + state.offset, other + state.offset);
  }
}

RunningTotals AggregateList::make_totals() const {
  RunningTotals totals;
  for (const State& state : states_) totals.push_back(state.aggregate->make_total());
  return totals;
}

void AggregateList::add_to(RunningTotals& totals, std::int64_t slice, const std::byte* added,
                           const std::byte* part) const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const std::size_t offset = states_[i].offset;
    if (totals[i]) totals[i]->add(slice, added + offset, part + offset);
  }
}

void AggregateList::remove_from(RunningTotals& totals, std::int64_t slice,
                                const std::byte* part) const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (totals[i]) totals[i]->remove(slice, part + states_[i].offset);
  }
}

void AggregateList::write(const std::byte* block, std::optional<Duration> length, std::string& row,
                          Emitter& out, const RunningTotals* totals) const {
  Gathered text(row);
  for (const Column& column : columns_) {
    const State& state = states_[column.state];
    const Aggregate& aggregate = column.aggregate ? *column.aggregate : *state.aggregate;
    const Closing closing{length, column.clause};
    text.append(column.label);
    if (totals && state.is_large) {
      aggregate.write_total(*(*totals)[column.state], closing, text.passed_on());
    } else if (!text.end_at(aggregate.write_short(block + state.offset, text.room()))) {
      aggregate.write(block + state.offset, closing, text.passed_on(), out);
    }
  }
  text.passed_on();
}

std::size_t AggregateList::bytes(const std::byte* block) const {
  std::size_t bytes = 0;
  for (const State& state : states_) bytes += state.aggregate->bytes(block + state.offset);
  return bytes;
}

void AggregateList::save(const std::byte* block, SnapshotWriter& out) const {
  std::string saved;
  for (const State& state : states_) {
    saved.clear();
    state.aggregate->save(block + state.offset, saved);
    save_bytes(out, state.field, saved);
  }
}

void AggregateList::restore_state(const State& state, std::byte* block, std::string_view text,
                                  SnapshotReader& in) const {
  if (state.aggregate->restore(block + state.offset, text)) return;
  in.fail("no state of '" + std::string(state.function->name) + "': " + quote(text));
}

void AggregateList::restore(std::byte* block, SnapshotReader& in) const {
  for (const State& state : states_) {
    restore_state(state, block, restore_bytes(in, state.field), in);
  }
}

// States of equal functions have equal names: the names are for the reader of the file.
void AggregateList::append_state_names(std::string& json) const {
  for (const State& state : states_) {
    json += ',';
    append_json_string(json, state.function->name);
  }
}

void AggregateList::save_values(const std::byte* block, RowText& row) const {
  for (const State& state : states_) state.aggregate->save_value(block + state.offset, row);
}

void AggregateList::restore_values(std::byte* block, std::size_t first, SnapshotReader& in) const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const Value saved = in.json(first + i);
    if (saved.is(Kind::number)) {
      restore_state(states_[i], block, saved.raw(), in);
    } else {
      restore_state(states_[i], block, restore_bytes(in, first + i), in);
    }
  }
}

}  // namespace streamutils
