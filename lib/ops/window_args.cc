// SPDX-License-Identifier: Apache-2.0
#include "ops/window_args.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "ops/aggregate_hints.h"

namespace streamutils {
namespace {

constexpr std::array<std::string_view, 5> kKinds = {"tumbling", "sliding", "session", "cumulate",
                                                    "rolling"};

// The words, and how far they have been read.
struct Words {
  std::span<const std::string> all;
  std::size_t position = 0;

  bool at_end() const { return position == all.size(); }
  bool next_is(std::string_view word) const { return !at_end() && all[position] == word; }
  const std::string& take() { return all[position++]; }
};

Result<WindowLength> parse_length(Words& words, const std::string& what) {
  if (words.at_end()) return Error{what + " is missing: a duration such as 10s, 5m, 1h30m"};
  return parse_window_length(words.take(), what);
}

// A distance between events: days of 24 hours, whatever the calendar says.
Result<WindowLength> parse_span(Words& words, const std::string& what) {
  if (words.at_end()) return Error{what + " is missing: a duration such as 10s, 5m, 1h30m"};
  const std::string& text = words.take();
  const Result<Duration> span = parse_duration(text);
  if (!span) return Error{what + ": " + span.error().message};
  if (*span <= Duration::zero()) return Error{what + " must be more than 0: " + quote(text)};
  return WindowLength{WindowLength::Unit::nanos, span->count()};
}

Result<WindowSpec> parse_tumbling(Words& words) {
  Result<WindowLength> size = parse_length(words, "the SIZE of 'tumbling'");
  if (!size) return size.error();
  return WindowSpec{WindowKind::tumbling, *size, *size, {}};
}

Result<WindowSpec> parse_sliding(Words& words) {
  Result<WindowLength> size = parse_length(words, "the SIZE of 'sliding'");
  if (!size) return size.error();
  Result<WindowLength> slide = parse_length(words, "the SLIDE of 'sliding'");
  if (!slide) return slide.error();
  if (size->is_rows() != slide->is_rows()) {
    return Error{"the SIZE and the SLIDE of 'sliding' are both rows, or both lengths of time"};
  }
  return WindowSpec{WindowKind::sliding, *size, *slide, {}};
}

Result<WindowSpec> parse_cumulate(Words& words) {
  Result<WindowLength> size = parse_length(words, "the SIZE of 'cumulate'");
  if (!size) return size.error();
  Result<WindowLength> step = parse_length(words, "the STEP of 'cumulate'");
  if (!step) return step.error();
  if (size->is_rows() || step->is_rows()) {
    return Error{"'cumulate' has lengths of time, not rows"};
  }
  if (size->unit == step->unit && step->n > size->n) {
    return Error{"the STEP of 'cumulate' is longer than its SIZE"};
  }
  return WindowSpec{WindowKind::cumulate, *size, *step, {}};
}

Result<WindowSpec> parse_rolling(Words& words) {
  if (words.at_end()) return Error{"the SIZE of 'rolling' is missing: 10m, or 100rows"};
  const std::string what = "the SIZE of 'rolling'";
  const std::string& word = words.all[words.position];
  const bool is_rows = word.ends_with("row") || word.ends_with("rows");
  Result<WindowLength> size = is_rows ? parse_length(words, what) : parse_span(words, what);
  if (!size) return size.error();
  return WindowSpec{WindowKind::rolling, *size, {}, {}};
}

// `max` is the cap if a duration follows, else the aggregate of that name.
bool next_is_cap(const Words& words) {
  return words.next_is("max") && words.position + 1 < words.all.size() &&
         parse_duration(words.all[words.position + 1]).ok();
}

Result<WindowSpec> parse_session(Words& words) {
  Result<WindowLength> gap = parse_span(words, "the GAP of 'session'");
  if (!gap) return gap.error();
  WindowSpec spec{WindowKind::session, *gap, {}, {}};
  if (!next_is_cap(words)) return spec;
  words.take();
  Result<WindowLength> cap = parse_span(words, "the 'max' of 'session'");
  if (!cap) return cap.error();
  spec.max = cap->duration();
  return spec;
}

// For a word in place of the kind.
std::string kind_hint(const std::string& word) {
  if (parse_window_length(word, "")) return ", did you mean 'tumbling " + word + "'?";
  if (is_aggregate_word(word)) return " (it comes first: tumbling 10s " + word + ")";
  if (word == "hop" || word == "hopping") return ", did you mean 'sliding'?";
  if (word == "tumble") return ", did you mean 'tumbling'?";
  return did_you_mean(word, kKinds);
}

Result<WindowSpec> parse_window(Words& words) {
  if (words.at_end()) {
    return Error{
        "no window given: tumbling SIZE, sliding SIZE SLIDE, session GAP, cumulate SIZE STEP,"
        " or rolling SIZE"};
  }
  const std::string& kind = words.take();
  if (kind == "tumbling") return parse_tumbling(words);
  if (kind == "sliding") return parse_sliding(words);
  if (kind == "session") return parse_session(words);
  if (kind == "cumulate") return parse_cumulate(words);
  if (kind == "rolling") return parse_rolling(words);
  const std::string guess = kind_hint(kind);
  return Error{
      "no such kind of window: " + quote(kind) +
      (guess.empty() ? " (there are tumbling, sliding, session, cumulate, rolling)" : guess)};
}

}  // namespace

Result<WindowArguments> parse_window_arguments(
    std::span<const std::string> all, const std::function<bool(const std::string&)>& file_exists) {
  Words words{all};
  WindowArguments arguments;
  Result<WindowSpec> window = parse_window(words);
  if (!window) return window.error();
  arguments.window = *window;
  Result<AggregateArguments> rest = parse_aggregate_arguments(words.all, words.position, {});
  if (!rest) return rest.error();
  if (file_exists) {
    if (Status s = check_operands(*rest, file_exists); !s.ok()) return s.error();
  }
  arguments.having = std::move(rest->having);
  arguments.aggregates = std::move(rest->aggregates);
  arguments.keys = std::move(rest->keys);
  arguments.files = std::move(rest->files);
  if (Status s = check_output_names(arguments.aggregates, arguments.keys); !s.ok())
    return s.error();
  return arguments;
}

}  // namespace streamutils
