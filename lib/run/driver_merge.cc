// The exact merge of a source's files.
//
// Tools that come later may read their inputs in any order that keeps the watermark moving; the
// stream that a source makes of several files should look as if it had been written in order of
// time.  So the next line of every file is looked at before one is taken: the earliest, of equal
// times the one of the file that was named first.  A file may itself be out of order.  Its lines
// keep their order all the same, each standing at the latest time that the file has reached, and
// so the result is no more out of order than the worst of the files: one --disorder serves both.
// A line without a time stands where the line before it stood.
// SPDX-License-Identifier: Apache-2.0
#include "run/driver_input.h"

namespace streamutils {

bool Driver::merges_exactly() const { return settings_.role == Role::source && inputs_.size() > 1; }

bool Driver::is_next(Input& input, std::string_view line) {
  if (!input.place) {
    record_.reset(line);
    const auto t = input.time.read(record_);
    input.place = std::max(input.clock.max_time(), t.value_or(kMinTime));
  }
  return &inputs_[*next_by_line()] == &input;
}

// A file whose next line has not been looked at goes first.
std::optional<std::size_t> Driver::next_by_line() const {
  std::optional<std::size_t> next;
  auto place = [this](std::size_t i) { return inputs_[i].place.value_or(kMinTime); };
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].clock.has_ended()) continue;
    if (!next || place(i) < place(*next)) next = i;
  }
  return next;
}

}  // namespace streamutils
