// SPDX-License-Identifier: Apache-2.0
#include "formats/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace streamutils {
namespace {

// What a format has a use for, beside its lines.
struct Row {
  std::string_view name;
  bool columns = false;
  bool delimiter = false;
  bool numbers = false;
  bool year = false;
  std::unique_ptr<LineDecoder> (*make)(const FormatOptions& options, Timestamp written) = nullptr;
};

constexpr std::string_view kRegex = "regex:";

const Row kFormats[] = {
    {.name = "text", .make = [](const FormatOptions&, Timestamp) { return make_text_decoder(); }},
    {.name = "clf",
     .make = [](const FormatOptions&, Timestamp) { return make_clf_decoder(false); }},
    {.name = "combined",
     .make = [](const FormatOptions&, Timestamp) { return make_clf_decoder(true); }},
    {.name = "logfmt",
     .numbers = true,
     .make = [](const FormatOptions& o, Timestamp) { return make_logfmt_decoder(o.numbers); }},
    {.name = "csv",
     .columns = true,
     .delimiter = true,
     .numbers = true,
     .make = [](const FormatOptions& o, Timestamp) { return make_csv_decoder(o); }},
    {.name = "tsv",
     .columns = true,
     .numbers = true,
     .make = [](const FormatOptions& o, Timestamp) { return make_tsv_decoder(o); }},
    {.name = "syslog", .year = true, .make = make_syslog_decoder},
    {.name = kRegex, .numbers = true},
};

Error unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Row& row : kFormats) names.push_back(row.name);
  names.emplace_back("ndjson");
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = fmt::format(" (there are {})", fmt::join(names, ", "));
  return Error{fmt::format("--format: unknown format {}{}", quote(name), hint)};
}

Status check(const Row& row, const FormatOptions& o) {
  const std::pair<bool, std::string_view> unused[] = {
      {!o.columns.empty() && !row.columns, "--columns"},
      {o.delimiter && !row.delimiter, "--delimiter"},
      {!o.numbers.empty() && !row.numbers, "--numbers"},
      {o.year && !row.year, "--year"}};
  for (const auto& [is_unused, option] : unused) {
    if (is_unused) return Error{fmt::format("{} is not for --format {}", option, row.name)};
  }
  return {};
}

}  // namespace

NumberMembers::NumberMembers(std::string_view names) {
  if (names.empty()) return;
  all_ = names == "*";
  while (!all_) {
    const std::size_t comma = names.find(',');
    names_.emplace_back(names.substr(0, comma));
    if (comma == names.npos) return;
    names.remove_prefix(comma + 1);
  }
}

bool NumberMembers::has(std::string_view name) const {
  return all_ || std::find(names_.begin(), names_.end(), name) != names_.end();
}

Result<MakeDecoder> make_format(std::string_view name, const FormatOptions& options) {
  const bool is_regex = name.starts_with(kRegex);
  const auto* row = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Row& r) {
    return is_regex ? r.name == kRegex : r.name == name && r.make != nullptr;
  });
  if (row == std::end(kFormats)) return unknown(name);
  if (Status status = check(*row, options); !status) return status.error();
  if (is_regex) return make_regex_format(name.substr(kRegex.size()), options.numbers);
  return MakeDecoder(
      [make = row->make, options](Timestamp written) { return make(options, written); });
}

}  // namespace streamutils
