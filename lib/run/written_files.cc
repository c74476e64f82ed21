// SPDX-License-Identifier: Apache-2.0
#include "run/written_files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "run/file_identity.h"

namespace streamutils {
namespace {

// Of a file that is there.
std::optional<struct stat> look_at(const std::string& name) {
  struct stat status {};
  if (stat(name.c_str(), &status) != 0) return std::nullopt;
  return status;
}

std::optional<struct stat> look_at_output() {
  struct stat status {};
  if (fstat(STDOUT_FILENO, &status) != 0 || !is_regular(status)) return std::nullopt;
  return status;
}

bool are_one(const WrittenFile& a, const WrittenFile& b) {
  const auto first = look_at(a.name);
  const auto second = look_at(b.name);
  if (!first || !second) return a.name == b.name;
  return is_regular(*first) && is_same_file(*first, *second);
}

Status check_inputs(const WrittenFile& file, const std::vector<Source>& sources) {
  const auto status = look_at(file.name);
  if (!status) return {};
  for (const Source& source : sources) {
    if (source.reads(*status)) {
      return Error{fmt::format("{}: this file is read, and {} would write over it", source.name,
                               file.option)};
    }
  }
  return {};
}

}  // namespace

Status check_written_files(const std::vector<WrittenFile>& files,
                           const std::vector<Source>& sources) {
  const auto output = look_at_output();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const WrittenFile& file = files[i];
    if (file.name.empty()) continue;
    if (Status status = check_inputs(file, sources); !status) return status;
    const auto status = look_at(file.name);
    if (output && status && is_same_file(*output, *status)) {
      return Error{fmt::format("{}: {} names the file that standard output is written to",
                               file.name, file.option)};
    }
    for (std::size_t other = 0; other < i; ++other) {
      if (!are_one(files[other], file)) continue;
      return Error{fmt::format("{}: {} and {} name the same file", file.name, files[other].option,
                               file.option)};
    }
  }
  return {};
}

Status check_replaced_file(const std::string& name) {
  const auto status = look_at(name);
  if (!status || !is_regular(*status) || status->st_size == 0 || isatty(STDIN_FILENO) == 0) {
    return {};
  }
  return Error{
      fmt::format("{0}: this file would be replaced by events from the terminal; to read "
                  "it: swrite < {0}; to write it: ... | swrite {0}",
                  name)};
}

}  // namespace streamutils
