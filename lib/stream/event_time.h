// EventTime: reads the time of each record of one stream.
//
// Which member holds it is told (-t, or the begin line of the stream), or found: the first of ts,
// timestamp,
// @timestamp, time, event_time, window_end that the first record with any of them has.  A member
// named window_end stands for the last instant inside the window, one nanosecond before it, so that
// windows of windows nest.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/same_minute.h"
#include "base/time.h"
#include "json/path.h"
#include "json/record.h"

namespace streamutils {

class EventTime {
 public:
  EventTime(std::optional<Path> path, TimeSyntax syntax);

  // Reads the time of the record into t.  False if it has none that can be read, and then problem()
  // says why: "field 'ts': not a time: \"yesterday\" (expected RFC 3339 or epoch)".
  bool read(const Record& record, Timestamp& t) {
    if (!path_ || !path_->is_name()) return read_any(record, t);
    const std::string_view raw = record.raw(path_->name());
    // What is read so needs no check as a string.
    const bool is_known =
        raw.size() > 2 && raw.front() == '"' && minute_.read(raw.substr(1, raw.size() - 2), t);
    return is_known || read_value(record.checked(raw), t);
  }
  std::string problem(const Record& record) const;

  // The member in use, once it is known.
  const std::optional<Path>& path() const { return path_; }
  void set_path(Path path);
  // Looks for one of the usual members in the record, unless the member is known already.
  void find(const Record& record) {
    if (!path_) find_path(record);
  }
  // From the next record on the member is to be found.
  void forget_path() {
    path_.reset();
    is_window_end_ = false;
    minute_.forget();
  }
  bool is_window_end() const { return is_window_end_; }

  // How the last time was spelled.
  TimeStyle style() const { return parser_.style(); }

 private:
  bool find_path(const Record& record);
  bool read_any(const Record& record, Timestamp& t);
  bool read_value(Value value, Timestamp& t);
  std::optional<Timestamp> read_string(Value value);

  std::optional<Path> path_;
  bool is_window_end_ = false;
  bool has_format_;  // --time-format
  TimeParser parser_;
  SameMinute minute_;  // of the last time; of a window's end, none
  std::string scratch_;
};

}  // namespace streamutils
