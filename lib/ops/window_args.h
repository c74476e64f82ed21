// The command line of swindow behind its options:
//
//     KIND SIZE... AGG... [by FIELDS] [FILE...]
//
// A function over words, without files, options or output: the same text means the same window in a
// shell, in a test and in a pipeline that is planned elsewhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "json/path.h"
#include "ops/aggregate_args.h"
#include "ops/window_length.h"

namespace streamutils {

enum class WindowKind : std::uint8_t { tumbling, sliding, session, cumulate, rolling };

// Which windows there are.
struct WindowSpec {
  WindowKind kind = WindowKind::tumbling;
  WindowLength size;            // of a session: its GAP
  WindowLength slide;           // SLIDE, STEP; of tumbling windows: size
  std::optional<Duration> max;  // of a session: the cap on last - start
};

struct WindowArguments {
  WindowSpec window;
  std::vector<AggregateSpec> aggregates;
  std::vector<Path> keys;
  std::optional<Expr> having;  // over the rows
  std::vector<std::string> files;
};

// Reads the words; an error names the word and what would be right; that of
// an expression has several lines, the last with a caret.  A word "--"
// ends the arguments.  file_exists tells files from words that were meant otherwise; without it all
// are believed to exist.
Result<WindowArguments> parse_window_arguments(
    std::span<const std::string> words,
    const std::function<bool(const std::string&)>& file_exists = nullptr);

}  // namespace streamutils
