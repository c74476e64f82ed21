// Format: the text formats that become events, by name.
//
//     text             {"message":LINE}
//     clf, combined    the access logs of web servers
//     logfmt           key=value key="value"
//     csv, tsv         rows under a header
//     syslog           RFC 3164 and 5424, and RFC 3164 with the time of 5424
//     regex:RE         the named groups of a regular expression
//
// Values are strings, but where the format itself says what else they are, or the user does
// (FormatOptions::numbers).  The formats are described in sread(1).
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/result.h"
#include "formats/line_decoder.h"

namespace streamutils {

// Members whose values are written as numbers where they are spelled like numbers in JSON.
class NumberMembers {
 public:
  NumberMembers() = default;
  // "a,b" or "*" for all.
  explicit NumberMembers(std::string_view names);
  bool has(std::string_view name) const;
  bool empty() const { return !all_ && names_.empty(); }

 private:
  bool all_ = false;
  std::vector<std::string> names_;
};

struct FormatOptions {
  std::vector<std::string> columns;           // csv, tsv: the names, in place of a header
  std::optional<char> delimiter;              // csv
  NumberMembers numbers;                      // csv, tsv, logfmt, regex
  std::optional<int> year;                    // syslog: of the first line
  absl::TimeZone zone = absl::UTCTimeZone();  // syslog: of times without one
  std::size_t max_record = 16 << 20;          // csv: the longest record of several lines
};

// Refuses an unknown name, an option that the format has no use for, a bad expression.
Result<MakeDecoder> make_format(std::string_view name, const FormatOptions& options);

// --- The formats ---------------------------------------------------------------------------------

std::unique_ptr<LineDecoder> make_text_decoder();
std::unique_ptr<LineDecoder> make_clf_decoder(bool combined);
std::unique_ptr<LineDecoder> make_logfmt_decoder(NumberMembers numbers);
std::unique_ptr<LineDecoder> make_csv_decoder(const FormatOptions& options);
std::unique_ptr<LineDecoder> make_tsv_decoder(const FormatOptions& options);
std::unique_ptr<LineDecoder> make_syslog_decoder(const FormatOptions& options, Timestamp written);
Result<MakeDecoder> make_regex_format(std::string_view expression, NumberMembers numbers);

}  // namespace streamutils
