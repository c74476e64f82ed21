// SPDX-License-Identifier: Apache-2.0
#include "ops/join_rows.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace streamutils {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kMostFetched = 512;  // bytes of a row

}  // namespace

JoinRow* JoinRows::make(std::string_view head, std::string_view text) {
  const std::size_t size = sizeof(JoinRow) + head.size() + text.size();
  auto* row = new (memory_of_rows_.allocate(size)) JoinRow{};
  row->head_size = static_cast<std::uint32_t>(head.size());
  row->text_size = static_cast<std::uint32_t>(text.size());
  char* bytes = reinterpret_cast<char*>(row + 1);
  std::copy(head.begin(), head.end(), bytes);
  std::copy(text.begin(), text.end(), bytes + head.size());
  row->image = images_;
  row->previous = last_;
  (last_ == nullptr ? first_ : last_->next) = row;
  last_ = row;
  if (first_fresh_ == nullptr) first_fresh_ = row;
  ++fresh_;
  ++size_;
  bytes_ += size;
  return row;
}

void JoinRows::free(JoinRow* row) {
  keep_for_image(*row);
  if (row == image_next_) image_next_ = row->next;
  if (row == first_fresh_) first_fresh_ = row->next;
  if (row->number >= image_end_) --fresh_;
  --size_;
  (row == first_ ? first_ : row->previous->next) = row->next;
  (row == last_ ? last_ : row->next->previous) = row->previous;
  const std::size_t size = row->size();
  bytes_ -= size;
  memory_of_rows_.free(row, size);
  // Another row of this size will be written there next.
  for (std::size_t at = kCacheLine; at < std::min(size, kMostFetched); at += kCacheLine) {
    __builtin_prefetch(reinterpret_cast<const char*>(row) + at, 1);
  }
}

JoinRows::~JoinRows() {
  for (JoinRow* row = first_; row != nullptr;) {
    JoinRow* const old = std::exchange(row, row->next);
    memory_of_rows_.free(old, old->size());
  }
}

std::vector<JoinRow*> JoinRows::all() const {
  std::vector<JoinRow*> rows;
  for (JoinRow* row = first_; row != nullptr; row = row->next) rows.push_back(row);
  std::sort(rows.begin(), rows.end(),
            [](const JoinRow* a, const JoinRow* b) { return a->number < b->number; });
  return rows;
}

bool JoinPart::add(const JoinRow& row) {
  const std::string_view key = row.group ? row.group->key() : std::string_view();
  const Copy copy{.time = row.time,
                  .number = row.number,
                  .key_size = static_cast<std::uint32_t>(key.size()),
                  .head_size = row.head_size,
                  .text_size = row.text_size,
                  .side = row.side,
                  .deletes = row.deletes,
                  .passed = row.passed};
  std::byte* const place = CopiedPart::add(copy.size());
  if (place == nullptr) return false;
  char* const text = reinterpret_cast<char*>(new (place) Copy(copy) + 1);
  std::copy(key.begin(), key.end(), text);
  std::copy_n(row.head().data(), row.head_size + row.text_size, text + key.size());
  return true;
}

void JoinRows::begin_image(SnapshotWriter& out, std::uint64_t next) {
  image_next_ = first_;
  image_begin_ = 0;
  begin_image_of(out, next);
}

void JoinRows::begin_changes(SnapshotWriter& out, std::uint64_t next) {
  image_next_ = first_fresh_;
  image_begin_ = image_end_;
  begin_image_of(out, next);
}

void JoinRows::begin_image_of(SnapshotWriter& out, std::uint64_t next) {
  image_out_ = &out;
  image_end_ = next;
  ++images_;
  first_fresh_ = nullptr;
  fresh_ = 0;
}

// Rows that are made while an image is being taken are for the next.
bool JoinRows::continue_image(std::size_t rows) {
  const auto is_at_end = [this] {
    return image_next_ == nullptr || image_next_->number >= image_end_;
  };
  for (; !is_at_end() && rows > 0; image_next_ = image_next_->next, --rows) {
    __builtin_prefetch(image_next_->next);
    keep_for_image(*image_next_);
  }
  if (!is_at_end()) return false;
  parts_.hand_over(*image_out_);
  return true;
}

void JoinRows::take(JoinRow& row) {
  row.image = images_;
  if (row.done || row.number < image_begin_) return;
  const auto make = [this] { return std::make_unique<JoinPart>(memory_, write_); };
  parts_.add(*image_out_, make, row);
}

}  // namespace streamutils
