// RowLines: the keys of windows of events, each with its line of events.  Inside of window_rows.cc.
//
// An image (stream/operator.h) has a row for each slice of each key, with what is known of the key
// in it, and one for a key without slices; all rows of a key stand together.  An image of changes
// has those of the keys that have changed, and tells by name which were forgotten.
//
// With --mem, keys go to disk when memory is used up, those that came there first, and come back
// with their next event (cold_keys.h).  One with an event that waits stays.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "ops/change_count.h"
#include "ops/cold_keys.h"
#include "ops/group_image.h"
#include "ops/group_key.h"
#include "ops/keyed_states.h"
#include "ops/keys_image.h"
#include "ops/spill_tools.h"
#include "ops/window_history.h"
#include "ops/windower.h"
#include "stream/snapshot.h"

namespace streamutils {

// Where an event of that number stands on the line of its key.
inline Timestamp place(std::int64_t n) { return from_nanos(n); }

// One key.
struct RowLine {
  std::int64_t rows = 0;          // events so far, numbered from 0
  Timestamp last{};               // the time of the last one
  std::vector<Timestamp> starts;  // of the open windows, by number: when their first event was
  SliceQueue slices;              // by event numbers
  std::uint32_t waiting = 0;
  KeyPlace at;
};
static_assert(sizeof(RowLine) <= 128);

// What a row of a snapshot says of a slice and its key, in front of the states of the slice.
struct RowLineFacts {
  static constexpr std::string_view kEntry = "lines";
  // opened: when the first event of the open window was that begins with the slice, or null.
  static constexpr std::string_view kColumns =
      R"("start","first_seen","merged","opened","slice","slices","rows","last","key_seen")";
  static constexpr std::size_t kCount = 9;

  char* write(char* to) const;

  SliceFacts of_slice;
  std::uint64_t slice;   // its number among those of the key…
  std::uint64_t slices;  // …which are so many; 0: the row is of the key alone
  std::int64_t rows;
  Timestamp last;
  std::uint64_t key_seen;
  Timestamp opened;
  bool opens;
};

class RowLines {
 public:
  // spill_tools: null if all stay in memory.  All must outlive it.
  RowLines(const AggregateList& aggregates, BlockPool& pool, const FixedWindows& windows,
           const SpillTools* spill_tools);
  ~RowLines();
  RowLines(const RowLines&) = delete;
  RowLines& operator=(const RowLines&) = delete;

  static RowLine& of(Group* group) { return KeyedStates<RowLine>::of(group); }
  const SliceQueue::Tools& tools() const { return tools_; }

  // The group of the key; made if there is none, and then its first event has the number `event`;
  // null if it would be one more than `limit`.
  Group* group_within(std::size_t limit, const GroupKey& key, std::uint64_t event);
  // To be called before a line changes, but for how many of its events wait.
  void keep_for_image(Group& group) { keys_image_.keep_for_image(group); }
  void forget(Group* group);
  // Forgets all.
  void clear();

  // Whether that is of use; brings near the keys that are foreseen; and what settling an event of a
  // key will change, in three steps (3, 2, 1) of which each has to be near for the next.
  bool is_large() const { return keys_.is_large(); }
  template <typename Keys>
  void prefetch(const Keys& keys) const {
    keys_.prefetch(keys);
  }
  void prefetch(std::uint32_t hash) const { keys_.prefetch(hash); }
  static void bring_near(Group* group, int steps);

  // The first window that is open.
  std::int64_t first_open(const RowLine& line) const;

  std::size_t size() const { return keys_.size() + (cold_ ? cold_->size() : 0); }
  // Keys in memory, what they take there, about, without what the states hold outside of their
  // blocks; all of them, in the order in which they were made.
  std::size_t held() const { return keys_.size(); }
  std::size_t table_bytes() const { return keys_.bytes(); }
  std::vector<Group*> groups() const { return keys_.groups(); }

  // Puts keys to disk if all that is held of them is more than `most` bytes.  REQUIRES: there are
  // spill tools.
  void make_room(std::size_t most);
  bool disk_is_full() const { return cold_ && cold_->disk_is_full(); }
  // Something that is on disk cannot be read.
  bool has_failed() const { return cold_ && cold_->has_failed(); }
  // Calls visit(group, print) for each key that is on disk, which is in memory during the call.
  // False if one cannot be read.
  using VisitCold = std::function<void(Group* group, const Fingerprint& print)>;
  bool visit_cold(const VisitCold& visit);
  // Takes one into memory; null if it cannot be read.
  Group* take_cold(const Fingerprint& print);

  // A row for each slice of each key, by age.
  void save(SnapshotWriter& out) const;
  // What was forgotten, in front of changes; rows behind the next entry, false if it is none of
  // them; and then there are no more.
  void restore_forgotten(SnapshotReader& in) { keys_image_.restore_forgotten(in); }
  // then() is called behind each key.
  bool restore_some(SnapshotReader& in, const std::function<void()>& then);
  void finish_restore(SnapshotReader& in);

  void begin_image(SnapshotWriter& out);
  // True if what has changed is known, and much less than all.
  bool has_changes() const {
    const std::size_t changes = keys_image_.changed() + keys_image_.forgotten();
    return keys_image_.knows_changes() && are_few(changes, keys_.size());
  }
  void begin_changes(SnapshotWriter& out);
  // Of about so many slices, which it counts down.  True when all are there; then finish_image().
  bool continue_image(std::size_t& slices) { return keys_image_.go_on(slices); }
  void finish_image() { image_.finish(); }

 private:
  friend class KeysImage<RowLines>;

  // The group of a key that is known, or null.
  Group* find(const GroupKey& key);
  // The key, if it has been on disk; else null.
  Group* warm_up(std::string_view text);
  std::size_t bytes_of(Group* group) const;

  template <typename Rows>
  void save_line(Group* group, Rows& rows) const;
  SavedKey key_of_row(SnapshotReader& in) const;
  // The key of the row; null if that is damaged.
  Group* restore_row(SnapshotReader& in);
  void begin_line(const GroupKey& key, SnapshotReader& in);
  void restore_slice(RowLine& line, SnapshotReader& in);
  void check_open_windows(const RowLine& line, SnapshotReader& in) const;

  // See KeysImage.
  static KeyPlace& place_of(Group* group) { return of(group).at; }
  std::size_t all_in_image() const { return keys_.size(); }
  static std::size_t entries_of(Group* group) { return of(group).slices.size(); }
  void put_into_image(Group& group, bool) { save_line(&group, image_); }

  const FixedWindows& windows_;
  SliceQueue::Tools tools_;
  KeyedStates<RowLine> keys_;
  const SpillTools* spill_tools_;
  std::optional<ColdKeys> cold_;

  // The key whose rows are being read, and how many of them there are and have been.
  Group* reading_ = nullptr;
  std::uint64_t slices_ = 0;
  std::uint64_t slices_read_ = 0;

  KeysImage<RowLines> keys_image_{*this};
  GroupImage<RowLineFacts> image_;
};

}  // namespace streamutils
