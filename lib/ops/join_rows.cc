// SPDX-License-Identifier: Apache-2.0
#include "ops/join_rows.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "stream/row_text.h"
#include "stream/snapshot_bytes.h"

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
  row->mark = mark_;
  row->place = rows_.size();
  rows_.push_back(row);
  bytes_ += size;
  return row;
}

void JoinRows::free(JoinRow* row) {
  keep_for_image(*row);
  rows_[row->place] = rows_.back();
  rows_.back()->place = row->place;
  rows_.pop_back();
  const std::size_t size = row->size();
  bytes_ -= size;
  memory_of_rows_.free(row, size);
  // Another row of this size will be written there next.
  for (std::size_t at = kCacheLine; at < std::min(size, kMostFetched); at += kCacheLine) {
    __builtin_prefetch(reinterpret_cast<const char*>(row) + at, 1);
  }
}

JoinRows::~JoinRows() {
  for (JoinRow* row : rows_) memory_of_rows_.free(row, row->size());
}

std::vector<JoinRow*> JoinRows::all() const {
  std::vector<JoinRow*> rows = rows_;
  std::sort(rows.begin(), rows.end(),
            [](const JoinRow* a, const JoinRow* b) { return a->number < b->number; });
  return rows;
}

// Facts and text of a row; its key, its head and its text follow.
struct JoinPart::Copy {
  Timestamp time;
  Timestamp expiry;
  std::uint64_t number;
  std::uint32_t key_size;
  std::uint32_t head_size;
  std::uint32_t text_size;
  std::uint8_t side;
  bool matched;

  char* text() { return reinterpret_cast<char*>(this + 1); }
  std::size_t size() const {
    const std::size_t bytes = sizeof(Copy) + std::size_t{key_size} + head_size + text_size;
    return (bytes + 15) / 16 * 16;
  }
};

bool JoinPart::add(const JoinRow& row, std::string_view key) {
  Copy copy{row.time,      row.expiry,    row.number, static_cast<std::uint32_t>(key.size()),
            row.head_size, row.text_size, row.side,   row.matched};
  std::byte* const place = CopiedPart::add(copy.size());
  if (place == nullptr) return false;
  char* const text = (new (place) Copy(copy))->text();
  std::copy(key.begin(), key.end(), text);
  // Head and text of a row stand side by side.
  std::copy_n(row.head().data(), copy.head_size + copy.text_size, text + key.size());
  return true;
}

void JoinPart::write(SnapshotWriter& out) {
  out.entry(kEntry).json("columns",
                         R"(["side","time","expiry","number","matched","key","head","text"])");
  for (std::byte* at = begin(); at < end();) {
    auto& copy = *reinterpret_cast<Copy*>(at);
    const char* const text = copy.text();
    RowText& row = out.row();
    row.put(std::uint64_t{copy.side});
    row.put(to_nanos(copy.time));
    row.put(to_nanos(copy.expiry));
    row.put(copy.number);
    row.put(std::uint64_t{copy.matched});
    save_bytes(row, {text, copy.key_size});
    save_bytes(row, {text + copy.key_size, copy.head_size});
    save_bytes(row, {text + copy.key_size + copy.head_size, copy.text_size});
    at += copy.size();
  }
}

void JoinRows::begin_image(SnapshotWriter& out) {
  image_out_ = &out;
  image_end_ = rows_.size();
  mark_ = !mark_;
}

bool JoinRows::continue_image(std::size_t rows) {
  constexpr std::size_t kAhead = 4;
  for (; image_end_ > 0 && rows > 0; --rows) {
    --image_end_;
    if (image_end_ >= rows_.size()) continue;
    if (image_end_ >= kAhead) __builtin_prefetch(rows_[image_end_ - kAhead]);
    keep_for_image(*rows_[image_end_]);
  }
  if (image_end_ > 0) return false;
  hand_over();
  image_out_ = nullptr;
  return true;
}

void JoinRows::put_into_image(JoinRow& row) {
  row.mark = mark_;
  if (row.done || row.group == nullptr) return;
  if (part_ && part_->add(row, row.group->key())) return;
  hand_over();
  part_ = std::make_unique<JoinPart>(memory_);
  part_->add(row, row.group->key());
}

void JoinRows::hand_over() {
  if (part_) image_out_->part(std::move(part_));
}

}  // namespace streamutils
