// SPDX-License-Identifier: Apache-2.0
#include "run/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crc32c.h"
#include "run/durable_file.h"

namespace streamutils {
namespace {

std::string watermark_text(Timestamp watermark) {
  std::string text;
  if (watermark != kMinTime && watermark != kMaxTime) append_time(text, watermark, {});
  return text.empty() ? text : text.substr(1, text.size() - 2);  // without the quotes
}

}  // namespace

SnapshotHeader Recovery::header(std::optional<std::uint64_t> epoch) {
  const std::optional<TimeStyle> style = driver().time_style();
  return {.tool = settings_.tool,
          .options = settings_.options,
          .epoch = epoch,
          .after = {},
          .complete = false,
          .inputs = files().positions(),
          .read = files().files_read(),
          .watermark = watermark_text(driver().watermark()),
          .time_style = style ? to_string(*style) : "",
          .hash_seed = driver().hash_seed()};
}

Result<SnapshotContent> read_state(const std::string& path, std::optional<std::uint64_t> epoch,
                                   std::string_view tool, std::string_view options,
                                   ExitStatus& status) {
  auto text = read_whole_file(path);
  if (!text) return text.error();
  auto content = read_snapshot_file(*text, epoch);
  if (!content) return Error{fmt::format("{} {}", path, content.error().message)};
  if (Status fits = check_fits(content->header, tool, options); !fits) {
    status = ExitStatus::usage;
    return Error{fmt::format("{} {}", path, fits.error().message)};
  }
  return content;
}

std::string stage_entry(std::string_view name, std::string_view options) {
  return fmt::format("{}:{:08x}", name, crc32c(options));
}

TakenOver match_inputs(const std::vector<InputPosition>& saved, const std::vector<int>& fds,
                       const std::vector<std::string>& names) {
  TakenOver taken;
  taken.from.resize(fds.size());
  taken.resumed.resize(fds.size(), false);
  std::vector<bool> used(saved.size(), false);
  for (std::size_t i = 0; i < fds.size(); ++i) {
    for (std::size_t j = 0; j < saved.size() && !taken.resumed[i]; ++j) {
      if (used[j] || !saved[j].file || !is_same(fds[i], *saved[j].file, saved[j].offset)) continue;
      taken.from[i] = j;
      taken.resumed[i] = used[j] = true;
    }
  }
  for (std::size_t i = 0; i < fds.size(); ++i) {
    for (std::size_t j = 0; j < saved.size() && !taken.from[i]; ++j) {
      if (used[j] || saved[j].name != names[i]) continue;
      taken.from[i] = j;
      used[j] = true;
    }
  }
  const bool as_many = saved.size() == fds.size();
  for (std::size_t i = 0; i < fds.size() && as_many; ++i) {
    if (taken.from[i] || used[i]) continue;
    taken.from[i] = i;
    used[i] = true;
  }
  return taken;
}

}  // namespace streamutils
