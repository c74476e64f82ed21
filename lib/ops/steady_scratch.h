// SteadyScratch: scratch room that takes everything: on disk while it can, in memory from then on.
//
// A disk that is full must not lose what was counted, so there is nothing that an append could fail
// for; whoever wants to tell the user asks is_full().
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "stream/scratch.h"

namespace streamutils {

class SteadyScratch final : public Scratch {
 public:
  // disk: null if there is none.
  explicit SteadyScratch(std::unique_ptr<Scratch> disk) : disk_(std::move(disk)) {}

  bool append(std::string_view bytes) override {
    if (!is_full_ && disk_ && disk_->append(bytes)) return true;
    is_full_ = true;
    rest_.append(bytes);
    return true;
  }

  bool read(std::uint64_t offset, std::size_t length, std::string& out) override {
    const std::uint64_t on_disk = disk_size();
    if (offset < on_disk) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(length, on_disk - offset));
      if (!disk_->read(offset, part, out)) return false;
      offset += part;
      length -= part;
    }
    if (length == 0) return true;
    if (offset - on_disk + length > rest_.size()) return false;
    out.append(rest_, static_cast<std::size_t>(offset - on_disk), length);
    return true;
  }

  std::uint64_t size() const override { return disk_size() + rest_.size(); }

  void clear() override {
    if (disk_) disk_->clear();
    rest_.clear();
    is_full_ = false;
  }

  // The disk has refused something.
  bool is_full() const { return is_full_; }

 private:
  std::uint64_t disk_size() const { return disk_ ? disk_->size() : 0; }

  std::unique_ptr<Scratch> disk_;
  std::string rest_;  // behind what is on disk
  bool is_full_ = false;
};

}  // namespace streamutils
