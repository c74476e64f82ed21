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

using Entry = std::pair<Timestamp, JoinRow*>;

// For the heaps of the standard library, which have the greatest on top.
bool goes_after(const Entry& a, const Entry& b) {
  return a.first != b.first ? a.first > b.first : expires_before(*b.second, *a.second);
}

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
  row->previous = last_;
  (last_ == nullptr ? first_ : last_->next) = row;
  last_ = row;
  bytes_ += size;
  return row;
}

void JoinRows::free(JoinRow* row) {
  keep_for_image(*row);
  if (row == image_next_) image_next_ = row->next;
  (row == first_ ? first_ : row->previous->next) = row->next;
  (row == last_ ? last_ : row->next->previous) = row->previous;
  const std::size_t size = row->size();
  bytes_ -= size;
  memory_of_rows_.free(row, size);
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
  image_next_ = first_;
  mark_ = !mark_;
}

bool JoinRows::continue_image(std::size_t rows) {
  for (; image_next_ != nullptr && rows > 0; image_next_ = image_next_->next, --rows) {
    __builtin_prefetch(image_next_->next);
    keep_for_image(*image_next_);
  }
  if (image_next_ != nullptr) return false;
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

void JoinQueue::push(JoinRow* row) {
  if (row->expiry > last_) {
    later_.emplace_back(row->expiry, row);
    if (empty()) refill();
  } else {
    early_.emplace_back(row->expiry, row);
    std::push_heap(early_.begin(), early_.end(), goes_after);
  }
}

bool JoinQueue::top_is_early() const {
  if (early_.empty()) return false;
  return next_ == due_.size() || goes_after(due_[next_], early_.front());
}

void JoinQueue::pop() {
  if (top_is_early()) {
    std::pop_heap(early_.begin(), early_.end(), goes_after);
    early_.pop_back();
  } else {
    ++next_;
    // The row first; when it is near, what it leads to.
    if (next_ + 16 < due_.size()) __builtin_prefetch(due_[next_ + 16].second);
    if (next_ + 8 < due_.size()) __builtin_prefetch(due_[next_ + 8].second->group);
  }
  if (empty() && !later_.empty()) refill();
}

// Those that go soon come to the end, so that the others need not move.  Those of equal expiry stay
// together.
void JoinQueue::refill() {
  constexpr std::size_t kLeast = 64;
  const std::size_t n = std::min(later_.size(), std::max(kLeast, later_.size() / 4));
  const auto nth = later_.end() - static_cast<std::ptrdiff_t>(n);
  std::nth_element(later_.begin(), nth, later_.end(),
                   [](const Entry& a, const Entry& b) { return a.first > b.first; });
  last_ = nth->first;
  const auto begin = std::partition(later_.begin(), nth,
                                    [this](const Entry& entry) { return entry.first > last_; });
  due_.assign(begin, later_.end());
  later_.erase(begin, later_.end());
  next_ = 0;
  std::sort(due_.begin(), due_.end(),
            [](const Entry& a, const Entry& b) { return goes_after(b, a); });
}

}  // namespace streamutils
