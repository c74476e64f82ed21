// The rows of a table that stays in memory: a key and a text each, side by side.
//
// Rows of a few dozen bytes are looked into at random.  They lie in chunks of 2 MiB, which are huge
// pages where the system has them: malloc(3) would spread them over so many pages that each look
// waits for a walk through page tables.  A chunk of which more than half is freed is given up; the
// rows that are left in it move.  So there is never more than twice the memory of the rows, and a
// chunk.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/zeroed.h"

namespace streamutils {

// Its key and its text follow it in memory.
struct TableRow {
  std::uint64_t number : 63;  // its place among the others
  std::uint64_t is_free : 1;
  std::uint32_t key_size;
  std::uint32_t text_size;

  std::string_view key() const { return {bytes(), key_size}; }
  std::string_view text() const { return {bytes() + key_size, text_size}; }
  // In memory.
  std::size_t size() const {
    return (sizeof(TableRow) + key_size + text_size + alignof(TableRow) - 1) / alignof(TableRow) *
           alignof(TableRow);
  }

 private:
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
};

class TableRows {
 public:
  // Where a row stands: its chunk, and how many times 8 bytes behind the start of that.  Never 0.
  using Ref = std::uint32_t;

  // Valid until free() moves it.  Throws std::bad_alloc if the rows would take 32 GiB.
  Ref make(std::string_view key, std::string_view text, std::uint64_t number);
  TableRow* at(Ref ref) const {
    std::byte* const chunk = chunks_[ref / kUnits].get();
    return reinterpret_cast<TableRow*>(chunk + ref % kUnits * kUnit);
  }

  // Frees a row.  Calls move(old, ref) for each row that has moved there; the old one is valid
  // during the call.
  template <typename Move>
  void free(Ref ref, Move move) {
    TableRow* const row = at(ref);
    Chunk* chunk = chunk_of(row);
    row->is_free = 1;
    chunk->free += row->size();
    bytes_ -= row->size();
    const bool waits = std::find(sparse_.begin(), sparse_.end(), chunk) != sparse_.end();
    if (chunk != open_ && !waits && is_sparse(*chunk)) sparse_.push_back(chunk);
    while (!sparse_.empty()) {
      Chunk* const next = sparse_.back();
      sparse_.pop_back();
      give_up(next, move);
    }
  }

  // Calls visit(row) for all, in no particular order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Zeroed& memory : chunks_) {
      if (memory) begin_of(memory)->each(visit);
    }
  }

  // The same, from a place on (the first is {}), for at most so many: the place is then where the
  // next ones stand, and true is returned when there are none.  REQUIRES: nothing
  // has changed since the place was the first.
  struct Place {
    std::size_t chunk = 0;
    std::size_t offset = 0;
  };
  template <typename Visit>
  bool visit_some(Place& place, std::size_t rows, Visit visit) const {
    for (; place.chunk < chunks_.size() && rows > 0; ++place.chunk, place.offset = 0) {
      if (!chunks_[place.chunk]) continue;
      Chunk* const chunk = begin_of(chunks_[place.chunk]);
      if (place.offset == 0) place.offset = sizeof(Chunk);
      for (; place.offset < chunk->used && rows > 0; --rows) {
        const TableRow* row = chunk->at(place.offset);
        place.offset += row->size();
        if (!row->is_free) visit(*row);
      }
      if (place.offset < chunk->used) return false;
    }
    return place.chunk == chunks_.size();
  }

  // Of the rows, and of the chunks in which they lie.
  std::size_t bytes() const { return bytes_; }
  std::size_t chunk_bytes() const;

 private:
  static constexpr std::size_t kChunk = std::size_t{2} << 20;
  static constexpr std::size_t kUnit = alignof(TableRow);
  static constexpr Ref kUnits = kChunk / kUnit;
  static constexpr std::size_t kMostChunks = (std::size_t{1} << 32) / kUnits;

  // At the start of its memory, which is aligned to kChunk; a long row may make it longer.
  struct alignas(16) Chunk {
    std::size_t index;  // in chunks_
    std::size_t used;   // bytes, with this
    std::size_t free;   // bytes of rows that have been freed
    std::size_t size;

    TableRow* at(std::size_t offset) {
      return reinterpret_cast<TableRow*>(reinterpret_cast<std::byte*>(this) + offset);
    }
    template <typename Visit>
    void each(Visit visit) {
      for (std::size_t i = sizeof(Chunk); i < used;) {
        TableRow* row = at(i);
        i += row->size();
        if (!row->is_free) visit(row);
      }
    }
  };

  static Chunk* begin_of(const Zeroed& memory) { return reinterpret_cast<Chunk*>(memory.get()); }
  static Chunk* chunk_of(TableRow* row) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(row) & ~(kChunk - 1));
  }
  static bool is_sparse(const Chunk& chunk) { return chunk.free * 2 > chunk.used; }
  // The rows that are left in it move.
  template <typename Move>
  void give_up(Chunk* chunk, Move& move) {
    chunk->each([&](TableRow* old) {
      move(old, make(old->key(), old->text(), old->number));
      bytes_ -= old->size();
    });
    release(chunk);
  }
  void open_chunk(std::size_t row_size);
  void release(Chunk* chunk);

  std::vector<Zeroed> chunks_;         // null: given up
  std::vector<std::size_t> given_up_;  // their indices, to be used again
  Chunk* open_ = nullptr;              // where rows are made
  std::vector<Chunk*> sparse_;         // to be given up
  std::size_t bytes_ = 0;
};

}  // namespace streamutils
