// KeysImage: the keys of an operator as images (stream/operator.h) go through them, where keys are
// forgotten one by one.
//
// An image of changes has the keys that have changed, and tells in front of them by name which were
// forgotten:
//
//     {"entry":"forgotten_keys","columns":["key","spelling"]}
//
// Owner: holds the keys, in a GroupTable or what is made of one.  It has
//     static KeyPlace& place_of(Group*), in the state of the key,
//     Group* find(const GroupKey&), null if it is not there,
//     void forget(Group*), which calls forget() first,
//     std::size_t all_in_image() const, how many entries an image of all has,
//     static std::size_t entries_of(Group*), how many of them are of the key, about,
//     void put_into_image(Group&, bool whole), which writes them; whole: all of them, not only what
//     has changed,
//     static void bring_near(Group*, int steps), before its turn: what the key leads to, of which
//     each step (3, 2, 1) has to be near for the next.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/group_key.h"
#include "ops/group_marks.h"
#include "stream/snapshot.h"

namespace streamutils {

// Where a key stands; for KeysImage.
struct KeyPlace {
  static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t place = kNowhere;   // among all
  std::uint32_t listed = kNowhere;  // among those that have changed; or had, if its turn comes
};

template <typename Owner>
class KeysImage {
 public:
  explicit KeysImage(Owner& owner) : owner_(owner) {}
  KeysImage(const KeysImage&) = delete;
  KeysImage& operator=(const KeysImage&) = delete;

  // Mostly in the order in which they were made.  Valid until the next change.
  const std::vector<Group*>& all() const { return all_; }

  // The key is there.  One that is new is not for the image that is being taken.
  void enter(Group& group) {
    KeyPlace& at = Owner::place_of(&group);
    if (at.place != KeyPlace::kNowhere) return;
    at.place = static_cast<std::uint32_t>(all_.size());
    all_.push_back(&group);
    marks_.note_new(group, owner_.all_in_image());
    note_place(at);
  }
  // To be called before the key goes.  The last one takes its place, which may be one whose turn
  // has been.
  void forget(Group& group) {
    take(group);
    tell_forgotten(group);
    const KeyPlace at = Owner::place_of(&group);
    if (knows_changes() && marks_.has_changed(group)) marks_.remove_changed(at.listed);
    Group* const last = all_.back();
    if (last != &group && whole_ && at.place < next_) take(*last);
    Owner::place_of(last).place = at.place;
    all_[at.place] = last;
    all_.pop_back();
  }
  // All but these are gone.  REQUIRES: there has been no image.
  void keep(std::vector<Group*> groups) {
    all_ = std::move(groups);
    for (std::uint32_t i = 0; i < all_.size(); ++i) Owner::place_of(all_[i]).place = i;
  }

  // To be called before what an image says of the key changes.
  void keep_for_image(Group& group) {
    if (!marks_.is_noted(group)) note(group);
  }
  // What the image before says of it does not hold any more.
  void tell_forgotten(const Group& group) {
    if (!knows_changes()) return;
    save_key_values(forgotten_rows_.row(), group);
    ++forgotten_;
  }

  // False if they are too many, or if there has been no image; else of so many keys, and so many
  // that are told as forgotten.
  bool knows_changes() const { return marks_.knows_changes(); }
  std::size_t changed() const { return marks_.changed(); }
  std::size_t forgotten() const { return forgotten_; }

  void begin_whole() {
    begin(true);
    marks_.begin_whole();
  }
  // REQUIRES: knows_changes().
  void begin_changes(SnapshotWriter& out) {
    out.entry(kForgotten).json("columns", R"(["key","spelling"])");
    out.lines(forgotten_rows_.take());
    begin(false);
    marks_.begin_changes();
  }
  // Of about so many entries, which it counts down.  True when all are there.
  bool go_on(std::size_t& entries) {
    const std::vector<Group*>& groups = whole_ ? all_ : marks_.to_take();
    for (; next_ < groups.size() && entries > 0; ++next_) {
      bring_near(groups);
      Group* const group = groups[next_];
      if (group == nullptr) continue;
      entries -= std::min(entries, 1 + Owner::entries_of(group));
      take(*group);
    }
    return next_ >= groups.size();
  }

  // Forgets those that were told, in front of changes.
  void restore_forgotten(SnapshotReader& in) {
    if (!in.next_is(kForgotten)) return;
    while (in.next_row()) {
      Group* const group = owner_.find(SavedKey(in, 0).key());
      if (group) owner_.forget(group);
    }
  }

 private:
  static constexpr std::string_view kForgotten = "forgotten_keys";
  static constexpr std::size_t kPrefetchAhead = 8;  // keys, before their turn

  void begin(bool whole) {
    whole_ = whole;
    next_ = 0;
    forgotten_ = 0;
    forgotten_rows_.take();
  }

  void note(Group& group) {
    marks_.note(group, owner_.all_in_image(), [&] { put(group); });
    note_place(Owner::place_of(&group));
    if (!knows_changes() && forgotten_rows_.size() > 0) forgotten_rows_.take();
  }
  void note_place(KeyPlace& at) const {
    if (knows_changes()) at.listed = static_cast<std::uint32_t>(marks_.changed() - 1);
  }
  void take(Group& group) {
    marks_.take(group, [&] { put(group); });
  }
  void put(Group& group) {
    owner_.put_into_image(group, whole_);
    if (!whole_) marks_.remove_to_take(Owner::place_of(&group).listed);
  }

  void bring_near(const std::vector<Group*>& groups) const {
    for (int steps = 3; steps > 0; --steps) {
      const std::size_t at = next_ + static_cast<std::size_t>(steps) * kPrefetchAhead;
      if (at < groups.size() && groups[at] != nullptr) Owner::bring_near(groups[at], steps);
    }
  }

  Owner& owner_;
  std::vector<Group*> all_;
  bool whole_ = true;     // the image: of all keys, not of those that have changed
  std::size_t next_ = 0;  // the one whose turn comes, among those
  // Since it was begun.
  GroupMarks marks_;
  std::size_t forgotten_ = 0;
  SnapshotWriter forgotten_rows_;
};

}  // namespace streamutils
