// Selector: which events sfilter is after: all predicates, then -v, then --sample.
//
// Predicates are joined as && joins: a no decides, whatever failed before it.  If none says no and
// one fails, there is no answer, and the event is not wanted, under -v neither.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/record.h"
#include "ops/predicate.h"
#include "ops/sample.h"

namespace streamutils {

class Selector {
 public:
  Selector(std::vector<PredicatePtr> predicates, bool invert, std::optional<Sample> sample)
      : predicates_(std::move(predicates)), invert_(invert), sample_(std::move(sample)) {}

  // True if the event is wanted; meaningless if the record is not ok() afterwards.
  bool selects(const Record& record, Emitter& out);

  // What the line of every selected event holds, and of every one for which a predicate fails.
  RequiredText required_text() const;

 private:
  enum class Answer : std::uint8_t { no, yes, none };
  Answer ask(const Record& record, Emitter& out);

  std::vector<PredicatePtr> predicates_;
  bool invert_;
  std::optional<Sample> sample_;
};

}  // namespace streamutils
