// LogImage: an image (stream/operator.h) of a log of fingerprints, in slices.
//
// What is in the log when the image begins stays where it is, and what comes later stands behind
// it.  Only a segment that becomes two moves its slots, which are copied before it does.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ops/dedup_state.h"
#include "ops/fingerprint_log.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "stream/snapshot.h"

namespace streamutils {

template <typename Extra>
class LogImage final : FingerprintLog<Extra>::Watcher {
  using Log = FingerprintLog<Extra>;
  using Part = SlotsPart<typename Log::Slot>;

 public:
  // entry: whole lines, that stand in front of the slots.  The log and `out` must outlive it.
  LogImage(Log& log, std::string entry, std::shared_ptr<PartMemory> memory, SnapshotWriter& out)
      : log_(log), entry_(std::move(entry)), memory_(std::move(memory)), out_(out) {
    for (std::size_t i = 0; i < log.segments(); ++i) segments_.push_back({0, log.size_of(i)});
    log.set_watcher(this);
  }
  ~LogImage() { log_.set_watcher(nullptr); }
  LogImage(const LogImage&) = delete;
  LogImage& operator=(const LogImage&) = delete;

  bool is_of(const Log& log) const { return &log_ == &log; }

  // Of about so many slots, which it counts down.  True when all are there.
  bool go_on(std::size_t& slots) {
    for (; segment_ < segments_.size(); ++segment_) {
      while (!segments_[segment_].is_taken()) {
        if (slots == 0) return false;
        slots -= std::min(slots, take(segment_));
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
  struct Segment {
    bool is_taken() const { return taken == size; }
    std::size_t taken;
    std::size_t size;  // when the image began
  };

  void before_split(std::size_t segment) override {
    if (segment >= segments_.size()) return;
    while (!segments_[segment].is_taken()) take(segment);
  }

  // The next stretch of it.  How many slots that are.
  std::size_t take(std::size_t segment) {
    auto& [taken, size] = segments_[segment];
    const auto slots = log_.slots_from(segment, taken);
    const std::size_t count = std::min({slots.size(), size - taken, Part::kStretch});
    const auto make = [this] { return std::make_unique<Part>(memory_, entry_); };
    parts_.add(out_, make, slots.first(count));
    taken += count;
    return count;
  }

  Log& log_;
  std::string entry_;
  std::shared_ptr<PartMemory> memory_;
  SnapshotWriter& out_;
  ImageParts<Part> parts_;
  std::vector<Segment> segments_;
  std::size_t segment_ = 0;  // whose turn it is
};

}  // namespace streamutils
