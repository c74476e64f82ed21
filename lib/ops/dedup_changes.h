// ChangedKeys: the slots of tables that have changed since an image was begun, by the tables that
// they stand in (SliceTables), as long as they are few.
//
// A key that is put once changes once: a list holds it.  Where a slot changes time and again
// (refresh), the last of them is kept, in a table.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/change_count.h"
#include "ops/dedup_state.h"
#include "ops/dedup_tables.h"
#include "ops/fingerprint_table.h"
#include "stream/snapshot.h"

namespace streamutils {

template <typename Seen>
class ChangedKeys {
 public:
  using Slot = typename FingerprintTable<Seen>::Slot;

  // An image begins.
  void begin() {
    tables_.clear();
    count_.begin();
  }
  // As in ChangeCount.
  bool are_known() const { return count_.are_known(); }
  bool are_worth_it(std::size_t all) const { return count_.are_worth_it(all); }

  // The slot as it is now, of so many.
  void note(const SlicePlace& place, const Slot& slot, std::size_t all) {
    if (are_known() && put(place, slot) && !count_.add(all)) tables_.clear();
  }
  // The table is gone.
  void drop(const SlicePlace& place) {
    const auto gone = tables_.extract(place);
    if (gone) count_.remove(gone.mapped().size());
  }

  // An entry for each table, with its slots behind it.  The next image begins.
  void write(SnapshotWriter& out) {
    for (auto& [place, changed] : tables_) {
      SnapshotWriter entry;
      place.save(entry);
      out.part(std::make_unique<ChangedSlots<Slot>>(entry.take(), slots_of(changed)));
    }
    begin();
  }

 private:
  using Changed = std::conditional_t<Seen::kRefresh, FingerprintTable<Seen>, std::vector<Slot>>;

  // False if another change of it is known.
  bool put(const SlicePlace& place, const Slot& slot) {
    if constexpr (Seen::kRefresh) {
      const auto [changed, is_new] = tables_[place].find_or_insert(slot.print);
      *changed = slot;
      return is_new;
    } else {
      tables_[place].push_back(slot);
      return true;
    }
  }
  static std::vector<Slot> slots_of(Changed& changed) {
    if constexpr (Seen::kRefresh) {
      std::vector<Slot> slots(changed.size() + 1);
      changed.copy_to(slots.data());
      slots.pop_back();
      return slots;
    } else {
      return std::move(changed);
    }
  }

  ChangeCount count_;
  std::map<SlicePlace, Changed> tables_;
};

}  // namespace streamutils
