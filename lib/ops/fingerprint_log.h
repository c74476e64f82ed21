// FingerprintLog: a set of fingerprints to which some are added and none is taken out.
//
// Fingerprints stand in the order in which they come, and an index says where: a small table in
// place of a large one that is half empty, of which one cache line is read for a fingerprint that
// is new, and nothing is moved (Python's dict and F14's vector maps are made so, too):
//
//     index, buckets of 16:   tags    | 7c1f | 03e9 | 0000 | …     16 bits of each fingerprint
//                             places  |    5 |    0 |      | …     where in the log it stands
//     log:   | print 0 | print 1 | print 2 | …
//
// A fingerprint stands in the first bucket with room from its home on, which its own bits choose:
// it is random already, and nobody who chooses keys can choose places.  All 16 tags are compared at
// once, so that neither a search nor an insertion has a branch that nobody can foresee.
//
// A log begins as one segment; one that has 49,152 fingerprints becomes two, by one more bit of
// each (extendible hashing: R. Fagin and others, 1979).  So there is never a pause for moving
// millions of keys, nor twice the memory, and a place takes two bytes.  An index is full to 3/8 …
// 3/4: a fingerprint takes 16 bytes and 5 to 11 of the index.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/memory_blocks.h"
#include "base/siphash.h"
#include "base/zeroed.h"
#include "ops/fingerprint_table.h"

namespace streamutils {

// Some fingerprints of the index of a log.
struct alignas(64) LogBucket {
  static constexpr std::size_t kLanes = 16;

  std::uint16_t tags[kLanes];  // 0: none
  std::uint16_t places[kLanes];

  // A bit for each lane that has the tag.
  unsigned lanes_of(std::uint16_t tag) const {
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi16(static_cast<short>(tag));
    const auto* const halves = reinterpret_cast<const __m128i*>(tags);
    const __m128i low = _mm_cmpeq_epi16(_mm_load_si128(halves), wanted);
    const __m128i high = _mm_cmpeq_epi16(_mm_load_si128(halves + 1), wanted);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
    unsigned lanes = 0;
    for (std::size_t i = 0; i < kLanes; ++i) lanes |= static_cast<unsigned>(tags[i] == tag) << i;
    return lanes;
#endif
  }
};
static_assert(sizeof(LogBucket) == 64);

// Extra: of its slots, as of those of a FingerprintTable, but an empty type.
template <typename Extra>
class FingerprintLog {
  static_assert(std::is_empty_v<Extra>);

 public:
  using Slot = typename FingerprintTable<Extra>::Slot;

  // Who is told before a segment becomes two, for images.
  class Watcher {
   public:
    virtual void before_split(std::size_t segment) = 0;

   protected:
    ~Watcher() = default;
  };

  FingerprintLog() {
    segments_.push_back(std::make_unique<Segment>());
    directory_.push_back(segments_[0].get());
  }

  // Null: nobody.
  void set_watcher(Watcher* watcher) { watcher_ = watcher; }

  // The slot of the fingerprint, or null.  Valid until the next insert.
  Slot* find(const Fingerprint& print) const {
    const Segment& segment = segment_of(print);
    return segment.size > 0 ? segment.search(print).slot : nullptr;
  }

  // A slot for a fingerprint that is not there.
  Slot& insert(const Fingerprint& print) { return *find_or_insert(print).first; }

  // The slot of a fingerprint, and whether it is new.  Valid until the next insert.
  std::pair<Slot*, bool> find_or_insert(const Fingerprint& print) {
    Segment* segment = &segment_of(print);
    if (segment->next == segment->end) [[unlikely]]
      segment = &segment_with_room(print);
    const Found found = segment->search(print);
    if (found.slot != nullptr) return {found.slot, false};
    ++size_;
    return {segment->add(print, *found.bucket, found.lane), true};
  }

  // Brings the home of the fingerprint near, for a find() that comes soon.  Always inline: GCC
  // drops the call of a function that does nothing else, as if it had no effect.
  [[gnu::always_inline]] void prefetch(const Fingerprint& print) const {
    const Segment& segment = segment_of(print);
    __builtin_prefetch(segment.index + segment.home(print));
  }

  // Brings the slot near of a fingerprint that is probably there, once its home has come.
  [[gnu::always_inline]] void prefetch_slot(const Fingerprint& print) const {
    const Segment& segment = segment_of(print);
    if (segment.size == 0) return;
    const LogBucket& bucket = segment.index[segment.home(print)];
    const unsigned same = bucket.lanes_of(tag_of(print));
    if (same != 0) __builtin_prefetch(segment.at(bucket.places[std::countr_zero(same)]));
  }

  std::size_t size() const { return size_; }

  // Memory of the log and its index.
  std::size_t bytes() const {
    return logs_.bytes() + indexes_.bytes() + small_log_.get_deleter().bytes +
           small_index_.get_deleter().bytes;
  }

  // Its segments, each of which only grows until the watcher is told of it; the slots of one, from
  // the nth on, are side by side for some time.  Valid until the next insert.
  std::size_t segments() const { return segments_.size(); }
  std::size_t size_of(std::size_t segment) const { return segments_[segment]->size; }
  std::span<const Slot> slots_from(std::size_t segment, std::size_t n) const {
    const Segment& log = *segments_[segment];
    return {log.at(n), std::min(log.size - n, kBlockSlots - n % kBlockSlots)};
  }

  // Copies all slots, in no particular order; returns the place behind them.
  Slot* copy_to(Slot* to) const {
    for (std::size_t i = 0; i < segments(); ++i) {
      for (std::size_t n = 0; n < size_of(i);) {
        const std::span<const Slot> slots = slots_from(i, n);
        to = std::copy(slots.begin(), slots.end(), to);
        n += slots.size();
      }
    }
    return to;
  }

 private:
  static constexpr std::size_t kBlockSlots = 2048;
  static constexpr std::size_t kBlocks = 24;
  static constexpr std::size_t kFewSlots = 4 * kBlockSlots;
  static constexpr std::size_t kMaxSize = kBlocks * kBlockSlots;
  // Of a bucket, before the index grows.
  static constexpr std::size_t kFull = 12;
  static constexpr std::size_t kMaxBuckets = kMaxSize / kFull;

  static std::uint16_t tag_of(const Fingerprint& print) {
    const auto tag = static_cast<std::uint16_t>(print.low);
    return static_cast<std::uint16_t>(tag + (tag == 0 ? 1 : 0));
  }

  // Where a fingerprint is, or its bucket and lane if it is put there.
  struct Found {
    Slot* slot;
    LogBucket* bucket;
    unsigned lane;
  };

  // What an insertion reads stands in front.
  struct alignas(64) Segment {
    std::size_t home(const Fingerprint& print) const { return (print.low >> 32) * buckets >> 32; }
    std::size_t behind(std::size_t bucket) const { return bucket + 1 == buckets ? 0 : bucket + 1; }
    Slot* at(std::size_t n) const { return blocks[n / kBlockSlots] + n % kBlockSlots; }

    // REQUIRES: there is an index.
    Found search(const Fingerprint& print) const {
      const std::uint16_t tag = tag_of(print);
      for (std::size_t i = home(print);; i = behind(i)) {
        LogBucket& bucket = index[i];
        for (unsigned same = bucket.lanes_of(tag); same != 0; same &= same - 1) {
          Slot* const slot = at(bucket.places[std::countr_zero(same)]);
          if (slot->print == print) return {slot, nullptr, 0};
        }
        const unsigned empty = bucket.lanes_of(0);
        if (empty == 0) continue;
        return {nullptr, &bucket, static_cast<unsigned>(std::countr_zero(empty))};
      }
    }

    // REQUIRES: it is not there; the lane of the bucket is what search() has found; next < end.
    Slot* add(const Fingerprint& print, LogBucket& bucket, unsigned lane) {
      bucket.tags[lane] = tag_of(print);
      bucket.places[lane] = static_cast<std::uint16_t>(size++);
      next->print = print;
      return next++;
    }

    // Of the log as it is.
    void make_index(std::byte* memory, std::size_t bucket_count) {
      std::memset(memory, 0, bucket_count * sizeof(LogBucket));
      index = reinterpret_cast<LogBucket*>(memory);
      buckets = bucket_count;
      for (std::size_t n = 0; n < size; ++n) {
        const Fingerprint& print = at(n)->print;
        std::size_t i = home(print);
        unsigned empty = index[i].lanes_of(0);
        for (; empty == 0; empty = index[i].lanes_of(0)) i = behind(i);
        const int lane = std::countr_zero(empty);
        index[i].tags[lane] = tag_of(print);
        index[i].places[lane] = static_cast<std::uint16_t>(n);
      }
    }

    // For those that come next, as far as they stand side by side and the index has room.
    void set_next() {
      const std::size_t room = std::min(log_size, buckets * kFull) - size;
      next = at(size);
      end = next + std::min(room, kBlockSlots - size % kBlockSlots);
    }

    LogBucket* index = nullptr;
    std::size_t buckets = 0;
    std::size_t size = 0;
    Slot* next = nullptr;  // behind the last
    Slot* end = nullptr;   // so far there is room
    Slot* blocks[kBlocks] = {};
    std::size_t log_size = 0;  // slots of the blocks
    std::size_t number = 0;    // in segments_
    std::size_t bits = 0;      // so many of a fingerprint's bits choose it
    std::size_t prefix = 0;    // these
  };

  Segment& segment_of(const Fingerprint& print) const {
    return *directory_[print.high & (directory_.size() - 1)];
  }

  // Where the fingerprint belongs.
  [[gnu::noinline]] Segment& segment_with_room(const Fingerprint& print) {
    while (segment_of(print).next == segment_of(print).end) make_room(segment_of(print));
    return segment_of(print);
  }

  // For one more, if what is split off is not all of it.
  void make_room(Segment& segment) {
    if (segment.size == kMaxSize) return split(segment);
    if (segment.size == segment.log_size) lengthen(segment);
    if (segment.size == segment.buckets * kFull) grow_index(segment);
    segment.set_next();
  }

  // By a block; before there are several of them, little by little.
  void lengthen(Segment& segment) {
    const std::size_t larger = segment.log_size + std::max<std::size_t>(segment.log_size / 4, 3);
    if (segment.bits == 0 && larger < kFewSlots) return lengthen_small(segment, larger);
    if (small_log_) move_small(segment);
    if (segment.size < segment.log_size) return;
    segment.blocks[segment.log_size / kBlockSlots] = reinterpret_cast<Slot*>(logs_.take());
    segment.log_size += kBlockSlots;
  }

  void lengthen_small(Segment& segment, std::size_t larger) {
    small_log_ = grow_zeroed(std::move(small_log_), larger * sizeof(Slot));
    auto* const slots = reinterpret_cast<Slot*>(small_log_.get());
    for (std::size_t i = 0; i * kBlockSlots < larger; ++i)
      segment.blocks[i] = slots + i * kBlockSlots;
    segment.log_size = larger;
  }

  // Into blocks, of which only the last one is not full.
  void move_small(Segment& segment) {
    for (std::size_t n = 0; n < segment.size; n += kBlockSlots) {
      const Slot* const small = segment.at(n);
      Slot*& block = segment.blocks[n / kBlockSlots];
      block = reinterpret_cast<Slot*>(logs_.take());
      std::copy_n(small, std::min(kBlockSlots, segment.size - n), block);
      segment.log_size = n + kBlockSlots;
    }
    small_log_ = Zeroed();
  }

  // That of the first segment, before there are others.
  void grow_index(Segment& segment) {
    const std::size_t larger = std::max<std::size_t>(2 * segment.buckets, 1);
    small_index_ = larger < kMaxBuckets ? make_zeroed(larger * sizeof(LogBucket)) : Zeroed();
    segment.make_index(small_index_ ? small_index_.get() : indexes_.take(), larger);
  }

  // Moves those of which the next bit is 1 to a segment of their own.
  void split(Segment& segment) {
    if (watcher_ != nullptr) watcher_->before_split(segment.number);
    const std::size_t bit = std::size_t{1} << segment.bits++;
    Segment& other = *segments_.emplace_back(std::make_unique<Segment>());
    other.number = segments_.size() - 1;
    other.bits = segment.bits;
    other.prefix = segment.prefix | bit;
    if (directory_.size() == bit) {
      directory_.resize(2 * bit);
      std::copy_n(directory_.begin(), bit, directory_.begin() + bit);
    }
    for (std::size_t i = other.prefix; i < directory_.size(); i += 2 * bit) directory_[i] = &other;
    divide(segment, other, bit);
    segment.make_index(reinterpret_cast<std::byte*>(segment.index), kMaxBuckets);
    other.make_index(indexes_.take(), kMaxBuckets);
    for (Segment* each : {&segment, &other}) each->set_next();
  }

  // The log of a segment that is full, into a new one of its own and that of another.
  void divide(Segment& segment, Segment& other, std::size_t bit) {
    Slot* full[kBlocks];
    std::copy_n(segment.blocks, kBlocks, full);
    segment.size = segment.log_size = 0;
    for (Slot* const block : full) {
      for (const Slot *at = block, *const end = block + kBlockSlots; at < end;) {
        for (Segment* each : {&segment, &other}) {
          if (each->size == each->log_size) lengthen(*each);
        }
        at = append(at, end, segment, other, bit);
      }
      logs_.give_back(reinterpret_cast<std::byte*>(block));
    }
  }

  // As many as surely find room in both; returns the place behind them.  Each is written to both,
  // and stays in one: without a branch that nobody can foresee.
  static const Slot* append(const Slot* at, const Slot* end, Segment& zeros, Segment& ones,
                            std::size_t bit) {
    const std::size_t room = std::min(zeros.log_size - zeros.size, ones.log_size - ones.size);
    const std::size_t count = std::min(room, static_cast<std::size_t>(end - at));
    Slot* zero = zeros.at(zeros.size);
    Slot* one = ones.at(ones.size);
    for (end = at + count; at < end; ++at) {
      *zero = *one = *at;
      const bool is_one = (at->print.high & bit) != 0;
      zero += is_one ? 0 : 1;
      one += is_one ? 1 : 0;
    }
    const auto more = static_cast<std::size_t>(one - ones.at(ones.size));
    ones.size += more;
    zeros.size += count - more;
    return at;
  }

  MemoryBlocks logs_{kBlockSlots * sizeof(Slot), 4 * kHugePage};
  MemoryBlocks indexes_{kMaxBuckets * sizeof(LogBucket), kHugePage};
  Zeroed small_log_;    // of the first segment, while it is less than some blocks
  Zeroed small_index_;  // while it is less than the largest
  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<Segment*> directory_;  // by the lowest bits of the high half
  std::size_t size_ = 0;
  Watcher* watcher_ = nullptr;
};

}  // namespace streamutils
