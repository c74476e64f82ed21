// Arena: memory for the values of one evaluation, given back all at once.
//
// Strings, lists and maps that an expression builds live as long as the event it looks at.  A bump
// pointer makes them free to create and to forget; the blocks are kept from event to event, so that
// a stream of alike events allocates nothing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace streamutils::expr {

class Arena {
 public:
  // What one evaluation may use.  Beyond it the result is an error of the event: an expression can
  // double a string with every call, and must not take the machine with it.
  static constexpr std::size_t kLimit = std::size_t{256} << 20;

  // n bytes, aligned for any value.  Never fails; who builds something large asks room() first.
  char* allocate(std::size_t n) {
    n = (n + 15) & ~std::size_t{15};
    if (n > static_cast<std::size_t>(end_ - next_)) grow(n);
    char* p = next_;
    next_ += n;
    return p;
  }

  template <typename T>
  T* allocate_array(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(allocate(n * sizeof(T)));
  }

  template <typename T>
  const T* make(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    return new (allocate(sizeof(T))) T(value);
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {"", 0};
    char* p = allocate(text.size());
    std::memcpy(p, text.data(), text.size());
    return {p, text.size()};
  }

  // True if n more bytes stay within the limit.
  bool room(std::size_t n) const { return n <= kLimit && used_before_ + used_here() <= kLimit - n; }

  // Forgets everything.  Keeps the first block only, so that one huge event does not hold memory.
  void reset() {
    if (blocks_.empty()) return;
    if (blocks_.size() > 1) blocks_.resize(1);
    next_ = blocks_.front().bytes.get();
    end_ = next_ + blocks_.front().size;
    used_before_ = 0;
  }

 private:
  static constexpr std::size_t kFirstBlock = std::size_t{16} << 10;

  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  std::size_t used_here() const {
    return blocks_.empty() ? 0 : static_cast<std::size_t>(next_ - blocks_.back().bytes.get());
  }

  void grow(std::size_t n) {
    used_before_ += used_here();
    const std::size_t size = std::max(n, blocks_.empty() ? kFirstBlock : 2 * blocks_.back().size);
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
    next_ = blocks_.back().bytes.get();
    end_ = next_ + size;
  }

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t used_before_ = 0;  // in all blocks but the last
};

}  // namespace streamutils::expr
