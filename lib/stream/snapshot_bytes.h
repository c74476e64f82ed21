// Bytes of events inside snapshots.
//
// A snapshot is JSON, and a line of the input may hold what is no UTF-8 (in a part that nobody has
// looked at): then the bytes stand as hexadecimal digits under another name, and come back exactly.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

// A field `name`, or `name_hex`.
void save_bytes(SnapshotWriter& out, std::string_view name, std::string_view bytes);
// The next value of a row; what is no UTF-8 stands in brackets, ["ff"].
void save_bytes(RowText& row, std::string_view bytes);

// Reads it back.  What is neither makes in.status() an error.
std::string restore_bytes(SnapshotReader& in, std::string_view name);
std::string restore_bytes(SnapshotReader& in, std::size_t i);

}  // namespace streamutils
