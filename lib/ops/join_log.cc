// SPDX-License-Identifier: Apache-2.0
#include "ops/join_log.h"

#include <algorithm>
#include <new>

#include "base/copy.h"

namespace streamutils {
namespace {

constexpr std::align_val_t kAlignment{64};

}  // namespace

JoinLog::~JoinLog() {
  image_out_ = nullptr;
  clear();
  for (std::byte* memory : spare_) ::operator delete(memory, kAlignment);
}

JoinLog::Place JoinLog::add(const LoggedRow& facts, const LoggedText& text) {
  const std::size_t units = units_of(sizeof(LoggedRow) + text.size());
  const std::size_t used = back_ % kUnits;
  if (used == 0 || units > kUnits - used) begin_chunk(units);
  const Place place = back_;
  Chunk& last = chunk(place / kUnits);
  auto* row = new (last.memory + place % kUnits * kUnit) LoggedRow(facts);
  row->image = 0;
  row->key_size = static_cast<std::uint32_t>(text.key.size());
  row->head_size = static_cast<std::uint32_t>(text.head.size());
  row->text_size = static_cast<std::uint32_t>(text.text[0].size() + text.text[1].size());
  char* to = copy_bytes(reinterpret_cast<char*>(row + 1), text.key);
  for (const std::string_view piece : {text.head, text.text[0], text.text[1]}) {
    to = copy_bytes(to, piece);
  }
  last.used = place % kUnits + units;
  last.last_expiry = std::max(last.last_expiry, facts.expiry);
  ++last.rows;
  ++size_;
  back_ = place + units;
  if (units > kUnits) back_ = back_chunk() * kUnits;
  return place;
}

// One that has room for a row.
void JoinLog::begin_chunk(std::size_t units) {
  std::uint64_t first = back_chunk();
  const std::size_t count = (units + kUnits - 1) / kUnits;
  // No row stands at a place of which the lower half is 0.
  const bool skips_one = first % kNumbers == 0;
  const std::uint64_t end = first + count + (skips_one ? 1 : 0);
  if (end - front_ > kMostChunks) throw std::bad_alloc();
  number_more_chunks(end);
  if (skips_one) chunk(first++) = Chunk{};
  const std::size_t bytes = std::max(units * kUnit, kChunk);
  std::byte* const memory = take_memory(bytes);
  for (std::size_t i = 0; i < count; ++i) {
    Chunk& begun = chunk(first + i) = Chunk{};
    begun.memory = memory + i * kChunk;
    begun.owned = i == 0 ? bytes : 0;
  }
  back_ = first * kUnits;
}

// So that those in front of `end` have a place in the directory.
void JoinLog::number_more_chunks(std::uint64_t end) {
  if (end - front_ <= chunks_.size()) return;
  std::size_t count = chunks_.size();
  while (end - front_ > count) count *= 2;
  std::vector<Chunk> more(count);
  for (std::uint64_t n = front_; n < back_chunk(); ++n) more[n & (count - 1)] = chunk(n);
  chunks_ = std::move(more);
}

std::byte* JoinLog::take_memory(std::size_t bytes) {
  if (bytes == kChunk && !spare_.empty()) {
    std::byte* const memory = spare_.back();
    spare_.pop_back();
    return memory;
  }
  return static_cast<std::byte*>(::operator new(bytes, kAlignment));
}

void JoinLog::give_back(const Chunk& chunk) {
  if (chunk.owned == 0) return;
  if (chunk.owned == kChunk && spare_.size() < kMostSpare) return spare_.push_back(chunk.memory);
  ::operator delete(chunk.memory, kAlignment);
}

void JoinLog::drop_front() {
  if (image_out_) take_until((front_ + 1) * kUnits);
  const Chunk& old = chunk(front_);
  size_ -= old.rows;
  give_back(old);
  ++front_;
  back_ = std::max(back_, front());
}

bool JoinLog::is_mostly_expired(Timestamp watermark) {
  constexpr std::uint64_t kFew = 8;
  const std::uint64_t count = back_chunk() - front_;
  seen_chunks_ = std::min(seen_chunks_, count);
  if (count < std::max(kFew, 2 * seen_chunks_)) return false;
  std::uint64_t held = 0;
  for (std::uint64_t n = front_; n < back_chunk(); ++n) held += chunk(n).last_expiry >= watermark;
  const bool is_sparse = 2 * held < count;
  seen_chunks_ = is_sparse ? held : count;
  return is_sparse;
}

void JoinLog::compact(Timestamp watermark) {
  if (image_out_) take_until(image_end_);
  const std::uint64_t end = back_chunk();
  Place image_end = 0;
  back_ = end * kUnits;
  const Place copies = back_;
  while (front_ < end) {
    for (Place at_row = skip_gap(front()); at_row < (front_ + 1) * kUnits && at_row < copies;
         at_row = after(at_row)) {
      const LoggedRow& row = at(at_row);
      if (row.done || row.expiry < watermark) continue;
      const Place place = add(row, {row.key(), row.head(), {row.text(), {}}});
      if (image_end == 0 && at_row >= image_end_) image_end = place;
    }
    drop_front();
  }
  image_next_ = image_end_ = image_end != 0 ? image_end : back_;
}

// --- Images --------------------------------------------------------------------------------------

void JoinLog::begin_changes(SnapshotWriter& out, Timestamp watermark) {
  image_out_ = &out;
  image_watermark_ = watermark;
  image_next_ = std::max(image_end_, front());
  image_end_ = back_;
  ++image_;
}

bool JoinLog::continue_image(std::size_t rows) {
  if (image_out_ == nullptr) return true;
  for (image_next_ = skip_gap(image_next_); image_next_ < image_end_ && rows > 0; --rows) {
    LoggedRow& row = at(image_next_);
    image_next_ = after(image_next_);
    take(row);
  }
  if (image_next_ < image_end_) return false;
  parts_.hand_over(*image_out_);
  image_out_ = nullptr;
  return true;
}

// Those in front of a place.
void JoinLog::take_until(Place end) {
  end = std::min(end, image_end_);
  for (image_next_ = skip_gap(image_next_); image_next_ < end; image_next_ = after(image_next_)) {
    take(at(image_next_));
  }
}

// One that is held while the image begins.
void JoinLog::take(LoggedRow& row) {
  if (row.done || row.image == image_ || row.expiry < image_watermark_) return;
  const auto make = [this] { return std::make_unique<JoinPart>(memory_, write_); };
  parts_.add(*image_out_, make, row, side_);
}

void JoinLog::take_early(LoggedRow& row) {
  take(row);
  row.image = image_;
}

}  // namespace streamutils
