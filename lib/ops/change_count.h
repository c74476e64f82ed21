// ChangeCount: how much of a state has changed since its last image was begun, and whether it is
// worth to know (Operator::has_changes).
//
// An image of changes is read on top of the one before, so it is of use only while it is much less
// than the whole: less than half of all.  What is noted for it costs memory, and is given up when
// it comes to more than that.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace streamutils {

// True if so many changes are worth an image of their own.
inline bool are_few(std::size_t changes, std::size_t all) { return 2 * changes < all; }

class ChangeCount {
 public:
  // An image begins.
  void begin() {
    known_ = true;
    size_ = 0;
  }

  // One more.  False if they are not noted any more, until the next image.
  bool add(std::size_t all) {
    known_ = known_ && (++size_ <= kAlwaysNoted || 2 * size_ <= all);
    return known_;
  }
  // Some of them have gone.
  void remove(std::size_t changes) { size_ -= changes; }

  // False before the first image, and when they have become too many.
  bool are_known() const { return known_; }
  // REQUIRES: are_known().
  std::size_t size() const { return size_; }
  // True if they are known and few.
  bool are_worth_it(std::size_t all) const { return known_ && are_few(size_, all); }

 private:
  static constexpr std::size_t kAlwaysNoted = 64;

  bool known_ = false;
  std::size_t size_ = 0;
};

}  // namespace streamutils
