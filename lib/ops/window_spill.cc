// SPDX-License-Identifier: Apache-2.0
#include "ops/window_spill.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <queue>
#include <string_view>
#include <utility>

#include "stream/snapshot.h"

namespace streamutils {
namespace {

constexpr std::size_t kBlock = 1 << 16;  // read of each run at a time

// A group as bytes: its numbers, then key, spelling and states.
struct Head {
  std::uint64_t first_seen;
  std::uint32_t key_size;
  std::uint32_t spelling_size;
  std::uint64_t states_size;

  std::size_t total() const { return sizeof(Head) + key_size + spelling_size + states_size; }
};

// A group that has been read: views into its bytes.
struct Saved {
  std::uint64_t first_seen = 0;
  std::string_view key;
  std::string_view spelling;
  std::string_view states;
};

void append_saved(std::string& out, const Saved& group) {
  const Head head{group.first_seen, static_cast<std::uint32_t>(group.key.size()),
                  static_cast<std::uint32_t>(group.spelling.size()), group.states.size()};
  std::array<char, sizeof(Head)> bytes;
  std::memcpy(bytes.data(), &head, sizeof head);
  out.append(bytes.data(), bytes.size());
  out.append(group.key).append(group.spelling).append(group.states);
}

std::string states_of(const AggregateList& aggregates, const std::byte* block) {
  SnapshotWriter writer;
  writer.entry("states");
  aggregates.save(block, writer);
  return writer.take();
}

bool read_states(const AggregateList& aggregates, std::string_view text, std::byte* block) {
  SnapshotReader reader{std::string(text)};
  if (!reader.next_is("states")) return false;
  aggregates.restore(block, reader);
  return reader.status().ok();
}

// The groups of a run, one after the other.
class RunReader {
 public:
  RunReader(Scratch& scratch, std::uint64_t begin, std::uint64_t end)
      : scratch_(&scratch), at_(begin), end_(end) {}

  // False at the end, and if reading fails.
  bool next() {
    position_ += size_;
    size_ = 0;
    Head head{};
    if (!need(sizeof head)) return false;
    std::memcpy(&head, buffer_.data() + position_, sizeof head);
    if (!need(head.total())) {
      failed_ = true;
      return false;
    }
    size_ = head.total();
    const std::string_view bytes = std::string_view(buffer_).substr(position_, size_);
    group_.first_seen = head.first_seen;
    group_.key = bytes.substr(sizeof head, head.key_size);
    group_.spelling = bytes.substr(sizeof head + head.key_size, head.spelling_size);
    group_.states = bytes.substr(sizeof head + head.key_size + head.spelling_size);
    return true;
  }
  const Saved& group() const { return group_; }
  bool has_failed() const { return failed_; }

 private:
  // Has so many bytes in the buffer from position_ on.
  bool need(std::size_t n) {
    if (buffer_.size() - position_ >= n) return true;
    buffer_.erase(0, position_);
    position_ = 0;
    const std::uint64_t wanted = std::max<std::uint64_t>(n - buffer_.size(), kBlock);
    const auto length = static_cast<std::size_t>(std::min(wanted, end_ - at_));
    if (length == 0) return false;
    failed_ = !scratch_->read(at_, length, buffer_);
    at_ += length;
    return !failed_ && buffer_.size() >= n;
  }

  Scratch* scratch_;
  std::uint64_t at_;  // what of the run has not been read begins here
  std::uint64_t end_;
  std::string buffer_;
  std::size_t position_ = 0;  // of the current group in the buffer
  std::size_t size_ = 0;
  Saved group_;
  bool failed_ = false;
};

// Runs as one sequence in the order of `Less`, ties by the number of the run.
template <typename Less>
class Merge {
 public:
  Merge(std::vector<RunReader> readers, Less less) : readers_(std::move(readers)), less_(less) {
    for (std::size_t i = 0; i < readers_.size(); ++i) push(i);
  }

  // The next group; null at the end.  Valid until next().
  const Saved* current() const {
    return heap_.empty() ? nullptr : &readers_[heap_.front()].group();
  }
  void next() {
    std::ranges::pop_heap(heap_, greater());
    const std::size_t i = heap_.back();
    heap_.pop_back();
    push(i);
  }
  bool has_failed() const {
    return std::ranges::any_of(readers_, [](const RunReader& r) { return r.has_failed(); });
  }

 private:
  auto greater() const {
    return [this](std::size_t a, std::size_t b) {
      const Saved& x = readers_[a].group();
      const Saved& y = readers_[b].group();
      if (less_(x, y)) return false;
      return less_(y, x) || a > b;
    };
  }
  void push(std::size_t i) {
    if (!readers_[i].next()) return;
    heap_.push_back(i);
    std::ranges::push_heap(heap_, greater());
  }

  std::vector<RunReader> readers_;
  Less less_;
  std::vector<std::size_t> heap_;  // of readers, the least first
};

bool by_key(const Saved& a, const Saved& b) { return a.key < b.key; }
bool by_age(const Saved& a, const Saved& b) { return a.first_seen < b.first_seen; }

// A block of states on its own.
class Block {
 public:
  explicit Block(const AggregateList& aggregates)
      : aggregates_(aggregates),
        bytes_(static_cast<std::byte*>(
            ::operator new[](aggregates.block_size(), std::align_val_t{16}))) {
    aggregates_.create(bytes_);
  }
  ~Block() {
    aggregates_.destroy(bytes_);
    ::operator delete[](bytes_, std::align_val_t{16});
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  std::byte* get() { return bytes_; }

 private:
  const AggregateList& aggregates_;
  std::byte* bytes_;
};

// Groups that are sorted by age in memory and written out as runs.
class AgeRuns {
 public:
  AgeRuns(Scratch& scratch, std::size_t buffer) : scratch_(scratch), limit_(buffer) {}

  void add(const Saved& group) {
    places_.push_back({group.first_seen, bytes_.size()});
    append_saved(bytes_, group);
    if (bytes_.size() >= limit_) flush();
  }

  void flush() {
    if (places_.empty()) return;
    std::ranges::sort(places_);
    std::string sorted;
    sorted.reserve(bytes_.size());
    for (const auto& [first_seen, place] : places_) {
      Head head{};
      std::memcpy(&head, bytes_.data() + place, sizeof head);
      sorted.append(bytes_, place, head.total());
    }
    const std::uint64_t begin = scratch_.size();
    scratch_.append(sorted);
    readers_.emplace_back(scratch_, begin, scratch_.size());
    places_.clear();
    bytes_.clear();
  }

  std::vector<RunReader> take() { return std::move(readers_); }

 private:
  Scratch& scratch_;
  std::size_t limit_;
  std::string bytes_;
  std::vector<std::pair<std::uint64_t, std::size_t>> places_;  // first_seen, and where in bytes_
  std::vector<RunReader> readers_;
};

// Joins the groups of one key, of which the merge's current one is the first.
template <typename Less>
bool join(Merge<Less>& merge, const AggregateList& aggregates, AgeRuns& out) {
  Block whole(aggregates);
  const std::string key(merge.current()->key);
  std::string spelling;
  std::uint64_t first_seen = UINT64_MAX;
  for (; merge.current() && merge.current()->key == key; merge.next()) {
    const Saved& part = *merge.current();
    Block states(aggregates);
    if (!read_states(aggregates, part.states, states.get())) return false;
    aggregates.merge(whole.get(), states.get());
    if (part.first_seen < first_seen) spelling = part.spelling;
    first_seen = std::min(first_seen, part.first_seen);
  }
  out.add({first_seen, key, spelling, states_of(aggregates, whole.get())});
  return true;
}

}  // namespace

void SpilledGroups::spill(Pane& pane) {
  std::vector<const Group*> groups(pane.groups().begin(), pane.groups().end());
  std::ranges::sort(groups, {}, &Group::key);
  const std::uint64_t begin = scratch_->size();
  std::string bytes;
  for (const Group* group : groups) {
    const GroupKey key = group->group_key();
    append_saved(bytes, {group->first_seen, key.canonical, key.spelling,
                         states_of(aggregates_, group->state())});
    if (bytes.size() < kBlock) continue;
    scratch_->append(bytes);
    bytes.clear();
  }
  scratch_->append(bytes);
  runs_.push_back({begin, scratch_->size()});
  pane.clear();
}

bool SpilledGroups::visit(SteadyScratch& scratch, const Visit& visit) const {
  scratch.clear();
  std::vector<RunReader> runs;
  for (const Run& run : runs_) runs.emplace_back(*scratch_, run.begin, run.end);
  Merge joined(std::move(runs), by_key);
  AgeRuns ages(scratch, buffer_);
  while (joined.current()) {
    if (!join(joined, aggregates_, ages)) return false;
  }
  if (joined.has_failed()) return false;
  ages.flush();
  Merge ordered(ages.take(), by_age);
  GroupTable table(aggregates_.block_size());
  for (; ordered.current(); ordered.next()) {
    const Saved& saved = *ordered.current();
    Group* group = table.find_or_add({saved.key, saved.spelling}).group;
    group->first_seen = saved.first_seen;
    aggregates_.create(group->state());
    const bool ok = read_states(aggregates_, saved.states, group->state());
    if (ok) visit(*group);
    aggregates_.destroy(group->state());
    table.erase(group);
    if (!ok) return false;
  }
  return !ordered.has_failed();
}

}  // namespace streamutils
