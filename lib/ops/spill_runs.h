// Runs: records of groups on scratch room, in the order of something.
//
// What every state that is larger than memory is made of.  A record is a group's key, its states as
// text, and some numbers that its owner wants beside them; a run is records one after the other, in
// an order.  Runs are merged by a heap of readers, one for each, and are not changed.
//
//     | numbers, sizes | key | spelling | states |        a record
//     | record | record | record | …                      a run
//
// Whoever sorts runs by key can find a key again: a run remembers the first key of each block.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/keyed.h"
#include "ops/steady_scratch.h"

namespace streamutils {

inline constexpr std::size_t kRunBlock = 1 << 16;  // written, and read of each run, at a time

// Views that are valid as long as whoever hands them out says.
template <typename Numbers>
struct SpilledRecord {
  static_assert(std::is_trivially_copyable_v<Numbers>);

  Numbers numbers{};
  GroupKey key{};
  std::string_view states{};
};

// Records as bytes.  Read back with the process that wrote them, never by another.
template <typename Numbers>
class RecordCode {
  struct Head {
    Numbers numbers;
    std::uint64_t states_size;
    std::uint32_t key_size;
    std::uint32_t spelling_size;
  };

 public:
  using Record = SpilledRecord<Numbers>;

  static void append(const Record& record, std::string& out) {
    const Head head{record.numbers, record.states.size(),
                    static_cast<std::uint32_t>(record.key.canonical.size()),
                    static_cast<std::uint32_t>(record.key.spelling.size())};
    out.append(reinterpret_cast<const char*>(&head), sizeof head);
    out.append(record.key.canonical).append(record.key.spelling).append(record.states);
  }

  static constexpr std::size_t kHeadSize = sizeof(Head);
  // Of the record that begins with these bytes, of which there are kHeadSize.
  static std::size_t size(const char* bytes) {
    const Head head = read_head(bytes);
    return sizeof head + head.key_size + head.spelling_size + head.states_size;
  }
  static Record read(const char* bytes) {
    const Head head = read_head(bytes);
    const std::string_view text(bytes + sizeof head,
                                head.key_size + head.spelling_size + head.states_size);
    return {head.numbers,
            {text.substr(0, head.key_size), text.substr(head.key_size, head.spelling_size)},
            text.substr(head.key_size + head.spelling_size)};
  }

 private:
  static Head read_head(const char* bytes) {
    Head head;
    std::memcpy(&head, bytes, sizeof head);
    return head;
  }
};

// A stretch of scratch room that holds a run.  Copies share the room.
struct Run {
  struct Block {
    std::string first_key;
    std::uint64_t begin;
  };

  std::shared_ptr<SteadyScratch> scratch;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<Block> blocks{};  // of runs that are in the order of keys

  std::uint64_t size() const { return end - begin; }
};

// Writes a run behind what is in the scratch room.
template <typename Numbers>
class RunWriter {
 public:
  enum class Order : std::uint8_t { by_key, other };

  explicit RunWriter(std::shared_ptr<SteadyScratch> scratch, Order order = Order::by_key)
      : order_(order) {
    run_.begin = run_.end = scratch->size();
    run_.scratch = std::move(scratch);
  }

  void add(const SpilledRecord<Numbers>& record) {
    if (bytes_.empty() && order_ == Order::by_key) {
      run_.blocks.push_back({std::string(record.key.canonical), run_.end});
    }
    RecordCode<Numbers>::append(record, bytes_);
    if (bytes_.size() >= kRunBlock) flush();
  }

  // REQUIRES: nothing else has been written to the scratch room since it was made.
  Run finish() {
    flush();
    return std::move(run_);
  }

 private:
  void flush() {
    run_.scratch->append(bytes_);
    run_.end += bytes_.size();
    bytes_.clear();
  }

  Order order_;
  Run run_;
  std::string bytes_;
};

// The records of a run, or of a part of it, one after the other.
template <typename Numbers>
class RunReader {
 public:
  explicit RunReader(const Run& run) : RunReader(run, run.begin, run.end) {}
  RunReader(const Run& run, std::uint64_t begin, std::uint64_t end)
      : scratch_(run.scratch), at_(begin), end_(end) {}

  // False at the end, and if reading fails.
  bool next() {
    using Code = RecordCode<Numbers>;
    position_ += size_;
    size_ = 0;
    if (!need(Code::kHeadSize)) return false;
    const std::size_t size = Code::size(buffer_.data() + position_);
    if (!need(size)) {
      failed_ = true;
      return false;
    }
    size_ = size;
    record_ = Code::read(buffer_.data() + position_);
    return true;
  }
  // Valid until next().
  const SpilledRecord<Numbers>& record() const { return record_; }
  bool has_failed() const { return failed_; }

 private:
  // Has so many bytes in the buffer from position_ on.
  bool need(std::size_t n) {
    if (buffer_.size() - position_ >= n) return true;
    buffer_.erase(0, position_);
    position_ = 0;
    const std::uint64_t wanted = std::max<std::uint64_t>(n - buffer_.size(), kRunBlock);
    const auto length = static_cast<std::size_t>(std::min(wanted, end_ - at_));
    if (length == 0) return false;
    failed_ = !scratch_->read(at_, length, buffer_);
    at_ += length;
    return !failed_ && buffer_.size() >= n;
  }

  std::shared_ptr<SteadyScratch> scratch_;
  std::uint64_t at_;  // what of the run has not been read begins here
  std::uint64_t end_;
  std::string buffer_;
  std::size_t position_ = 0;  // of the current record in the buffer
  std::size_t size_ = 0;
  SpilledRecord<Numbers> record_;
  bool failed_ = false;
};

// Runs as one sequence in the order of `Less`, ties by the number of the run.
template <typename Numbers, typename Less>
class RunMerge {
 public:
  using Record = SpilledRecord<Numbers>;

  RunMerge(std::vector<RunReader<Numbers>> readers, Less less)
      : readers_(std::move(readers)), less_(less) {
    for (std::size_t i = 0; i < readers_.size(); ++i) push(i);
  }

  // The next record; null at the end.  Valid until next().
  const Record* current() const {
    return heap_.empty() ? nullptr : &readers_[heap_.front()].record();
  }
  void next() {
    std::ranges::pop_heap(heap_, greater());
    const std::size_t i = heap_.back();
    heap_.pop_back();
    push(i);
  }
  bool has_failed() const {
    return std::ranges::any_of(readers_, [](const auto& reader) { return reader.has_failed(); });
  }

 private:
  auto greater() const {
    return [this](std::size_t a, std::size_t b) {
      const Record& x = readers_[a].record();
      const Record& y = readers_[b].record();
      if (less_(x, y)) return false;
      return less_(y, x) || a > b;
    };
  }
  void push(std::size_t i) {
    if (!readers_[i].next()) return;
    heap_.push_back(i);
    std::ranges::push_heap(heap_, greater());
  }

  std::vector<RunReader<Numbers>> readers_;
  Less less_;
  std::vector<std::size_t> heap_;  // of readers, the least first
};

struct LessKey {
  template <typename Record>
  bool operator()(const Record& a, const Record& b) const {
    return a.key.canonical < b.key.canonical;
  }
};

template <typename Numbers>
RunMerge<Numbers, LessKey> merge_by_key(const std::vector<Run>& runs) {
  std::vector<RunReader<Numbers>> readers;
  for (const Run& run : runs) readers.emplace_back(run);
  return {std::move(readers), LessKey()};
}

// Sorts records by `Less` over their numbers: in memory as many bytes as `buffer`, the rest as runs
// in the scratch room.
template <typename Numbers, typename Less>
class RecordSorter {
 public:
  using Record = SpilledRecord<Numbers>;

  RecordSorter(std::shared_ptr<SteadyScratch> scratch, std::size_t buffer, Less less = {})
      : scratch_(std::move(scratch)), limit_(buffer), less_(less) {}

  void add(const Record& record) {
    places_.push_back({record.numbers, bytes_.size()});
    RecordCode<Numbers>::append(record, bytes_);
    if (bytes_.size() >= limit_) flush();
  }

  // Calls visit(record) for each, the least first; those of equal numbers as they were added.
  // False if something cannot be read again.  To be called once.
  template <typename Visit>
  bool visit(const Visit& visit) {
    if (runs_.empty()) {
      sort();
      for (const Place& place : places_) {
        visit(RecordCode<Numbers>::read(bytes_.data() + place.offset));
      }
      return true;
    }
    flush();
    std::vector<RunReader<Numbers>> readers;
    for (const Run& run : runs_) readers.emplace_back(run);
    const auto by_numbers = [this](const Record& a, const Record& b) {
      return less_(a.numbers, b.numbers);
    };
    RunMerge merge(std::move(readers), by_numbers);
    for (; merge.current(); merge.next()) visit(*merge.current());
    return !merge.has_failed();
  }

 private:
  struct Place {
    Numbers numbers;
    std::size_t offset;  // in bytes_
  };

  void sort() {
    std::ranges::stable_sort(
        places_, [this](const Place& a, const Place& b) { return less_(a.numbers, b.numbers); });
  }

  void flush() {
    if (places_.empty()) return;
    sort();
    using Writer = RunWriter<Numbers>;
    Writer writer(scratch_, Writer::Order::other);
    for (const Place& place : places_) {
      writer.add(RecordCode<Numbers>::read(bytes_.data() + place.offset));
    }
    runs_.push_back(writer.finish());
    places_.clear();
    bytes_.clear();
  }

  std::shared_ptr<SteadyScratch> scratch_;
  std::size_t limit_;
  Less less_;
  std::string bytes_;
  std::vector<Place> places_;
  std::vector<Run> runs_;
};

// Calls visit(record) for the records of the key in the run, which is in the order of keys: reads
// the blocks that can hold them.  False if they cannot be read.
template <typename Numbers, typename Visit>
bool find_in_run(const Run& run, std::string_view key, const Visit& visit) {
  const auto first_key = [](const Run::Block& block) -> std::string_view {
    return block.first_key;
  };
  // The key may begin in the block before the first that begins with it.
  auto begin = std::ranges::lower_bound(run.blocks, key, {}, first_key);
  const auto end = std::ranges::upper_bound(run.blocks, key, {}, first_key);
  if (begin != run.blocks.begin()) --begin;
  if (begin == end) return true;
  const std::uint64_t until = end == run.blocks.end() ? run.end : end->begin;
  RunReader<Numbers> reader(run, begin->begin, until);
  while (reader.next()) {
    const auto& record = reader.record();
    if (record.key.canonical > key) break;
    if (record.key.canonical == key) visit(record);
  }
  return !reader.has_failed();
}

}  // namespace streamutils
