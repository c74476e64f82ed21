// Pane: the groups of one stretch of time that is closed as a whole, a window or a slice of
// windows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "ops/aggregate_list.h"
#include "ops/group_image.h"
#include "ops/group_marks.h"
#include "ops/keyed.h"
#include "ops/window_parts.h"

namespace streamutils {

// How often the rows of groups have been written again, as far as that is not 0.
using Revisions = absl::flat_hash_map<const Group*, std::uint64_t>;

// What a row of a snapshot says of a group, in front of its states.
struct PaneFacts {
  static constexpr std::string_view kEntry = "groups";
  static constexpr std::string_view kColumns = R"("pane","first_seen","revisions")";
  static constexpr std::size_t kCount = 3;

  char* write(char* to) const {
    return write_value(write_value(write_value(to, pane), first_seen), revisions);
  }

  std::uint64_t pane;  // its number among those whose entries stand in front
  std::uint64_t first_seen;
  std::uint64_t revisions = 0;
};
using PaneRows = GroupRows<PaneFacts>;
using PaneImage = GroupImage<PaneFacts>;

class Pane {
 public:
  // aggregates must outlive the pane.  has_keys: if not, all events are one group.
  Pane(const AggregateList& aggregates, bool has_keys,
       std::size_t max_keys = static_cast<std::size_t>(-1));
  explicit Pane(const WindowParts& parts)
      : Pane(parts.aggregates, !parts.keys.is_empty(), parts.max_in_pane) {}
  ~Pane() { destroy_states(); }
  Pane(const Pane&) = delete;
  Pane& operator=(const Pane&) = delete;

  // The group of the key; made if this is its first event here, which then has the number `event`.
  Group& group(const GroupKey& key, std::uint64_t event) {
    if (!has_keys_ && !groups_.empty()) return keep_for_image(*groups_.front());
    const GroupTable::Found found = table_.find_or_add(key);
    if (found.is_new) add(*found.group, event);
    return keep_for_image(*found.group);
  }
  // The same, but null if it would be one more than max_keys; and its states.
  Group* group_within_limit(const GroupKey& key, std::uint64_t event) {
    if (groups_.size() < max_keys_) return &group(key, event);
    Group* found = table_.find(key);
    return found ? &keep_for_image(*found) : nullptr;
  }
  std::byte* block(const GroupKey& key, std::uint64_t event) {
    Group* found = group_within_limit(key, event);
    return found ? found->state() : nullptr;
  }

  // The group of the key if there is one.
  Group* find(std::string_view canonical) const { return table_.find(canonical); }

  // Whether that is of use, and brings near the groups of the keys that are foreseen.
  bool is_large() const { return table_.is_large(); }
  void prefetch(const KeyReader& keys) const { table_.prefetch(keys); }
  // Begins that, between other work.
  void prefetch(std::uint32_t hash) const { table_.prefetch(hash); }

  // Adds all groups of another pane of the same parts.
  void merge(const Pane& other);

  // In the order in which they were first seen.
  std::span<Group* const> groups() const { return groups_; }

  // Memory held, about.  Walks all groups.
  std::size_t bytes() const;
  // Without what the states hold outside of their groups.  Does not walk.
  std::size_t table_bytes() const { return table_.bytes() + groups_.capacity() * sizeof(Group*); }

  // Forgets all groups, and keeps room for about as many.
  void clear();

  // A row for each group, with the number of the pane.
  void save(PaneRows& rows, std::uint64_t number) const;

  // An image (stream/operator.h).  A group goes there before it changes, or when its turn comes.
  // revisions: of the groups; null: there are none.
  // REQUIRES: the pane, and the revisions, live until the image of it is complete.
  void begin_image(PaneImage& image, std::uint64_t number, const Revisions* revisions = nullptr);
  // Of at most so many groups, which it counts down.  True when it is complete.
  bool continue_image(std::size_t& groups);
  void finish_image();
  // The same for what has changed since the image before was begun; if that is not known, it is
  // whole (and what was there before has gone).
  void begin_changes(PaneImage& image, std::uint64_t number, const Revisions* revisions = nullptr);
  bool knows_changes() const { return marks_.knows_changes(); }
  // How many groups begin_changes() would have to write.
  std::size_t changes() const { return knows_changes() ? marks_.changed() : groups_.size(); }

  // From the current row of the reader, whose second value is first_seen, in place of what there is
  // of the key; null if that fails.  They come in any order: put_in_order() when there are no more.
  const Group* restore_row(SnapshotReader& in, std::size_t first_state);
  void put_in_order();

 private:
  void destroy_states();
  Group& keep_for_image(Group& group) {
    if (!marks_.is_noted(group)) note(group);
    return group;
  }
  void note(Group& group);
  void begin_image_of(PaneImage& image, std::uint64_t number, const Revisions* revisions);
  void put_into_image(const Group& group);
  void add(Group& group, std::uint64_t first_seen);

  const AggregateList& aggregates_;
  bool has_keys_;
  std::size_t max_keys_;
  GroupTable table_;
  std::vector<Group*> groups_;

  PaneImage* image_ = nullptr;  // null: it is complete
  std::uint64_t number_ = 0;    // in the image
  const Revisions* revisions_ = nullptr;
  bool whole_ = true;     // the image: of all groups, not of those that have changed
  std::size_t next_ = 0;  // the group whose turn comes, among those
  GroupMarks marks_;
};

// Which of the panes of before goes on in an image of changes is said in the current entry, and
// read from it: from `before` the one of this key then comes back to `now`.
inline void save_whether_it_goes_on(SnapshotWriter& out, const Pane& pane) {
  if (pane.knows_changes()) out.field("goes_on", true);
}
template <typename Panes>
void take_over(SnapshotReader& in, Panes& before, Panes& now, const typename Panes::key_type& key) {
  const bool goes_on = in.json("goes_on").exists();
  if (goes_on && !now.insert(before.extract(key)).inserted) in.fail("what goes on is not there");
}

// Takes the rows back, where the panes stand in the order of their numbers.
class PaneReader {
 public:
  // What is done with each group once it is there; it may be moved to disk.
  using Then = std::function<void(std::size_t pane, const Group& group, std::uint64_t revisions)>;
  explicit PaneReader(std::vector<Pane*> panes, Then then = nullptr)
      : panes_(std::move(panes)), then_(std::move(then)) {}
  // All that come next.
  void read(SnapshotReader& in) {
    while (read_some(in)) {
    }
    finish();
  }
  // Those behind the next entry; false if it is none of them.
  bool read_some(SnapshotReader& in);
  // There are no more.
  void finish();

 private:
  void read_row(SnapshotReader& in);

  std::vector<Pane*> panes_;
  Then then_;
};

}  // namespace streamutils
