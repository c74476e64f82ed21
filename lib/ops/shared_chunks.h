// SharedChunks: memory in chunks, each of which is there for as long as anybody holds it.
//
// Who has filled one can let another thread read it, and go on without it.  Chunks come back from
// any thread, and some are kept to be used again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace streamutils {

class SharedChunks {
 public:
  using Chunk = std::shared_ptr<std::byte>;

  // size: of most chunks.
  explicit SharedChunks(std::size_t size) : spare_(std::make_shared<Spare>(size)) {}

  // One of that size, or of more if `bytes` are more; aligned to 64 bytes.  Throws std::bad_alloc.
  Chunk take(std::size_t bytes) {
    if (bytes > spare_->size) return {make(bytes), [](std::byte* memory) { free(memory); }};
    return {spare_->take(), [spare = spare_](std::byte* memory) { spare->give_back(memory); }};
  }

 private:
  static constexpr std::align_val_t kAlignment{64};

  static std::byte* make(std::size_t bytes) {
    return static_cast<std::byte*>(::operator new(bytes, kAlignment));
  }
  static void free(std::byte* memory) { ::operator delete(memory, kAlignment); }

  struct Spare {
    static constexpr std::size_t kMost = 16;

    explicit Spare(std::size_t of) : size(of) { chunks.reserve(kMost); }
    ~Spare() {
      for (std::byte* memory : chunks) free(memory);
    }
    Spare(const Spare&) = delete;
    Spare& operator=(const Spare&) = delete;

    std::byte* take() {
      {
        const std::lock_guard lock(mutex);
        if (!chunks.empty()) {
          std::byte* const memory = chunks.back();
          chunks.pop_back();
          return memory;
        }
      }
      return make(size);
    }
    void give_back(std::byte* memory) {
      {
        const std::lock_guard lock(mutex);
        if (chunks.size() < kMost) return chunks.push_back(memory);
      }
      free(memory);
    }

    const std::size_t size;
    std::mutex mutex;  // of what follows
    std::vector<std::byte*> chunks;
  };

  std::shared_ptr<Spare> spare_;
};

}  // namespace streamutils
