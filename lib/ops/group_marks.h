// GroupMarks: which groups an image (stream/operator.h) has yet to take, and which have changed
// since it was begun, for the next one.
//
// An event must not pay for either, nor the begin of an image for the number of groups.  So three
// bits of each group tell, of which the meaning changes and not the value:
//
//     whole     differs from that of the others: a whole image has yet to take it
//     changed   two of them, which take turns: one says that it has changed since the image was
//               begun, the other, that it had changed before, and an image of changes has yet to
//               take it
//
// Those that have changed stand in a list, too, as long as they are few.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ops/change_count.h"
#include "ops/keyed.h"

namespace streamutils {

class GroupMarks {
 public:
  // True if the group may change without note().  Always, before the first image.
  bool is_noted(const Group& group) const { return (group.mark & asked_) == expected_; }

  // The group is about to change; put() is called first if the image that is being taken needs it
  // as it is.  all: how many groups there are.
  template <typename Put>
  void note(Group& group, std::size_t all, const Put& put) {
    take(group, put);
    if (changed_bit_ == 0) return;
    group.mark = (group.mark | changed_bit_) & kMarkBits;
    list(group, all);
  }
  // The group has just been made.
  void note_new(Group& group, std::size_t all) {
    group.mark = expected_ & kMarkBits;
    if (changed_bit_ != 0) list(group, all);
  }
  // Its turn has come.
  template <typename Put>
  void take(Group& group, const Put& put) {
    if ((group.mark & kWhole) == whole_ && (group.mark & taken_bit()) == 0) return;
    group.mark = whole_ & kMarkBits;
    put();
  }

  // A whole image: each group's turn comes, in any order.
  void begin_whole() {
    whole_ ^= kWhole;
    begin();
    to_take_.clear();
  }
  // REQUIRES: knows_changes().  The turn of those in to_take() comes.
  void begin_changes() {
    to_take_.swap(changed_);
    begin();
  }
  const std::vector<Group*>& to_take() const { return to_take_; }

  // For those who erase groups: null takes the place of one among those that have changed, the last
  // of which is that of the last call of note() or note_new(), and among to_take().
  // REQUIRES: knows_changes().
  bool has_changed(const Group& group) const { return (group.mark & changed_bit_) != 0; }
  void remove_changed(std::size_t i) { changed_[i] = nullptr; }
  void remove_to_take(std::size_t i) { to_take_[i] = nullptr; }

  // False if they are too many, or if there has been no image.
  bool knows_changes() const { return changes_.are_known(); }
  std::size_t changed() const { return changed_.size(); }

  // There are no groups any more; as at first.
  void clear() { *this = GroupMarks(); }

 private:
  static constexpr std::uint32_t kWhole = 1;
  static constexpr std::uint32_t kChanged = 2;  // the first of the two
  static constexpr std::uint32_t kMarkBits = 7;

  std::uint32_t taken_bit() const { return changed_bit_ ^ (changed_bit_ != 0 ? 6U : 0U); }

  void begin() {
    changed_.clear();
    changes_.begin();
    changed_bit_ = changed_bit_ == kChanged ? 2 * kChanged : kChanged;
    asked_ = kWhole | changed_bit_;
    expected_ = whole_ | changed_bit_;
  }

  void list(Group& group, std::size_t all) {
    if (changes_.add(all)) changed_.push_back(&group);
  }

  std::uint32_t asked_ = 0;
  std::uint32_t expected_ = 0;
  std::uint32_t whole_ = 0;
  std::uint32_t changed_bit_ = 0;  // 0: there has been no image
  ChangeCount changes_;
  std::vector<Group*> changed_;
  std::vector<Group*> to_take_;
};

}  // namespace streamutils
