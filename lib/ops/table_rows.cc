// SPDX-License-Identifier: Apache-2.0
#include "ops/table_rows.h"

#include <algorithm>
#include <new>
#include <utility>

namespace streamutils {

TableRow* TableRows::make(std::string_view key, std::string_view text, std::uint64_t number) {
  TableRow head{};
  head.number = number & ~(std::uint64_t{1} << 63);
  head.key_size = static_cast<std::uint32_t>(key.size());
  head.text_size = static_cast<std::uint32_t>(text.size());
  const std::size_t size = head.size();
  if (open_ == nullptr || open_->used + size > open_->size) open_chunk(size);
  auto* row = new (open_->at(open_->used)) TableRow(head);
  char* bytes = reinterpret_cast<char*>(row + 1);
  std::copy(text.begin(), text.end(), std::copy(key.begin(), key.end(), bytes));
  open_->used += size;
  bytes_ += size;
  return row;
}

void TableRows::open_chunk(std::size_t row_size) {
  const std::size_t size = std::max(kChunk, sizeof(Chunk) + row_size);
  chunks_.push_back(make_zeroed(size));
  open_ = new (chunks_.back().get()) Chunk{chunks_.size() - 1, sizeof(Chunk), 0, size};
}

std::size_t TableRows::chunk_bytes() const {
  std::size_t bytes = 0;
  for (const Zeroed& memory : chunks_) bytes += memory.get_deleter().bytes;
  return bytes;
}

// The last one takes its place.
void TableRows::release(Chunk* chunk) {
  const std::size_t index = chunk->index;
  std::swap(chunks_[index], chunks_.back());
  begin_of(chunks_[index])->index = index;
  chunks_.pop_back();
}

}  // namespace streamutils
