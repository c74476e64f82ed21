// FilterImage: an image (stream/operator.h) of the blocks of a filter, in slices.
//
// Which blocks are still to be copied is a bit for each: of a whole image all of them, of an image
// of changes those that have changed since the image before.  A block is copied when its turn
// comes, or before a key is added to it.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "stream/snapshot.h"

namespace streamutils {

// 512 bits of a filter.
struct FilterBlock {
  std::uint64_t words[8];

  bool is_empty() const {
    return std::all_of(std::begin(words), std::end(words), [](auto word) { return word == 0; });
  }
};

// Writes entries with blocks, each behind its number in the filter.
class FilterBlocks {
 public:
  explicit FilterBlocks(SnapshotWriter& out) : out_(out) {}
  ~FilterBlocks() { write(); }
  FilterBlocks(const FilterBlocks&) = delete;
  FilterBlocks& operator=(const FilterBlocks&) = delete;

  void add(std::size_t number, const FilterBlock& block);

 private:
  void write();

  SnapshotWriter& out_;
  std::string hex_;
};

// Some of the blocks of a filter.
class BlockSet {
 public:
  BlockSet() = default;
  // All of so many, or none.
  BlockSet(std::size_t blocks, bool all) : words_((blocks + 63) / 64, all ? ~std::uint64_t{0} : 0) {
    if (all && blocks % 64 != 0) words_.back() >>= 64 - blocks % 64;
  }

  bool holds(std::size_t block) const { return (words_[block / 64] >> block % 64 & 1) != 0; }
  // False if it was there.
  bool add(std::size_t block) {
    const bool is_new = !holds(block);
    words_[block / 64] |= std::uint64_t{1} << block % 64;
    return is_new;
  }
  void remove(std::size_t block) { words_[block / 64] &= ~(std::uint64_t{1} << block % 64); }

  // The first one from a block on, or past the end of all.
  std::size_t next(std::size_t from) const {
    for (std::size_t i = from / 64; i < words_.size(); ++i) {
      const std::uint64_t rest = i == from / 64 ? words_[i] >> from % 64 << from % 64 : words_[i];
      if (rest != 0) return i * 64 + static_cast<std::size_t>(std::countr_zero(rest));
    }
    return words_.size() * 64;
  }
  std::size_t end() const { return words_.size() * 64; }

 private:
  std::vector<std::uint64_t> words_;
};

// Copies of blocks behind an entry that says of which filter they are.
class FilterPart final : public CopiedPart {
 public:
  // entry: whole lines.
  FilterPart(std::shared_ptr<PartMemory> memory, std::string entry)
      : CopiedPart(std::move(memory)), entry_(std::move(entry)) {}

  // False if there is no more room.
  bool add(std::size_t number, const FilterBlock& block) {
    std::byte* const to = CopiedPart::add(sizeof(Copy));
    if (to != nullptr) new (to) Copy{number, block};
    return to != nullptr;
  }

  void write(SnapshotWriter& out) override {
    out.lines(entry_);
    FilterBlocks blocks(out);
    for (const std::byte* at = begin(); at < end(); at += sizeof(Copy)) {
      const Copy& copy = *reinterpret_cast<const Copy*>(at);
      blocks.add(copy.number, copy.block);
    }
  }

 private:
  struct alignas(16) Copy {
    std::size_t number;
    FilterBlock block;
  };

  std::string entry_;
};

class FilterImage {
 public:
  // Of these blocks.  `out` must outlive it.
  FilterImage(BlockSet pending, std::string entry, std::shared_ptr<PartMemory> memory,
              SnapshotWriter& out)
      : pending_(std::move(pending)),
        entry_(std::move(entry)),
        memory_(std::move(memory)),
        out_(out) {}

  // To be called before the block changes.
  void keep(std::size_t number, const FilterBlock& block) {
    if (pending_.holds(number)) take(number, block);
  }

  // Of about so many blocks, which it counts down.  True when all are there.
  bool go_on(const FilterBlock* blocks, std::size_t& some) {
    for (next_ = pending_.next(next_); next_ < pending_.end(); next_ = pending_.next(next_)) {
      if (some == 0) return false;
      --some;
      take(next_, blocks[next_]);
    }
    parts_.hand_over(out_);
    return true;
  }

 private:
  // Blocks without a key are left out.
  void take(std::size_t number, const FilterBlock& block) {
    pending_.remove(number);
    if (block.is_empty()) return;
    const auto make = [this] { return std::make_unique<FilterPart>(memory_, entry_); };
    parts_.add(out_, make, number, block);
  }

  BlockSet pending_;
  std::string entry_;
  std::shared_ptr<PartMemory> memory_;
  SnapshotWriter& out_;
  ImageParts<FilterPart> parts_;
  std::size_t next_ = 0;
};

}  // namespace streamutils
