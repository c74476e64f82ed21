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
#include <new>
#include <utility>
#include <vector>

#include "stream/snapshot.h"

namespace streamutils {

// Memory for parts, all of one size but for entries that are larger.  Parts come back from another
// thread.
class PartMemory {
 public:
  static constexpr std::size_t kSize = 1 << 18;

  struct Free {
    void operator()(std::byte* bytes) const { ::operator delete[](bytes, std::align_val_t{16}); }
  };
  using Bytes = std::unique_ptr<std::byte[], Free>;

  Bytes take() {
    {
      const std::lock_guard lock(mutex_);
      if (!spare_.empty()) {
        Bytes bytes = std::move(spare_.back());
        spare_.pop_back();
        return bytes;
      }
    }
    return make(kSize);
  }

  void give_back(Bytes bytes) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(bytes));
  }

  static Bytes make(std::size_t size) {
    return Bytes(static_cast<std::byte*>(::operator new[](size, std::align_val_t{16})));
  }

 private:
  std::mutex mutex_;  // of what follows
  std::vector<Bytes> spare_;
};

class CopiedPart : public SnapshotPart {
 public:
  explicit CopiedPart(std::shared_ptr<PartMemory> memory)
      : memory_(std::move(memory)), bytes_(memory_->take()) {}
  ~CopiedPart() override {
    if (size_ <= PartMemory::kSize) memory_->give_back(std::move(bytes_));
  }
  CopiedPart(const CopiedPart&) = delete;
  CopiedPart& operator=(const CopiedPart&) = delete;

  // Room for an entry, aligned to 16; null if there is no more.  An empty part takes any.
  // REQUIRES: size is a multiple of 16.
  std::byte* add(std::size_t size) {
    if (used_ == 0 && size > size_) {
      memory_->give_back(std::move(bytes_));
      bytes_ = PartMemory::make(size_ = size);
    }
    if (size > size_ - used_) return nullptr;
    return bytes_.get() + std::exchange(used_, used_ + size);
  }

 protected:
  // The entries, one behind the other.
  std::byte* begin() const { return bytes_.get(); }
  std::byte* end() const { return bytes_.get() + used_; }

 private:
  std::shared_ptr<PartMemory> memory_;
  PartMemory::Bytes bytes_;
  std::size_t size_ = PartMemory::kSize;
  std::size_t used_ = 0;
};

}  // namespace streamutils
