// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of files that must not be read when
// they are damaged.  It finds every change of up to 32 bits in a row.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace streamutils {

// The checksum of what `crc` is the checksum of, followed by bytes.  Start with 0.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace streamutils
