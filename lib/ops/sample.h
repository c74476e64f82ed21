// Sample: a share of all events, chosen by hash.
//
// Whether an event is in the sample is a function of its bytes, or of its key, and of nothing else:
// the same events are chosen in every run, on every machine, and however the stream is cut.  A
// larger share contains every smaller one of the same field.
//
// The hash is XXH3 (64 bits, seed 1) of the line without its line ending, or of the key in its
// canonical spelling; an event is taken iff hash < share * 2^64.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/result.h"
#include "json/path.h"
#include "json/record.h"

namespace streamutils {

class Sample {
 public:
  // "1%", "0.05%", "10%:user.id": 0 to 100 per cent, with up to 12 digits behind the point.
  static Result<Sample> parse(std::string_view text);

  // True if the key decides, and not the line.
  bool by_key() const { return field_.has_value(); }
  const std::optional<Path>& field() const { return field_; }

  // The line is all it looks at: the record need not be well-formed.  REQUIRES: !by_key().
  bool takes_line(const Record& record) const { return takes(record.line()); }

  // All events of one key are taken, or none is; an event without the field is not.
  // REQUIRES: by_key().
  bool takes_key(const Record& record);

 private:
  __extension__ typedef unsigned __int128 Threshold;  // 2^64 for 100%

  Sample(Threshold threshold, std::optional<Path> field)
      : threshold_(threshold), field_(std::move(field)) {}
  bool takes(std::string_view bytes) const;

  Threshold threshold_;
  std::optional<Path> field_;
  std::string key_;
};

}  // namespace streamutils
