// A disk of so many bytes, for --mem in tests.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "stream/scratch.h"

namespace streamutils::testing {

class SmallDisk final : public Scratch {
 public:
  explicit SmallDisk(std::size_t room = std::numeric_limits<std::size_t>::max(),
                     bool readable = true)
      : room_(room), readable_(readable) {}

  bool append(std::string_view bytes) override {
    if (bytes_.size() + bytes.size() > room_) return false;
    bytes_ += bytes;
    return true;
  }
  bool read(std::uint64_t offset, std::size_t length, std::string& out) override {
    if (!readable_ || offset + length > bytes_.size()) return false;
    out.append(bytes_, static_cast<std::size_t>(offset), length);
    return true;
  }
  std::uint64_t size() const override { return bytes_.size(); }
  void clear() override { bytes_.clear(); }

 private:
  std::size_t room_;
  bool readable_;
  std::string bytes_;
};

}  // namespace streamutils::testing
