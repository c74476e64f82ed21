// The exact merge of a source's files.
//
// Tools that come later may read their inputs in any order that keeps the watermark moving; the
// stream that a source makes of several files should look as if it had been written in order of
// time.  So the next line of every file is looked at before one is taken: the earliest, of equal
// times the one of the file that was named first.  A file may itself be out of order.  Its lines
// keep their order all the same, each standing at the latest time that the file has reached, and
// so the result is no more out of order than the worst of the files: one --disorder serves both.
// A line without a time stands where the line before it stood.
//
// A file that is followed and has nothing to read does not hold up the others: what it gets later
// is merged from there on.  Its watermark does hold theirs, until the idle rule lets go of it.
// SPDX-License-Identifier: Apache-2.0
#include "run/driver_input.h"

namespace streamutils {

bool Driver::merges_exactly() const {
  const bool has_several = inputs_.size() > 1 || settings_.inputs_come;
  return settings_.role == Role::source && (has_several || settings_.speed > 0);
}

bool Driver::is_next(Input& input, std::string_view line) {
  if (!input.place) {
    const auto t = time_in(input, line);
    input.place = std::max(input.clock.max_time(), t.value_or(kMinTime));
  }
  return &inputs_[*next_by_line()] == &input && is_due(*input.place);
}

// A replay: a line is due when as much of the clock has passed since the first one, times the
// speed, as of event time.
bool Driver::is_due(Timestamp place) {
  pause_ = Duration::zero();
  if (settings_.speed <= 0 || place == kMinTime || now_ == kMinTime) return true;
  if (!replay_) replay_ = {now_, place};
  const double since = static_cast<double>(difference(place, replay_->event).count());
  constexpr double kLongest = 1e18;  // 30 years
  const double scaled = std::min(since / settings_.speed, kLongest);
  const Duration due(static_cast<std::int64_t>(scaled));
  pause_ = std::max(Duration::zero(), due - difference(now_, replay_->clock));
  return pause_ == Duration::zero();
}

std::optional<Timestamp> Driver::time_in(Input& input, std::string_view line) {
  if (input.decoder) {
    look_at_text(input, line);
    if (!input.decoded || input.decoded->kind != LineDecoder::Kind::event) return std::nullopt;
    line = input.event_line();
  } else if (!input.begun) {
    line = without_mark(line);
  }
  record_ = &own_record_;
  own_record_.reset(line);
  Timestamp t;
  return input.time.read(own_record_, t) ? std::optional(t) : std::nullopt;
}

void Driver::feed_rest(std::size_t index, std::string_view line, std::uint64_t offset) {
  take_rest(inputs_[index], line, offset);
}

void Driver::begin_file(std::size_t index) {
  Input& input = inputs_[index];
  forget_foreseen(input);
  if (input.decoder) {
    end_text(input);
    input.decoder->begin_file();
  }
  input.lines = 0;
  input.counted = input.at = nullptr;
  input.begun = false;
}

void Driver::set_dry(std::size_t index, bool dry) { inputs_[index].dry = dry; }

// A file whose next line has not been looked at goes first.
std::optional<std::size_t> Driver::next_by_line() const {
  std::optional<std::size_t> next;
  std::optional<std::size_t> dry;
  auto place = [this](std::size_t i) { return inputs_[i].place.value_or(kMinTime); };
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].clock.has_ended()) continue;
    if (inputs_[i].dry) {
      if (!dry) dry = i;
      continue;
    }
    if (!next || place(i) < place(*next)) next = i;
  }
  return next ? next : dry;
}

}  // namespace streamutils
