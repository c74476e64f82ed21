// ChangedKeys: the slots of tables that have changed since an image was begun, by the tables that
// they stand in (SeenKeys).
//
// A key that is put once changes once: a list holds it.  Where a slot changes time and again
// (refresh), the last of them is kept, in a table.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/dedup_tables.h"
#include "ops/fingerprint_table.h"

namespace streamutils {

template <typename Seen>
class ChangedKeys {
 public:
  using Slot = typename FingerprintTable<Seen>::Slot;

  void clear() { tables_.clear(); }

  // The slot as it is now.  False if another change of it is known.
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

  // The table is gone.  How many changes that were.
  std::size_t drop(const SlicePlace& place) {
    const auto gone = tables_.extract(place);
    return gone ? gone.mapped().size() : 0;
  }

  // Gives all to visit(place, slots), and keeps none.
  template <typename Visit>
  void take(Visit visit) {
    for (auto& [place, changed] : tables_) {
      if constexpr (Seen::kRefresh) {
        std::vector<Slot> slots(changed.size() + 1);
        changed.copy_to(slots.data());
        slots.pop_back();
        visit(place, std::move(slots));
      } else {
        visit(place, std::move(changed));
      }
    }
    clear();
  }

 private:
  using Changed = std::conditional_t<Seen::kRefresh, FingerprintTable<Seen>, std::vector<Slot>>;

  std::map<SlicePlace, Changed> tables_;
};

}  // namespace streamutils
