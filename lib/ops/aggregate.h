// Aggregate: what is computed from the events of one group.
//
// An aggregate is a rule without data of its own.  Its state is a few bytes inside a block that the
// caller owns: a group of a million costs no allocation per aggregate, and the states of one group
// stand side by side (the layout of ClickHouse's aggregate functions).  What grows with the events
// is allocated beside the block.
//
// Every aggregate but fold merges: the states of two parts joined are that of the whole, whatever
// the parts were.  That is what lets sliding windows share slices and sessions grow together.
// Results do not depend on the order in which events of different times came.  Of equal times, what
// comes first counts as earlier: in merge(a, b), the events of a came before those of b.
//
// The functions are rows of a table in aggregate.cc: name, words that it takes, help, maker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/result.h"
#include "base/short_decimal.h"
#include "base/time.h"
#include "json/value.h"
#include "ops/aggregate_args.h"
#include "ops/packed_states.h"
#include "ops/running_total.h"
#include "stream/operator.h"
#include "stream/row_text.h"

namespace streamutils {

// What an event is to an aggregate.  Views are valid during the call.
struct Observation {
  Value value;  // neither missing nor null; meaningless to one without an argument
  // What it says, if it is a number that is so short: read once for all aggregates.
  const ShortDecimal* number = nullptr;
  Timestamp time{};        // of the event
  std::string_view event;  // all of it, if the aggregate wants it
  // Which of the `where` clauses that share the state it meets: bit i for clause i.  Not 0.
  std::uint64_t clauses = 1;
};

// What an aggregate made of a seen.
enum class Taken : std::uint8_t {
  yes,
  wrong_type,    // not of a kind that it understands
  out_of_range,  // a number, but too large or too small
  mixed,         // a string beside numbers (min and max compare numbers then)
};

// What stands around a result when it is written.
struct Closing {
  // The length of the window; nothing where there is none.
  std::optional<Duration> length;
  // Which `where` clause is asked for, among those that share the state.
  unsigned clause = 0;
};

class Aggregate {
 public:
  virtual ~Aggregate() = default;

  // Bytes of a state; states are aligned to 16.
  virtual std::size_t size() const = 0;

  // Makes the state of nothing, in raw memory.
  virtual void create(void* state) const = 0;
  virtual void destroy(void* state) const = 0;
  // True if destroy() does nothing.
  virtual bool is_trivial() const { return false; }

  // Makes a state in raw memory that is equal to `other`, and shares nothing with it: it may be
  // looked at by another thread.  REQUIRES: can_copy(), which is false where a state may be large.
  virtual bool can_copy() const { return false; }
  virtual void copy(void* state, const void* other) const { (void)state, (void)other; }

  // How an image can take it in fewer bytes than it has (packed_states.h).
  virtual PackedKind packed_kind() const { return PackedKind::none; }

  virtual Taken add(void* state, const Observation& seen) const = 0;
  // Adds all that `other` has seen, as if it had come after what `state` has seen.
  virtual void merge(void* state, const void* other) const = 0;

  // Appends the result as a JSON value.  What fails (only fold can) is counted and said.
  virtual void write(const void* state, const Closing& closing, std::string& out,
                     Emitter& messages) const = 0;

  // The same JSON into memory with room for kShortRoom bytes, for results that are short: the place
  // behind it, or null.
  static constexpr std::size_t kShortRoom = ExactSum::kShortRoom;
  virtual char* write_short(const void* state, char* to) const {
    (void)state, (void)to;
    return nullptr;
  }

  // The state as text, any bytes; restore takes it back into a fresh state, or refuses it (false).
  virtual void save(const void* state, std::string& out) const = 0;
  virtual bool restore(void* state, std::string_view text) const = 0;
  // The same as a value of a row of a snapshot: a string, bytes that are no UTF-8 as save_bytes
  // puts them, or a number.  restore takes what the string says, or the digits of the number.
  virtual void save_value(const void* state, RowText& row) const;

  // Memory that the state holds outside its block, in bytes, about.
  virtual std::size_t bytes(const void* state) const = 0;

  // For states that grow with the events: a total over slices, to which windows that slide add, and
  // from which they take away (running_total.h).  Null: they merge the states, which are small.
  virtual std::unique_ptr<RunningTotal> make_total() const { return nullptr; }
  // Appends the result of a total that is of this aggregate, or of one that shares its state.
  virtual void write_total(const RunningTotal& total, const Closing& closing,
                           std::string& out) const {
    (void)total, (void)closing, (void)out;
  }

  // Aggregates of one argument whose states are alike keep one state for all: those with the same
  // kind, such as p50 and p99.  They differ in write() alone.
  virtual std::string_view state_kind() const = 0;
  // How many `where` clauses can share one state, which then tells them apart.
  virtual std::size_t max_clauses() const { return 1; }
  // Whether it looks at Observation::event, and at Observation::value.
  virtual bool wants_event() const { return false; }
  virtual bool wants_value() const { return true; }
};

using AggregatePtr = std::unique_ptr<const Aggregate>;

// A row of the table of functions.
struct AggregateFunction {
  std::string_view name;       // "pNN" stands for p50, p99.9 and so on
  std::string_view parameter;  // of the word in front of the argument, for messages: "N", or empty
  std::string_view argument;   // "EXPR", or empty if it takes none
  std::string_view help;       // one line for the man page
  std::string_view wants;      // what a wrong type is not: "a number"
  bool by_time;                // the result depends on the times of events
  // False for fold, which keeps its events until it is written: windows that are put together from
  // parts refuse it, since they would keep each event many times.
  bool merges;
  // Refuses a parameter that is none, in one line.
  Result<AggregatePtr> (*make)(const AggregateSpec& spec);

  // Words that it takes, whatever they spell.
  std::size_t arity() const { return !parameter.empty() + !argument.empty(); }
};

// All functions, in the order in which the man page lists them.
std::span<const AggregateFunction> aggregate_functions();

// The function of that name, or null.
const AggregateFunction* find_aggregate(std::string_view name);

}  // namespace streamutils
