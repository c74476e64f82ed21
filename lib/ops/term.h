// Terms: FIELD OP VALUE in one word, the small language of sfilter's operands.
//
//     type=purchase   amount>=100   status!=200,204   path~^/api/   user.id=42   ts>=2026-11-22
//
// The operator is the longest of = == != < <= > >= ~ !~ at the first place where one starts.  VALUE
// is always a literal.  A missing member fails every term but != and !~, which are exact negations
// of = and ~.  A member of a type that cannot be compared fails the comparison; it is counted, and
// said once.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "ops/predicate.h"

namespace streamutils {

enum class TermOp : std::uint8_t {
  equal,
  not_equal,
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  matches,
  not_matches,
  refused,  // =~ => =<: looks like one, and is none
};

// Where the operator of a term stands.  Views into the text that was searched.
struct TermParts {
  std::string_view field;
  std::string_view op;
  std::string_view value;
  TermOp kind;
};

// nullopt if the text has no operator.
std::optional<TermParts> split_term(std::string_view text);

// The term as a predicate.  `times` says how to read times without a zone and epochs.
Result<PredicatePtr> make_term(std::string_view text, const TimeSyntax& times = {});

}  // namespace streamutils
