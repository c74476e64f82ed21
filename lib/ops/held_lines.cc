// SPDX-License-Identifier: Apache-2.0
#include "ops/held_lines.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "json/record.h"
#include "ops/time_slices.h"

namespace streamutils {
namespace {

constexpr std::size_t kMostBuckets = 256;
constexpr std::size_t kFirstCapacity = 512;

}  // namespace

void HeldLines::Free::operator()(char* memory) const { std::free(memory); }

bool HeldLines::is_gap(const Chunk& chunk, std::size_t at) {
  return distance_at(chunk.memory.get() + at, chunk.time_bytes) == chunk.gap();
}

std::size_t HeldLines::size_at(const Chunk& chunk, std::size_t at) const {
  const char* line = chunk.memory.get() + at + chunk.time_bytes + head_size_;
  const char* end = chunk.memory.get() + chunk.used;
  const void* newline = std::memchr(line, '\n', static_cast<std::size_t>(end - line));
  return static_cast<std::size_t>(static_cast<const char*>(newline) + 1 - chunk.memory.get()) - at;
}

Timestamp HeldLines::time(Ref ref) const {
  const Chunk& chunk = chunks_[index_of(ref)];
  const std::uint64_t distance = distance_at(row(ref), chunk.time_bytes);
  return from_nanos(static_cast<std::int64_t>(chunk.base + distance));
}

std::string_view HeldLines::line(Ref ref) const {
  const Chunk& chunk = chunks_[index_of(ref)];
  const std::size_t size = size_at(chunk, place_of(ref));
  return {head(ref) + head_size_, size - chunk.time_bytes - head_size_ - 1};
}

std::size_t HeldLines::bytes() const {
  std::size_t bytes = due_.capacity() * sizeof(Due) + chunks_.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : chunks_) bytes += chunk.capacity;
  return bytes;
}

// --- Rows ----------------------------------------------------------------------------------------

HeldLines::Ref HeldLines::add(Timestamp time, std::string_view line) {
  const auto bucket = bucket_for(time);
  const std::uint32_t index = chunk_for(bucket->second, time, line.size() + head_size_ + 1);
  if (watcher_ != nullptr) watcher_->before_add(index);
  const Ref ref = append(index, time, line);
  ++bucket->second.rows;
  if (bucket != buckets_.begin()) return ref;
  if (due_.empty() || bucket->second.rows == 1) {
    make_due();
  } else {
    const Due due{time, ref};
    const auto place =
        std::upper_bound(due_.begin() + static_cast<std::ptrdiff_t>(next_), due_.end(), due,
                         [this](const Due& a, const Due& b) { return goes_before(a, b); });
    due_.insert(place, due);
  }
  return ref;
}

// Behind its rows; there is room.
HeldLines::Ref HeldLines::append(std::uint32_t index, Timestamp time, std::string_view line) {
  Chunk& chunk = chunks_[index];
  const std::size_t row_size = chunk.time_bytes + head_size_ + line.size() + 1;
  char* const to = chunk.memory.get() + chunk.used;
  const std::uint64_t distance = chunk.distance(time);
  std::memcpy(to, &distance, chunk.time_bytes);
  std::memset(to + chunk.time_bytes, 0, head_size_);
  line.copy(to + chunk.time_bytes + head_size_, line.size());
  to[row_size - 1] = '\n';
  ++chunk.rows;
  ++size_;
  return ref_of(index, std::exchange(chunk.used, chunk.used + row_size));
}

void HeldLines::remove(Ref ref, const Moved& moved) {
  const std::uint32_t index = index_of(ref);
  if (watcher_ != nullptr) watcher_->before_change(ref);
  const auto bucket = buckets_.find(bucket_of(time(ref)));
  const std::size_t size = take_out(ref, bucket->second);
  if (bucket->second.rows == 0) {
    const bool was_due = bucket == buckets_.begin();
    erase(bucket);
    if (was_due) make_due();
  } else if (bucket != buckets_.begin()) {
    tidy(bucket, index, moved);
  } else {
    bucket->second.gaps += size;
    if (bucket->second.gaps > bucket->second.chunks.size() * kChunk / 2) {
      const std::vector<std::uint32_t> all = bucket->second.chunks;
      for (const std::uint32_t each : all) tidy(bucket, each, moved);
      make_due();
    }
    pass_gaps();
  }
}

// Makes a gap of the row.  How many bytes that are.
std::size_t HeldLines::take_out(Ref ref, Bucket& bucket) {
  Chunk& chunk = chunks_[index_of(ref)];
  const std::size_t size = size_at(chunk, place_of(ref));
  std::memset(row(ref), 0xFF, chunk.time_bytes);
  chunk.gaps += size;
  --chunk.rows;
  --bucket.rows;
  --size_;
  return size;
}

// A chunk without rows goes, unless the next row goes into it.
void HeldLines::tidy(Buckets::iterator bucket, std::uint32_t index, const Moved& moved) {
  Chunk& chunk = chunks_[index];
  std::vector<std::uint32_t>& chunks = bucket->second.chunks;
  if (chunk.rows == 0 && index != chunks.back()) {
    chunks.erase(std::find(chunks.begin(), chunks.end(), index));
    free_chunk(index);
  } else if (chunk.gaps * 2 > chunk.used) {
    close_gaps(index, moved);
  }
}

void HeldLines::close_gaps(std::uint32_t index, const Moved& moved) {
  if (watcher_ != nullptr) watcher_->before_move(index);
  Chunk& chunk = chunks_[index];
  std::size_t to = 0;
  for (std::size_t at = 0; at < chunk.used;) {
    const std::size_t size = size_at(chunk, at);
    if (!is_gap(chunk, at)) {
      if (to != at) std::memmove(chunk.memory.get() + to, chunk.memory.get() + at, size);
      if (to != at) moved(ref_of(index, at), ref_of(index, to));
      to += size;
    }
    at += size;
  }
  chunk.used = to;
  chunk.gaps = 0;
}

// --- Chunks --------------------------------------------------------------------------------------

// rest: bytes of a row beside its time.
std::uint32_t HeldLines::chunk_for(Bucket& bucket, Timestamp t, std::size_t rest) {
  if (!bucket.chunks.empty()) {
    Chunk& last = chunks_[bucket.chunks.back()];
    if (last.used == 0) begin(last, t);
    const bool knows = last.distance(t) < last.gap();
    const std::size_t row_size = last.time_bytes + rest;
    if (knows && (last.used == 0 || last.used + row_size <= kChunk)) {
      make_room(last, row_size);
      return bucket.chunks.back();
    }
    if (!knows) set_capacity(last, last.used);
  }
  const std::uint32_t index = free_index();
  chunks_[index].number = ++chunks_begun_;
  begin(chunks_[index], t);
  make_room(chunks_[index], chunks_[index].time_bytes + rest);
  bucket.chunks.push_back(index);
  return index;
}

std::uint32_t HeldLines::free_index() {
  if (free_chunks_.empty()) {
    free_chunks_.push_back(static_cast<std::uint32_t>(chunks_.size()));
    chunks_.emplace_back();
  }
  const std::uint32_t index = free_chunks_.back();
  free_chunks_.pop_back();
  return index;
}

// An empty chunk, for times of the bucket of t as it is now.
void HeldLines::begin(Chunk& chunk, Timestamp t) {
  const auto width = static_cast<std::uint64_t>(width_.count());
  chunk.base = TimeSlices(width_).start(bucket_of(t));
  chunk.time_bytes = (static_cast<std::size_t>(std::bit_width(width)) + 7) / 8;
}

// It begins small, and is doubled.
void HeldLines::make_room(Chunk& chunk, std::size_t size) {
  if (chunk.used + size <= chunk.capacity) return;
  std::size_t capacity = std::max(chunk.capacity * 2, kFirstCapacity);
  if (chunk.used + size > capacity) capacity = chunk.used + size;
  if (chunk.used + size <= kChunk) capacity = std::min(capacity, kChunk);
  set_capacity(chunk, capacity);
}

void HeldLines::set_capacity(Chunk& chunk, std::size_t capacity) {
  void* memory = std::realloc(chunk.memory.get(), capacity + Record::kPadding);
  if (memory == nullptr) throw std::bad_alloc();
  static_cast<void>(chunk.memory.release());
  chunk.memory.reset(static_cast<char*>(memory));
  std::memset(chunk.memory.get() + chunk.used, 0, capacity + Record::kPadding - chunk.used);
  chunk.capacity = capacity;
}

void HeldLines::free_chunk(std::uint32_t index) {
  if (watcher_ != nullptr) watcher_->before_end(index);
  chunks_[index] = Chunk{};
  free_chunks_.push_back(index);
}

std::vector<std::uint32_t> HeldLines::in_order() const {
  std::vector<std::uint32_t> all;
  for (const auto& [n, bucket] : buckets_) {
    all.insert(all.end(), bucket.chunks.begin(), bucket.chunks.end());
  }
  std::sort(all.begin(), all.end(), [this](std::uint32_t a, std::uint32_t b) {
    return chunks_[a].number < chunks_[b].number;
  });
  return all;
}

HeldLines::Rows HeldLines::rows_of(std::uint32_t index) const {
  const Chunk& chunk = chunks_[index];
  return {chunk.number, chunk.base, chunk.time_bytes, chunk.rows, {chunk.memory.get(), chunk.used}};
}

std::string_view HeldLines::bytes_of(Ref ref) const {
  const Chunk& chunk = chunks_[index_of(ref)];
  if (is_gap(chunk, place_of(ref))) return {};
  return {row(ref), size_at(chunk, place_of(ref))};
}

// --- Restoring -----------------------------------------------------------------------------------

bool HeldLines::widen_to(Duration width) {
  while (width_ < width && width_ <= Duration::max() / 2) widen();
  return width_ == width;
}

HeldLines::Restored HeldLines::restore_chunk(std::uint64_t number, std::uint64_t base,
                                             std::size_t time_bytes, Timestamp time) {
  const std::uint32_t index = free_index();
  Chunk& chunk = chunks_[index];
  chunk.number = number;
  chunk.base = base;
  chunk.time_bytes = time_bytes;
  chunks_begun_ = std::max(chunks_begun_, number);
  std::vector<std::uint32_t>& chunks = buckets_[bucket_of(time)].chunks;
  const auto place = std::upper_bound(
      chunks.begin(), chunks.end(), number,
      [this](std::uint64_t n, std::uint32_t other) { return n < chunks_[other].number; });
  chunks.insert(place, index);
  return {index, bucket_of(time)};
}

HeldLines::Restored HeldLines::chunk_of(std::uint32_t index) const {
  const Chunk& chunk = chunks_[index];
  std::size_t at = 0;
  while (is_gap(chunk, at)) at += size_at(chunk, at);
  return {index, bucket_of(time(ref_of(index, at)))};
}

std::optional<HeldLines::Ref> HeldLines::row_at(Restored& restored, std::size_t place) const {
  const Chunk& chunk = chunks_[restored.index];
  while (restored.passed < std::min(place, chunk.used)) {
    restored.passed += size_at(chunk, restored.passed);
  }
  if (restored.passed != place || place >= chunk.used || is_gap(chunk, place)) return std::nullopt;
  return ref_of(restored.index, place);
}

std::optional<HeldLines::Ref> HeldLines::restore_row(Restored& restored, std::size_t place,
                                                     Timestamp time, std::string_view line) {
  Chunk& chunk = chunks_[restored.index];
  if (place < chunk.used) {
    const auto ref = row_at(restored, place);
    const bool is_same = ref && this->time(*ref) == time && this->line(*ref) == line;
    return is_same ? ref : std::nullopt;
  }
  const std::size_t row_size = chunk.time_bytes + head_size_ + line.size() + 1;
  const std::size_t gap = place - chunk.used;
  const bool fits = place == 0 || (place < kChunk && place + row_size <= kChunk);
  const bool is_gap = gap == 0 || gap > chunk.time_bytes + head_size_;
  if (!fits || !is_gap || bucket_of(time) != restored.bucket) return std::nullopt;
  if (chunk.distance(time) >= chunk.gap()) return std::nullopt;
  make_room(chunk, gap + row_size);
  if (gap > 0) append_gap(chunk, gap);
  ++buckets_[restored.bucket].rows;
  return append(restored.index, time, line);
}

void HeldLines::append_gap(Chunk& chunk, std::size_t size) {
  char* const to = chunk.memory.get() + chunk.used;
  std::memset(to, 0xFF, size - 1);
  to[size - 1] = '\n';
  chunk.used += size;
  chunk.gaps += size;
}

void HeldLines::remove_row(const Restored& restored, Ref ref) {
  take_out(ref, buckets_.find(restored.bucket)->second);
}

void HeldLines::remove_chunk(std::uint32_t index) {
  const Chunk& chunk = chunks_[index];
  Timestamp time{};
  for_each_row(rows_of(index), index, head_size_, [&](const Row& row) { time = row.time; });
  const auto bucket = buckets_.find(bucket_of(time));
  bucket->second.rows -= chunk.rows;
  size_ -= chunk.rows;
  std::erase(bucket->second.chunks, index);
  free_chunk(index);
  if (bucket->second.chunks.empty()) buckets_.erase(bucket);
}

// --- Buckets -------------------------------------------------------------------------------------

std::int64_t HeldLines::bucket_of(Timestamp t) const { return TimeSlices(width_).of(t); }

HeldLines::Buckets::iterator HeldLines::bucket_for(Timestamp t) {
  auto found = buckets_.find(bucket_of(t));
  if (found != buckets_.end()) return found;
  while (buckets_.size() >= kMostBuckets) widen();
  return buckets_.try_emplace(bucket_of(t)).first;
}

// Rows of one time go on in the chunk that was begun last, so that their order stays; the others
// are closed.
void HeldLines::widen() {
  width_ *= 2;
  Buckets old;
  old.swap(buckets_);
  for (auto& [n, bucket] : old) {
    Bucket& wide = buckets_[n >> 1];
    wide.chunks.insert(wide.chunks.end(), bucket.chunks.begin(), bucket.chunks.end());
    wide.rows += bucket.rows;
    std::sort(wide.chunks.begin(), wide.chunks.end(), [this](std::uint32_t a, std::uint32_t b) {
      return chunks_[a].number < chunks_[b].number;
    });
  }
  for (auto& [n, bucket] : buckets_) {
    for (const std::uint32_t index : bucket.chunks) {
      Chunk& chunk = chunks_[index];
      const bool is_closed = index != bucket.chunks.back();
      if (is_closed && chunk.capacity > chunk.used) set_capacity(chunk, chunk.used);
    }
  }
  make_due();
}

void HeldLines::erase(Buckets::iterator bucket) {
  for (const std::uint32_t index : bucket->second.chunks) free_chunk(index);
  buckets_.erase(bucket);
}

bool HeldLines::goes_before(const Due& a, const Due& b) const {
  return a.time != b.time ? a.time < b.time : order_of(a.ref) < order_of(b.ref);
}

void HeldLines::make_due() {
  due_.clear();
  next_ = 0;
  if (buckets_.empty()) return;
  Bucket& bucket = buckets_.begin()->second;
  bucket.gaps = 0;
  for (const std::uint32_t index : bucket.chunks) {
    const Chunk& chunk = chunks_[index];
    for (std::size_t at = 0; at < chunk.used; at += size_at(chunk, at)) {
      if (!is_gap(chunk, at)) due_.push_back({time(ref_of(index, at)), ref_of(index, at)});
    }
  }
  std::sort(due_.begin(), due_.end(),
            [this](const Due& a, const Due& b) { return goes_before(a, b); });
}

void HeldLines::pass_gaps() {
  while (is_gap(chunks_[index_of(due_[next_].ref)], place_of(due_[next_].ref))) ++next_;
}

}  // namespace streamutils
