// The command line of sjoin behind its options:
//
//     on KEYS within D LEFT RIGHT            on KEYS within -A..B LEFT RIGHT
//     on KEYS LEFT RIGHT                     (with --unbounded)
//     on KEYS table RIGHT [LEFT]
//     on KEYS asof [within D] RIGHT [LEFT]
//
// A function over words, without files, options or output.  With one file less LEFT is standard
// input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "expr/expr.h"
#include "json/path.h"

namespace streamutils {

// Where the time of an event stands if nobody says it.
inline constexpr std::string_view kUsualTimes[] = {"ts",   "timestamp",  "@timestamp",
                                                   "time", "event_time", "window_end"};

enum class JoinKind : std::uint8_t { interval, unbounded, table, asof };

// Which times of RIGHT an event of LEFT matches; both ends count.
struct JoinBounds {
  Duration lower{};                // relative to LEFT's time
  std::optional<Path> lower_path;  // given as LEFT's time, by this member: lower is 0
  Duration upper{};                // relative to LEFT's time, unless…
  std::optional<Expr> upper_expr;  // …it is a time that an event of LEFT says
};

struct JoinArguments {
  JoinKind kind = JoinKind::interval;
  std::vector<Path> left_keys;
  std::vector<Path> right_keys;    // as many
  JoinBounds bounds;               // of an interval
  std::optional<Duration> within;  // of asof: the greatest age of a version
  std::vector<std::string> files;  // LEFT and RIGHT; "-" is standard input
};

struct JoinSyntax {
  bool unbounded = false;                // --unbounded
  std::optional<std::string> left_time;  // the member of -t for LEFT
};

// Reads the words in front of "--", and the files behind it.  An error is one line that names the
// word and what would be right.
Result<JoinArguments> parse_join_arguments(std::span<const std::string> words,
                                           std::span<const std::string> files,
                                           const JoinSyntax& syntax);

}  // namespace streamutils
