// Any bytes as a duration: what is read is written so that it reads back, and a refusal has a
// reason.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto duration = streamutils::parse_duration(text);
  if (!duration) {
    if (duration.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = streamutils::parse_duration(streamutils::format_duration(*duration));
  if (!again || *again != *duration) std::abort();
  return 0;
}
