// ImageParts: copies for an image (stream/operator.h), gathered in parts of which each is handed
// over when it is full.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "stream/snapshot.h"

namespace streamutils {

// Part: a CopiedPart with add(entry...), which is false if there is no more room.
template <typename Part>
class ImageParts {
 public:
  // make(): another part.
  template <typename Make, typename... Entry>
  void add(SnapshotWriter& out, const Make& make, const Entry&... entry) {
    if (part_ && part_->add(entry...)) return;
    hand_over(out);
    part_ = make();
    part_->add(entry...);
  }

  // What there is, too.
  void hand_over(SnapshotWriter& out) {
    if (part_) out.part(std::move(part_));
  }

 private:
  std::unique_ptr<Part> part_;
};

}  // namespace streamutils
