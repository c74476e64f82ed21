// SlotsImage: an image (stream/operator.h) of a table of fingerprints, in slices.
//
// Slots are copied in stretches of some kilobytes, each when its turn comes or before one of its
// slots changes.  A fingerprint may stand anywhere, so while the image is taken most new ones come
// where nothing has been copied yet: a stretch costs as much as some events do.  A segment that
// grows moves all its slots, which are copied before it does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ops/dedup_state.h"
#include "ops/fingerprint_table.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "stream/snapshot.h"

namespace streamutils {

template <typename Extra>
class SlotsImage final : FingerprintTable<Extra>::Watcher {
  using Table = FingerprintTable<Extra>;
  using Part = SlotsPart<typename Table::Slot>;

 public:
  // entry: whole lines, that stand in front of the slots.  The table and `out` must outlive it.
  SlotsImage(Table& table, std::string entry, std::shared_ptr<PartMemory> memory,
             SnapshotWriter& out)
      : table_(table), entry_(std::move(entry)), memory_(std::move(memory)), out_(out) {
    for (std::size_t i = 0; i < table.segments(); ++i) {
      const std::size_t slots = table.slots_of(i).size();
      taken_.emplace_back((slots + Part::kStretch - 1) / Part::kStretch);
    }
    table.set_watcher(this);
  }
  ~SlotsImage() { table_.set_watcher(nullptr); }
  SlotsImage(const SlotsImage&) = delete;
  SlotsImage& operator=(const SlotsImage&) = delete;

  bool is_of(const Table& table) const { return &table_ == &table; }

  // Of about so many slots, which it counts down.  True when all are there.
  bool go_on(std::size_t& slots) {
    for (; segment_ < taken_.size(); ++segment_, next_ = 0) {
      for (; next_ < taken_[segment_].size(); ++next_) {
        if (slots == 0) return false;
        slots -= std::min(slots, Part::kStretch);
        take(segment_, next_);
      }
    }
    parts_.hand_over(out_);
    return true;
  }
  void finish() {
    auto all = static_cast<std::size_t>(-1);
    go_on(all);
  }

 private:
  void before_change(std::size_t segment, std::size_t from, std::size_t to) override {
    const std::size_t last = std::min((to - 1) / Part::kStretch + 1, taken_[segment].size());
    for (std::size_t i = from / Part::kStretch; i < last; ++i) take(segment, i);
  }
  void before_split() override {
    finish();
    table_.set_watcher(nullptr);
  }

  void take(std::size_t segment, std::size_t stretch) {
    if (std::exchange(taken_[segment][stretch], true)) return;
    const auto all = table_.slots_of(segment);
    const auto from = all.subspan(stretch * Part::kStretch);
    const auto make = [this] { return std::make_unique<Part>(memory_, entry_); };
    parts_.add(out_, make, from.first(std::min(from.size(), Part::kStretch)));
  }

  Table& table_;
  std::string entry_;
  std::shared_ptr<PartMemory> memory_;
  SnapshotWriter& out_;
  ImageParts<Part> parts_;
  std::vector<std::vector<char>> taken_;  // the stretches of each segment
  std::size_t segment_ = 0;
  std::size_t next_ = 0;  // the stretch of it whose turn comes
};

}  // namespace streamutils
