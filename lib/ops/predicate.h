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

  // True if the record matches.  A member of another type is no match; it is counted, and said
  // once. Damage that is met on the way stands in the record afterwards, and makes the answer
  // meaningless.
  virtual bool matches(const Record& record, Emitter& out) = 0;

  // True if the last matches() was false for want of an answer: then the event does not match, and
  // does not fail to match either.
  virtual bool has_failed() const { return false; }
  // Counts why, and says the first of each kind.  REQUIRES: has_failed(), and the record of the
  // last matches() is still valid.
  virtual void report_failure(Emitter& out) { (void)out; }

  // What the line of every record holds that matches, or that fails to have an answer.
  virtual RequiredText required_text() const { return {}; }
};

using PredicatePtr = std::unique_ptr<Predicate>;

}  // namespace streamutils
