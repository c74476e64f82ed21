// SPDX-License-Identifier: Apache-2.0
#include "ops/table_rows.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/copy.h"

namespace streamutils {

TableRows::Ref TableRows::make(std::string_view key, std::string_view text, std::uint64_t number) {
  TableRow head{};
  head.number = number & ~(std::uint64_t{1} << 63);
  head.key_size = static_cast<std::uint32_t>(key.size());
  head.text_size = static_cast<std::uint32_t>(text.size());
  const std::size_t size = head.size();
  if (open_ == nullptr || open_->used + size > open_->size) open_chunk(size);
  auto* row = new (open_->at(open_->used)) TableRow(head);
  char* bytes = reinterpret_cast<char*>(row + 1);
  copy_bytes(copy_bytes(bytes, key), text);
  bytes_ += size;
  const std::size_t offset = std::exchange(open_->used, open_->used + size);
  return static_cast<Ref>(open_->index * kUnits + offset / kUnit);
}

void TableRows::open_chunk(std::size_t row_size) {
  const std::size_t size = std::max(kChunk, sizeof(Chunk) + row_size);
  std::size_t index = chunks_.size();
  if (!given_up_.empty()) {
    index = given_up_.back();
    given_up_.pop_back();
  } else if (index < kMostChunks) {
    chunks_.emplace_back();
  } else {
    throw std::bad_alloc();
  }
  chunks_[index] = make_zeroed(size);
  if (open_ != nullptr && is_sparse(*open_)) sparse_.push_back(open_);
  open_ = new (chunks_[index].get()) Chunk{index, sizeof(Chunk), 0, size};
}

std::size_t TableRows::chunk_bytes() const {
  std::size_t bytes = 0;
  for (const Zeroed& memory : chunks_) {
    if (memory) bytes += memory.get_deleter().bytes;
  }
  return bytes;
}

void TableRows::release(Chunk* chunk) {
  given_up_.push_back(chunk->index);
  chunks_[given_up_.back()].reset();
}

}  // namespace streamutils
