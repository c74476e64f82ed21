// SPDX-License-Identifier: Apache-2.0
#include "ops/window_args.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace streamutils {
namespace {

constexpr std::array<std::string_view, 5> kKinds = {"tumbling", "sliding", "session", "cumulate",
                                                    "rolling"};
// The epoch was a Thursday; a calendar week begins on Monday.
constexpr Duration kFirstMonday = std::chrono::days(4);

// The words, and how far they have been read.
struct Words {
  std::span<const std::string> all;
  std::size_t position = 0;

  bool at_end() const { return position == all.size(); }
  bool next_is(std::string_view word) const { return !at_end() && all[position] == word; }
  const std::string& take() { return all[position++]; }
};

bool is_calendar_unit(std::string_view text) {
  const std::size_t unit = text.find_first_not_of("0123456789");
  if (unit == 0 || unit == std::string_view::npos) return false;
  return text.substr(unit) == "mo" || text.substr(unit) == "y";
}

Result<Duration> parse_length(Words& words, const std::string& what) {
  if (words.at_end()) return Error{what + " is missing: a duration such as 10s, 5m, 1h30m"};
  const std::string& text = words.take();
  if (text.ends_with("rows") || text.ends_with("row")) {
    return Error{what + ": windows of rows are not supported yet: " + quote(text)};
  }
  if (is_calendar_unit(text)) {
    return Error{what + ": months and years are not supported yet: " + quote(text)};
  }
  Result<Duration> length = parse_duration(text);
  if (!length) return Error{what + ": " + length.error().message};
  if (*length <= Duration::zero()) return Error{what + " must be more than 0: " + quote(text)};
  return length;
}

Result<WindowSpec> parse_tumbling(Words& words) {
  const bool week = words.next_is("1w");
  Result<Duration> size = parse_length(words, "the SIZE of 'tumbling'");
  if (!size) return size.error();
  return WindowSpec{WindowKind::tumbling, *size, *size, week ? kFirstMonday : Duration::zero(), {}};
}

Result<WindowSpec> parse_sliding(Words& words) {
  Result<Duration> size = parse_length(words, "the SIZE of 'sliding'");
  if (!size) return size.error();
  Result<Duration> slide = parse_length(words, "the SLIDE of 'sliding'");
  if (!slide) return slide.error();
  return WindowSpec{WindowKind::sliding, *size, *slide, Duration::zero(), {}};
}

// `max` is the cap if a duration follows, else the aggregate of that name.
bool next_is_cap(const Words& words) {
  return words.next_is("max") && words.position + 1 < words.all.size() &&
         parse_duration(words.all[words.position + 1]).ok();
}

Result<WindowSpec> parse_session(Words& words) {
  Result<Duration> gap = parse_length(words, "the GAP of 'session'");
  if (!gap) return gap.error();
  WindowSpec spec{WindowKind::session, *gap, {}, Duration::zero(), {}};
  if (!next_is_cap(words)) return spec;
  words.take();
  Result<Duration> cap = parse_length(words, "the 'max' of 'session'");
  if (!cap) return cap.error();
  spec.max = *cap;
  return spec;
}

Result<WindowSpec> parse_window(Words& words) {
  if (words.at_end()) {
    return Error{"no window given: tumbling SIZE, sliding SIZE SLIDE, or session GAP"};
  }
  const std::string& kind = words.take();
  if (kind == "tumbling") return parse_tumbling(words);
  if (kind == "sliding") return parse_sliding(words);
  if (kind == "session") return parse_session(words);
  if (kind == "cumulate" || kind == "rolling") {
    return Error{"'" + kind + "' windows are not supported yet"};
  }
  const std::string guess = did_you_mean(kind, kKinds);
  return Error{"no such kind of window: " + quote(kind) +
               (guess.empty() ? " (there are tumbling, sliding, session)" : guess)};
}

Status parse_keys(Words& words, std::vector<Path>& keys) {
  if (!words.next_is("by")) return {};
  words.take();
  if (words.at_end()) return Error{"'by' needs a field behind it: by FIELD, or by FIELD,FIELD"};
  Result<std::vector<Path>> fields = parse_key_fields(words.take());
  if (!fields) return fields.error();
  keys = *std::move(fields);
  return {};
}

// What follows the arguments are files, so an argument in the wrong place would be opened as one.
Status parse_files(Words& words, std::vector<std::string>& files) {
  if (words.next_is("having"))
    return Error{"'having' is not supported yet: filter behind the window"};
  const bool explicit_end = words.next_is("--");
  if (explicit_end) words.take();
  if (!explicit_end && !words.at_end()) {
    const std::string& word = words.all[words.position];
    if (is_aggregate_word(word) || word == "by" || word == "as" || word == "where") {
      return Error{"'" + word +
                   "' comes too late: aggregates first, then 'by', then files (a file of" +
                   " that name is ./" + word + ")"};
    }
  }
  files.assign(words.all.begin() + static_cast<std::ptrdiff_t>(words.position), words.all.end());
  words.position = words.all.size();
  return {};
}

}  // namespace

Result<WindowArguments> parse_window_arguments(std::span<const std::string> all) {
  Words words{all};
  WindowArguments arguments;
  Result<WindowSpec> window = parse_window(words);
  if (!window) return window.error();
  arguments.window = *window;
  Result<std::vector<AggregateSpec>> aggregates = parse_aggregates(words.all, words.position);
  if (!aggregates) return aggregates.error();
  arguments.aggregates = *std::move(aggregates);
  if (Status s = parse_keys(words, arguments.keys); !s.ok()) return s.error();
  if (Status s = parse_files(words, arguments.files); !s.ok()) return s.error();
  if (Status s = check_output_names(arguments.aggregates, arguments.keys); !s.ok())
    return s.error();
  return arguments;
}

}  // namespace streamutils
