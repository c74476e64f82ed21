// Aggregate: what is computed from the values of one group, in bounded memory.
//
// An aggregate is a rule without data of its own.  Its state is a few bytes inside a block that the
// caller owns: a group of a million costs no allocation per aggregate, and the states of one group
// stand side by side (the layout of ClickHouse's aggregate functions).  Every aggregate merges: the
// state of two parts joined is that of the whole, whatever the parts were.  That is what lets
// sliding windows share slices and sessions grow together.
//
// The functions themselves are rows of a table in aggregate.cc: name, number of arguments, help,
// maker.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "json/value.h"

namespace streamutils {

// One value of one event.
struct Sample {
  Value value;       // neither missing nor null; meaningless to an aggregate without arguments
  Timestamp time{};  // of the event
};

// What an aggregate made of a sample.
enum class Taken : std::uint8_t {
  yes,
  wrong_type,    // not of a kind that it understands
  out_of_range,  // a number, but too large or too small
  mixed,         // a string beside numbers (min and max compare numbers then)
};

class Aggregate {
 public:
  virtual ~Aggregate() = default;

  // Bytes of a state; states are aligned to 16.
  virtual std::size_t size() const = 0;

  // Makes the state of nothing, in raw memory.
  virtual void create(void* state) const = 0;
  virtual void destroy(void* state) const = 0;

  virtual Taken add(void* state, const Sample& sample) const = 0;
  // Adds all that `other` has seen.
  virtual void merge(void* state, const void* other) const = 0;

  // Appends the result as a JSON value.
  virtual void write(const void* state, std::string& out) const = 0;

  // The state as text, any bytes; restore takes it back into a fresh state, or refuses it (false).
  virtual void save(const void* state, std::string& out) const = 0;
  virtual bool restore(void* state, std::string_view text) const = 0;
};

using AggregatePtr = std::unique_ptr<const Aggregate>;

// A row of the table of functions.
struct AggregateFunction {
  std::string_view name;
  std::size_t arity;           // words that it takes, whatever they spell
  std::string_view arguments;  // for messages: "FIELD", or empty
  std::string_view help;       // one line for the man page
  std::string_view wants;      // what a wrong type is not: "a number"
  AggregatePtr (*make)();
};

// All functions, in the order in which the man page lists them.
std::span<const AggregateFunction> aggregate_functions();

// The function of that name, or null.
const AggregateFunction* find_aggregate(std::string_view name);

}  // namespace streamutils
