// Scratch: room on disk for state that is larger than memory.
//
// Operators do no I/O; whoever makes them hands in a way to get scratch room.  What is in it is
// gone with it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace streamutils {

class Scratch {
 public:
  virtual ~Scratch() = default;

  // Appends all of it; false, with nothing to be relied on behind size(), if that fails.
  virtual bool append(std::string_view bytes) = 0;

  // Appends up to `length` bytes from `offset` on to `out`; false if they cannot be read.
  virtual bool read(std::uint64_t offset, std::size_t length, std::string& out) = 0;

  // What has been appended.
  virtual std::uint64_t size() const = 0;

  // Forgets everything.
  virtual void clear() = 0;
};

// Null if there is no room to be had.
using MakeScratch = std::function<std::unique_ptr<Scratch>()>;

}  // namespace streamutils
