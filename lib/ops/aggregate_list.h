// AggregateList: the aggregates of one command line, with the states of a group side by side in a
// block.
//
// Aggregates whose states would be equal share one: p50 and p99 of one argument, and the distinct
// values of one argument under several `where` clauses.  So do those of which one state holds the
// other: sum beside avg.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expr.h"
#include "json/record.h"
#include "ops/aggregate.h"
#include "ops/aggregate_args.h"
#include "ops/aggregate_input.h"
#include "ops/packed_states.h"
#include "stream/operator.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

class AggregateList {
 public:
  // REQUIRES: parse_aggregates made them.
  explicit AggregateList(std::span<const AggregateSpec> specs);
  AggregateList(const AggregateList&) = delete;
  AggregateList& operator=(const AggregateList&) = delete;

  // Bytes of a block, a multiple of 16.  Blocks are aligned to 16.
  std::size_t block_size() const { return block_size_; }

  // Makes the states of nothing in raw memory; destroys them.
  void create(std::byte* block) const;
  void destroy(std::byte* block) const;
  // True if destroy() does nothing.
  bool is_trivial() const { return is_trivial_; }

  // Makes states in raw memory that are equal to those of `other`, and may be looked at, and
  // destroyed, by another thread.  REQUIRES: can_copy().
  bool can_copy() const { return can_copy_; }
  void copy(std::byte* block, const std::byte* other) const;

  // Another way to take them, where all are of a kind for which there is one; else it holds none.
  const PackedStates& packed() const { return packed_; }

  // Computes arguments and clauses from the record, each once.  Changes no state: the record may
  // still turn out to be damaged.
  void read(const Record& record) {
    bare_.observation.time = record.time();
    if (needs_more_) return read_more(record);
    for (Input& input : inputs_) {
      input.argument.read(record, evaluator_);
      input.observe(record.time());
    }
  }
  // Adds the event that was read last.  REQUIRES: its record is still valid, and ok().  Expressions
  // that fail and values of the wrong kind are counted, and the first of each is said.
  void add(std::byte* block, Emitter& out);

  // Adds the events of `other`, as if they had come after those of `block`: that matters to equal
  // times only.
  void merge(std::byte* block, const std::byte* other) const;
  // The same for the states that have no running totals alone, or for the others.
  void merge_small(std::byte* block, const std::byte* other) const;
  void merge_large(std::byte* block, const std::byte* other) const;

  // True if a state has a running total; then make_totals() makes one for each of those.
  bool has_totals() const { return has_totals_; }
  RunningTotals make_totals() const;
  // Adds a part of a slice, or takes a slice away (running_total.h).
  void add_to(RunningTotals& totals, std::int64_t slice, const std::byte* added,
              const std::byte* part) const;
  void remove_from(RunningTotals& totals, std::int64_t slice, const std::byte* part) const;

  // False if one of the functions does not merge (fold); unmergeable() is its name, or empty.
  bool merges() const { return unmergeable_.empty(); }
  std::string_view unmergeable() const { return unmergeable_; }
  // True if a result depends on the times of events (first, last, list…).
  bool is_by_time() const { return is_by_time_; }

  // Appends `,"name":result` for each aggregate.  length: of the window (rate divides by it).
  // totals: where to find the results that have totals, in place of the block; null: nowhere.
  void write(const std::byte* block, std::optional<Duration> length, std::string& row, Emitter& out,
             const RunningTotals* totals = nullptr) const;

  // Memory that the states hold outside the block, in bytes, about.  Walks all states.
  std::size_t bytes(const std::byte* block) const;

  // The states as fields of the snapshot's current entry.
  void save(const std::byte* block, SnapshotWriter& out) const;
  // Takes them back into a fresh block; what does not read makes in.status() an error.
  void restore(std::byte* block, SnapshotReader& in) const;

  // The same as values of a row: so many, under names that are appended as `,"name"`.
  std::size_t state_count() const { return states_.size(); }
  void append_state_names(std::string& json) const;
  // May be called by another thread, with a copy.
  void save_values(const std::byte* block, RowText& row) const;
  void restore_values(std::byte* block, std::size_t first, SnapshotReader& in) const;

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // What the event that was read last is to those with one argument.
  struct Seen {
    Observation observation;
    bool is_there = true;  // the value is neither missing nor null
  };
  // An argument, who needs it, and what has been reported of it for the current event.
  struct Input {
    AggregateArgument argument;
    std::vector<std::size_t> clauses;  // needed if one of them holds, or if one is kNone
    Seen seen{};
    unsigned reported = 0;  // a set of Taken

    void observe(Timestamp time, std::string_view event = {}) {
      const Value& value = argument.value();
      seen.is_there = value.exists() && !value.is(Kind::null);
      seen.observation = {value, argument.number(), time, event};
      reported = 0;
    }
  };
  // A state in the block, and what it is fed with.
  struct State {
    AggregatePtr aggregate;  // of the first that uses it
    const AggregateFunction* function;
    std::size_t offset;                // in the block
    std::size_t input;                 // among inputs_, or kNone
    std::vector<std::size_t> clauses;  // among clauses_, or kNone: every event
    std::string field;                 // in snapshots
    bool is_large;                     // it has a running total
  };
  // The same for add(), which goes through all of them for every event.
  struct Feed {
    const Aggregate* aggregate;
    std::size_t offset;
    std::size_t input;
    const State* state;
  };
  // A member of the output.
  struct Column {
    AggregatePtr aggregate;  // null: that of the state
    std::size_t state;
    unsigned clause;    // among those of the state
    std::string label;  // `,"name":`
  };

  void append(const AggregateSpec& spec, AggregatePtr aggregate);
  std::size_t input_of(const AggregateSpec& spec, std::size_t clause);
  std::size_t clause_of(const AggregateSpec& spec);
  // A state that the aggregate can share, or kNone.
  std::size_t state_for(const Aggregate& aggregate, std::size_t input, std::size_t clause) const;
  bool clause_holds(std::size_t clause) const {
    return clause == kNone || clauses_[clause].holds();
  }
  std::uint64_t clauses_met(const State& state) const;
  void read_more(const Record& record);
  void compute(const Record& record);
  void report_failures(Emitter& out);
  void report(const State& state, Taken taken, Emitter& out);
  void restore_state(const State& state, std::byte* block, std::string_view text,
                     SnapshotReader& in) const;

  std::vector<AggregateClause> clauses_;
  std::vector<Input> inputs_;
  std::vector<State> states_;
  std::vector<Feed> feeds_;
  std::vector<Column> columns_;
  std::size_t block_size_ = 0;
  PackedStates packed_;
  std::string_view unmergeable_;
  bool is_trivial_ = true;
  bool can_copy_ = true;
  bool has_totals_ = false;
  bool is_by_time_ = false;
  bool needs_evaluator_ = false;
  bool wants_event_ = false;
  bool needs_more_ = false;  // one of the two
  bool failed_ = false;      // an expression, on the event that was read last; not reported yet
  Evaluator evaluator_;
  // The event that was read last.
  Seen bare_;               // to those without an argument
  std::string_view event_;  // if some aggregate wants it
};

}  // namespace streamutils
