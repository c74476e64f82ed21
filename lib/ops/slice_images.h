// SliceImages: the image (stream/operator.h) that is being taken of the tables of slices
// (dedup_tables.h), one table after the other.
//
// Image: of one table (dedup_image.h, log_image.h).
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "ops/image_part.h"
#include "stream/snapshot.h"

namespace streamutils {

template <typename Image>
class SliceImages {
 public:
  // True if none is being taken.
  bool empty() const { return images_.empty(); }

  // map: of tables by their places.  What says where they belong is written at once.  Tables and
  // `out` must outlive it.
  template <typename Map>
  void begin(Map& map, SnapshotWriter& out) {
    for (auto& [place, table] : map) {
      SnapshotWriter entry;
      place.save(entry);
      const std::string lines = entry.take();
      out.lines(lines);
      images_.emplace_back(table, lines, memory_, out);
    }
  }
  // Of about so many slots, which it counts down.  True when all are there.
  bool go_on(std::size_t& slots) {
    while (!images_.empty() && images_.front().go_on(slots)) images_.pop_front();
    return images_.empty();
  }
  // To be called before a table goes, or changes in a way of which it tells nobody.
  template <typename Table>
  void before_end(const Table& table) {
    for (Image& image : images_) {
      if (image.is_of(table)) image.finish();
    }
    images_.remove_if([&table](const Image& image) { return image.is_of(table); });
  }

 private:
  std::shared_ptr<PartMemory> memory_ = std::make_shared<PartMemory>();
  std::list<Image> images_;
};

}  // namespace streamutils
