// Unpacking: gzip and zstd files are read as what they hold.
//
// A file is recognised by its first bytes, not by its name; whatever else it is passes through.
// Several members, one behind the other (as `cat a.gz b.gz` makes them), are one content.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace streamutils {

// As read(2): bytes put into the buffer, 0 at the end, -1 on error with errno (EBADMSG: the packed
// data is damaged or cut off).
using ReadBytes = std::function<std::ptrdiff_t(char* buffer, std::size_t size)>;

// True if a file that begins so is packed.
bool is_packed(std::string_view head);

using Unpack = ReadBytes (*)(ReadBytes packed);

// Reads what `packed` holds.  Looks at its first bytes with the first call.
ReadBytes unpack(ReadBytes packed);

}  // namespace streamutils
