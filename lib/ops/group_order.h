// The order of a table's rows, and how many of them leave (sgroup --order EXPR --limit N).
//
// The expression is computed on the row itself.  Numbers come first, as exact decimals, then
// strings by their characters, then false and true; rows for which it gives nothing, null or
// anything else come last, in whichever direction.  Equal rows stay as they are.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "expr/expr.h"
#include "json/record.h"
#include "ops/aggregate_input.h"
#include "stream/operator.h"

namespace streamutils {

struct OrderOptions {
  std::optional<Expr> by;  // without it rows stay in their order
  bool descending = false;
  std::optional<std::uint64_t> limit;

  bool is_needed() const { return by || limit; }
};

class RowOrder {
 public:
  explicit RowOrder(const OrderOptions& options);

  // The rows of one table, one after the other.  Appends padding to the row while it looks.
  void add(std::string& row, Emitter& out);
  // Writes the table, and is empty again.
  void write(Emitter& out);

 private:
  struct Row {
    int rank;         // by the kind of its key
    std::string key;  // JSON text
    std::string text;
  };

  void read_key(std::string& row, Emitter& out);
  bool is_before(const Row& a, const Row& b) const;
  void sort();

  std::optional<AggregateArgument> by_;
  bool descending_;
  std::uint64_t limit_;
  Evaluator evaluator_;
  Record record_;
  std::vector<Row> rows_;
};

}  // namespace streamutils
