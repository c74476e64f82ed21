// The visible files of swrite: room for the lines of an epoch, and the lines themselves.
//
// All of it may be done again by another process where it has been begun before: the same bytes
// come to the same places.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "run/commit.h"

namespace streamutils {

// nullopt: there is no file of this name.
std::optional<std::uint64_t> length_of(const std::string& path);

// Makes a file durable.
Status sync_file(const std::string& path);

// The same with the folders that list it, for one that may be new; and for several.
Status sync_new_file(const std::string& path);
Status sync_new_files(const std::set<std::string, std::less<>>& paths);

// Makes the files, and the folders of names that are made from events, with room for the lines, so
// that a full disk is met before they count.  Not every file system can.
Status reserve_room(const Commit& commit);

// Appends the lines of the epoch, which stand in `lines`, and makes them durable, with the folders
// of files that are new.
Status append_committed(const std::string& lines, const Commit& commit);

}  // namespace streamutils
