// SPDX-License-Identifier: Apache-2.0
#include "ops/join_log.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/copy.h"

namespace streamutils {

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
  SharedChunks::Chunk memory = memory_.take(std::max(units * kUnit, kChunk));
  for (std::size_t i = 0; i < count; ++i) {
    chunk(first + i) = Chunk{};
    chunk(first + i).memory = memory.get() + i * kChunk;
  }
  chunk(first).owned = std::move(memory);
  back_ = first * kUnits;
}

// So that those in front of `end` have a place in the directory.
void JoinLog::number_more_chunks(std::uint64_t end) {
  if (end - front_ <= chunks_.size()) return;
  std::size_t count = chunks_.size();
  while (end - front_ > count) count *= 2;
  std::vector<Chunk> more(count);
  for (std::uint64_t n = front_; n < back_chunk(); ++n) more[n & (count - 1)] = std::move(chunk(n));
  chunks_ = std::move(more);
}

void JoinLog::drop_front() {
  if (image_out_) take_until((front_ + 1) * kUnits);
  size_ -= chunk(front_).rows;
  chunk(front_) = Chunk{};
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
    take(at(image_next_), image_next_);
    image_next_ = after(image_next_);
  }
  if (image_next_ < image_end_) return false;
  hand_over();
  image_out_ = nullptr;
  return true;
}

// Those in front of a place.
void JoinLog::take_until(Place end) {
  end = std::min(end, image_end_);
  for (image_next_ = skip_gap(image_next_); image_next_ < end; image_next_ = after(image_next_)) {
    take(at(image_next_), image_next_);
  }
}

// One that is held while the image begins.
void JoinLog::take(const LoggedRow& row, Place place) {
  const bool has_changed = row.image == image_;
  if ((has_changed ? row.was_done : row.done) || row.expiry < image_watermark_) return;
  if (!part_ || part_chunk_ != place / kUnits) {
    hand_over();
    part_chunk_ = place / kUnits;
    const Chunk& of = chunk(part_chunk_);
    part_ = std::make_unique<LogPart>(of.owned, side_, of.rows, write_);
  }
  part_->add(place % kUnits, has_changed ? row.was_matched : row.matched);
}

void JoinLog::hand_over() {
  if (part_) image_out_->part(std::move(part_));
}

}  // namespace streamutils
