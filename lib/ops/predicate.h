// Predicate: does an event match?
//
// sfilter keeps the events for which all of its predicates say yes.  A term (term.h) is one; an
// expression can be another.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "json/record.h"
#include "stream/operator.h"

namespace streamutils {

class Predicate {
 public:
  virtual ~Predicate() = default;

  // True if the record matches.  What has no answer (a member of another type, an expression that
  // fails) is no match; it is counted, and said once.  Damage that is met on the way stands in the
  // record afterwards, and makes the answer meaningless.
  virtual bool matches(const Record& record, Emitter& out) = 0;

  // Bytes that the line of every matching record holds, unless it holds "\u".  Empty: none known.
  virtual std::string required_text() const { return {}; }
};

using PredicatePtr = std::unique_ptr<Predicate>;

}  // namespace streamutils
