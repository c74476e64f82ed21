// SPDX-License-Identifier: Apache-2.0
#include "ops/having.h"

#include <string_view>

namespace streamutils {

bool Having::lets_through(std::string& row, Emitter& out) {
  if (!expr_) return true;
  const std::size_t size = row.size();
  row.append(Record::kPadding, '\0');
  record_.reset(std::string_view(row).substr(0, size));
  evaluator_.begin(record_);
  const expr::Value value = evaluator_.eval(*expr_);
  const bool passes = value.is(expr::Kind::boolean) && value.as_bool();
  if (value.is_error()) {
    failures_.report(*expr_, evaluator_, value, out);
  } else if (!value.is(expr::Kind::boolean)) {
    failures_.report(Evaluator::describe_not_bool(value), out);
  }
  row.resize(size);
  return passes;
}

}  // namespace streamutils
