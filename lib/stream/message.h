// Message: what a line can be.  The only place that knows the spelling of control lines.
//
//     {"~stream":{"begin":{"time":"ts","epoch":7}}}
//     {"~stream":{"watermark":"2026-11-22T10:00:05Z"}}
//     {"~stream":{"barrier":{"epoch":8,"via":["sread:1f"]}}}
//     {"~stream":{"end":true}}
//     {"~stream":{"suspend":true}}            the stream rests, and goes on in another run
//     {"~stream":{"clock":"2026-11-22T10:00:09Z"}}
//
// A control line begins with {"~stream":{ (spaces between the tokens accepted); everything else is
// data.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace streamutils {

struct Message {
  enum class Kind : std::uint8_t {
    record,
    begin,
    watermark,
    barrier,
    end,
    suspend,
    clock,
    unknown
  };
  Kind kind = Kind::record;
  Timestamp time{};                    // watermark, clock
  std::optional<std::string> member;   // begin: the member that watermarks speak of
  std::optional<std::uint64_t> epoch;  // begin, barrier
  std::vector<std::string> via;        // barrier: the stages that it has passed
};

bool is_control_spelled(std::string_view line);  // REQUIRES: the line begins with '{'

// True if the line begins like a control line.  A few instructions.
inline bool is_control(std::string_view line) {
  if (line.size() < 12 || line[0] != '{' || (line[1] == '"' && line[2] != '~')) return false;
  return is_control_spelled(line);
}

// Reads a control line; an error says what is wrong with it ("not a time: …").
// REQUIRES: is_control(line), and Record::kPadding readable bytes behind it.
Result<Message> decode_control(std::string_view line);

// The lines, without line ending.
std::string encode_begin(const std::optional<std::string>& member,
                         std::optional<std::uint64_t> epoch);
std::string encode_watermark(Timestamp w);
std::string encode_barrier(std::uint64_t epoch, const std::vector<std::string>& via);
std::string encode_end();

// Of those that a barrier has passed (`via`): a '-' in front says that the stream of the stage has
// ended, so that it need not save any more, but is a part of the pipeline all the same.
inline bool has_ended(std::string_view passed) { return passed.starts_with('-'); }
inline std::string_view without_end(std::string_view passed) {
  return passed.substr(has_ended(passed) ? 1 : 0);
}
// Adds a stage to them, once.  ended: it stands on a way that has ended.
void add_passed_stage(std::string_view stage, bool ended, std::vector<std::string>& via);
std::string encode_suspend();

}  // namespace streamutils
