// KnownKeys: which keys get a row in windows in which they have no events (--fill).
//
//     windows       |--0--|--1--|--2--|--3--|--4--|
//     events of a     x                       x
//     rows of a       1     0     0     0     1         for ever, or for as long as --fill-for says
//     events of b                 x
//     rows of b                   1     0     0
//
// A key is known from the first window on in which it has events, by the order of windows, so
// nothing depends on the order in which events came.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "ops/aggregate_list.h"
#include "ops/aggregate_pool.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "ops/keyed.h"
#include "ops/window_parts.h"

namespace streamutils {

// Copies of known keys, as they stand in the table.
class KnownPart final : public CopiedPart {
 public:
  static constexpr std::size_t kState = 16;  // of a key: the end of its last window

  using CopiedPart::CopiedPart;

  // False if there is no more room.
  bool add(const Group& group);
  void write(SnapshotWriter& out) override;
};

class KnownKeys {
 public:
  // parts must outlive it.  fill_for: how long after the end of its last window with events a key
  // is still known.
  KnownKeys(WindowParts& parts, std::optional<Duration> fill_for);
  ~KnownKeys();
  KnownKeys(const KnownKeys&) = delete;
  KnownKeys& operator=(const KnownKeys&) = delete;

  bool is_empty() const { return groups_.empty(); }

  // These have events in the window that ends at `end`; to be told in the order of ends.
  void note(std::span<Group* const> groups, Timestamp end);
  void note(const GroupKey& key, Timestamp end);

  // Writes the rows of nothing of the window [start, end), for the keys that were not noted for it,
  // in the order in which they became known.  Forgets those whose time is over.
  void write_missing(Timestamp start, Timestamp end, Emitter& out);

  void save(SnapshotWriter& out) const;
  // Those that come next; false if the next entry is none of them.
  bool restore_some(SnapshotReader& in);

  // An image (stream/operator.h).  What changes them comes to nearly all, so what is left of the
  // image is taken first.
  void begin_image(SnapshotWriter& out);
  // Of at most so many keys, which it counts down.  True when it is complete.
  bool continue_image(std::size_t& keys);
  // False if they are as they were when the last image was begun.
  bool have_changed() const { return have_changed_; }

 private:
  static Timestamp& last_end(Group* group) { return *reinterpret_cast<Timestamp*>(group->state()); }
  void note_one(const GroupKey& key, Timestamp end);
  void begin_change();

  WindowParts& parts_;
  std::optional<Duration> fill_for_;
  GroupTable table_;
  std::vector<Group*> groups_;  // in the order in which they became known
  BlockPool pool_;
  std::byte* nothing_;

  bool have_changed_ = true;
  SnapshotWriter* image_out_ = nullptr;  // null: no image is being taken
  std::size_t image_next_ = 0;
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  ImageParts<KnownPart> image_parts_;
};

}  // namespace streamutils
