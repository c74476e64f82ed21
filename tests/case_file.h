// A case: one behaviour of a tool, as a timeline of lines that go in and lines that must have come
// out by then.  For a stream tool *when* is half of *what*.
//
//     # A window is emitted when the watermark passes its end.      the first comment says the
//     behaviour $ sfilter a=1 | swindow tumbling 10s count                    the command, without
//     a shell > {"ts":1,"a":1}                                              goes in >
//     {"ts":30,"a":1} < {"window_start":0,"window_end":10,"count":1}                has come out by
//     now, and not before .                                                             the input
//     ends < {"window_start":30,"window_end":40,"count":1} ! swindow: a message standard error, in
//     its order ? 1                                                           exit status, where it
//     is not 0
//
// More of the notation:
//     >2 TEXT      into the file @2 of the command (`sjoin on id @1 @2`)
//     >| TEXT      without a line ending
//     >\ TEXT      with escapes: \r \n \t \0 \\ \xNN, and \{1000*[} for a thousand '['; <\ and
//     !\ likewise .2           the end of one input =NAME TEXT   a line that the file NAME (of
//     --bad-to, --late-to) holds at the end ? 0 75       the exit statuses of a pipeline; one
//     number is the last one's, the others being
//     0
//     @tags live   the input is a live one, not a regular file; it needs --clock=stream
//     @env A=B     in the environment of the command
//     @file NAME   an empty file of this name exists
//     @stdout NAME the command writes to a fresh file of this name
//     @not MODE reason   not to be run in this mode
//
// Without a "." the `<` lines behind the last `>` may come at that line or at the end of the input.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace streamutils {

using Words = std::vector<std::string>;

// Something that happens to the command, and what it writes because of it.
struct Step {
  enum class Kind { start, line, end };
  Kind kind = Kind::start;
  std::size_t input = 0;         // of line and end; an end of kAllInputs ends them all
  std::string bytes;             // of line, without its '\n'
  bool terminated = true;        // of line: has a '\n'
  std::vector<std::string> out;  // expected
  std::size_t source_line = 0;   // where it stands in the file, from 0
};

inline constexpr std::size_t kAllInputs = static_cast<std::size_t>(-1);

struct Case {
  std::string path;
  std::string title;
  std::vector<Words> commands;   // the stages of the pipeline
  std::vector<Step> steps;       // the first is the start, the last the end of all inputs
  bool end_is_explicit = false;  // a "." stands in the file
  std::vector<std::string> err;  // expected
  std::map<std::string, std::vector<std::string>> files;
  std::vector<int> statuses;  // one per stage
  bool live = false;
  bool originate = false;  // @env STREAMUTILS_WATERMARKS=1
  Words environment;
  Words existing_files;
  std::string fresh_output;
  std::map<std::string, std::string> excluded;  // mode -> reason
  std::vector<std::string> source;              // the lines of the file

  // The files @1, @2, … that the command reads; 0 if it reads standard input.
  std::size_t numbered_inputs() const;
};

// What a command did, in the shape of what a case expects.
struct Transcript {
  std::vector<std::vector<std::string>> out;  // per step
  std::vector<std::string> err;
  std::map<std::string, std::vector<std::string>> files;
  std::vector<int> statuses;
};

// The lines of a text, without their '\n'; the last one may lack it.
std::vector<std::string> split_lines(std::string_view text);

// Parses the text of a case file.
Result<Case> parse_case(std::string path, std::string_view text);

// The text of the case file with the expectations replaced by what happened.
std::string rewrite_case(const Case& c, const Transcript& got);

// A line as it can stand in a case file behind `mark` ('<' or '>'): "< text", or "<\ text" with
// escapes where the bytes need it.
std::string spell_line(std::string_view mark, std::string_view bytes);

}  // namespace streamutils
