// Selectors: the cheapest question first.
// SPDX-License-Identifier: Apache-2.0
#include "ops/selector.h"

namespace streamutils {
bool Selector::selects(const Record& record, Emitter& out) {
  if (sample_ && !sample_->by_key() && !sample_->takes_line(record)) return false;
  const Answer answer = ask(record, out);
  if (answer == Answer::none || (answer == Answer::yes) == invert_) return false;
  return !sample_ || !sample_->by_key() || sample_->takes_key(record);
}

Selector::Answer Selector::ask(const Record& record, Emitter& out) {
  Predicate* failed = nullptr;
  for (const PredicatePtr& predicate : predicates_) {
    if (predicate->matches(record, out)) continue;
    if (!predicate->has_failed()) return Answer::no;
    if (failed == nullptr) failed = predicate.get();
  }
  if (failed == nullptr) return Answer::yes;
  if (record.ok()) failed->report_failure(out);
  return Answer::none;
}

RequiredText Selector::required_text() const {
  if (invert_) return {};
  RequiredText longest;
  for (const PredicatePtr& predicate : predicates_) {
    RequiredText one = predicate->required_text();
    // The others may fail on the line: the no of this one decides all the same.
    if (one.text.size() > longest.text.size()) longest = std::move(one);
  }
  return longest;
}

}  // namespace streamutils
