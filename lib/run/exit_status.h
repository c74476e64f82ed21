// The words for the exit statuses: for --help and the manual pages.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace streamutils {

struct ExitStatusRow {
  std::string_view status;  // "0", or "128+n" for death by a signal
  std::string_view text;
};

// Those that every tool has, ascending (enum class ExitStatus in driver.h).
std::span<const ExitStatusRow> exit_statuses();

}  // namespace streamutils
