// CopiedPart: a part of an image (stream/snapshot.h) of which the entries stand side by side in
// memory of its own.
//
// An image of a million entries is copied in a few milliseconds if the memory for it is there; new
// memory from the system costs several times that.  So parts give theirs back to be used again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/zeroed.h"
#include "stream/snapshot.h"

namespace streamutils {

// Memory for parts, all of one size.  Parts come back from another thread.  For large images it is
// made by the huge page: small ones take longer to come from the system than to be copied into.
class PartMemory {
 public:
  static constexpr std::size_t kSize = 1 << 18;

  // To be given back.
  std::byte* take() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) make_more();
    std::byte* const part = spare_.back();
    spare_.pop_back();
    return part;
  }

  void give_back(std::byte* part) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(part);
  }

 private:
  static constexpr std::size_t kSingles = 8;

  void make_more() {
    const std::size_t bytes = made_.size() < kSingles ? kSize : kHugePage;
    made_.push_back(make_zeroed(bytes));
    for (std::size_t at = bytes; at > 0; at -= kSize) {
      spare_.push_back(made_.back().get() + at - kSize);
    }
  }

  std::mutex mutex_;  // of what follows
  std::vector<Zeroed> made_;
  std::vector<std::byte*> spare_;
};

class CopiedPart : public SnapshotPart {
 public:
  explicit CopiedPart(std::shared_ptr<PartMemory> memory)
      : memory_(std::move(memory)), shared_(memory_->take()), bytes_(shared_) {}
  ~CopiedPart() override { memory_->give_back(shared_); }
  CopiedPart(const CopiedPart&) = delete;
  CopiedPart& operator=(const CopiedPart&) = delete;

  bool is_empty() const { return used_ == 0; }
  bool has_room(std::size_t size) const { return is_empty() || size <= size_ - used_; }
  // Room for an entry; null if there is no more.  An empty part takes any.  Entries are aligned to
  // 8, and to 16 if all their sizes are multiples of 16.  REQUIRES: size is a multiple of 8.
  std::byte* add(std::size_t size) {
    if (used_ == 0 && size > size_) {
      large_ = make_zeroed(size_ = size);
      bytes_ = large_.get();
    }
    if (size > size_ - used_) return nullptr;
    return bytes_ + std::exchange(used_, used_ + size);
  }
  // The last entry, which add() has just made, is none.
  void take_back(std::size_t size) { used_ -= size; }

 protected:
  // The entries, one behind the other.
  std::byte* begin() const { return bytes_; }
  std::byte* end() const { return bytes_ + used_; }

 private:
  std::shared_ptr<PartMemory> memory_;
  std::byte* shared_;
  std::byte* bytes_;
  Zeroed large_;  // in place of it
  std::size_t size_ = PartMemory::kSize;
  std::size_t used_ = 0;
};

}  // namespace streamutils
