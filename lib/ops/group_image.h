// GroupImage: the groups of an operator in an image (stream/operator.h), each as a row.
//
// What a row says of a group is copied, and another thread makes the row.  States that are plain
// are packed (packed_states.h); others are copied as they are; and those that cannot be copied
// (aggregate.h) become text at once.
//
// Facts: a trivial type, what the row says in front of the states; it has
//     static constexpr std::string_view kEntry, the entry that stands in front of the rows,
//     static constexpr std::string_view kColumns, the names of the facts: "a","b"
//     static constexpr std::size_t kCount, how many they are,
//     char* write(char* to) const, which writes them by write_value (stream/row_text.h)
// SPDX-License-Identifier: Apache-2.0
#pragma once

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

#include "base/copy.h"
#include "base/time.h"
#include "ops/aggregate_list.h"
#include "ops/group_key.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "ops/keyed.h"
#include "ops/packed_states.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

// Facts of a time and an age; who is derived from it says what they are of.
struct TimeAndAge {
  static constexpr std::size_t kCount = 2;

  char* write(char* to) const { return write_value(write_value(to, to_nanos(time)), first_seen); }

  Timestamp time;
  std::uint64_t first_seen;
};

// Writes rows of groups with their states.
template <typename Facts>
class GroupRows {
 public:
  GroupRows(const AggregateList& aggregates, SnapshotWriter& out)
      : aggregates_(aggregates), packed_(aggregates.packed()), out_(out) {
    std::string columns = "[" + std::string(Facts::kColumns);
    aggregates.append_state_names(columns);
    out.entry(Facts::kEntry).json("columns", columns + R"(,"key","spelling"])");
    scratch_.resize(packed_.size());
  }

  void write(const Facts& facts, const Group& group, const std::byte* states) {
    const GroupKey key = group.group_key();
    if (packed_.can_pack() && packed_.pack(states, scratch_.data())) {
      return write(facts, key, scratch_.data());
    }
    RowText& row = out_.row();
    put(facts, row);
    aggregates_.save_values(states, row);
    save_key_values(row, key);
  }
  // Rows of one group in their order: visit(put) calls put(facts, states) for each, the same each
  // time that it is called.
  template <typename Visit>
  void write_in_order(const Group& group, const Visit& visit) {
    visit([&](const Facts& facts, const std::byte* states) { write(facts, group, states); });
  }
  // The same with states that have been packed.
  void write(const Facts& facts, const GroupKey& key, const std::byte* packed) {
    if (write_plain_row(facts, key, packed)) return;
    RowText& row = out_.row();
    put(facts, row);
    row.put_values(packed_.text_room(), [&](char* to) { return packed_.write(packed, to); });
    save_key_values(row, key);
  }

 private:
  static constexpr std::size_t kFactsRoom = Facts::kCount * kValueRoom;

  static void put(const Facts& facts, RowText& row) {
    row.put_values(kFactsRoom, [&](char* to) { return facts.write(to); });
  }
  // False if the key has to be escaped.
  bool write_plain_row(const Facts& facts, const GroupKey& key, const std::byte* packed) {
    const std::size_t most = 3 + kFactsRoom + packed_.text_room() + key_room(key);
    return out_.put_row(most, [&](char* to) -> char* {
      *to++ = '[';
      to = write_key_values(packed_.write(packed, facts.write(to)), key);
      if (to == nullptr) return nullptr;
      to[-1] = ']';  // in place of the last comma
      *to = '\n';
      return to + 1;
    });
  }

  const AggregateList& aggregates_;
  const PackedStates& packed_;
  SnapshotWriter& out_;
  std::vector<std::byte> scratch_;  // for the packed states of one group
};

// Groups whose states are packed.
template <typename Facts>
class PackedPart final : public CopiedPart {
  static_assert(std::is_trivially_copyable_v<Facts> && alignof(Facts) <= 8);

 public:
  PackedPart(std::shared_ptr<PartMemory> memory, const AggregateList& aggregates)
      : CopiedPart(std::move(memory)), aggregates_(aggregates) {}

  // Whether there is room for one more with this key.
  bool has_room(const GroupKey& key) const {
    return CopiedPart::has_room(sizeof(Entry) + text_room(key) + states_size());
  }
  // False if the states cannot be packed.  REQUIRES: has_room().
  bool add(const Facts& facts, const GroupKey& key, const std::byte* states) {
    const std::size_t text_size = text_room(key);
    const std::size_t size = sizeof(Entry) + text_size + states_size();
    std::byte* const to = CopiedPart::add(size);
    if (!aggregates_.packed().pack(states, to + sizeof(Entry) + text_size)) {
      take_back(size);
      return false;
    }
    new (to) Entry{facts, static_cast<std::uint32_t>(key.canonical.size()),
                   static_cast<std::uint32_t>(key.spelling.size())};
    auto* const text = reinterpret_cast<char*>(to + sizeof(Entry));
    copy_bytes(copy_bytes(text, key.canonical), key.spelling);
    return true;
  }

  void write(SnapshotWriter& out) override {
    GroupRows<Facts> rows(aggregates_, out);
    for (const std::byte* at = begin(); at < end();) {
      const auto& entry = *reinterpret_cast<const Entry*>(at);
      const auto* const text = reinterpret_cast<const char*>(at + sizeof entry);
      const GroupKey key{{text, entry.key_size}, {text + entry.key_size, entry.spelling_size}};
      const std::byte* const states = at + sizeof entry + text_room(key);
      rows.write(entry.facts, key, states);
      at = states + states_size();
    }
  }

 private:
  // The text of the key and its spelling follow, and the states.
  struct Entry {
    Facts facts;
    std::uint32_t key_size;
    std::uint32_t spelling_size;
  };

  static std::size_t text_room(const GroupKey& key) {
    return (key.canonical.size() + key.spelling.size() + 7) / 8 * 8;
  }
  std::size_t states_size() const { return aggregates_.packed().size(); }

  const AggregateList& aggregates_;
};

// Groups whose states are copied.
template <typename Facts>
class GroupPart final : public CopiedPart {
  static_assert(std::is_trivially_copyable_v<Facts> && alignof(Facts) <= 16);

 public:
  GroupPart(std::shared_ptr<PartMemory> memory, const AggregateList& aggregates)
      : CopiedPart(std::move(memory)), aggregates_(aggregates) {}
  ~GroupPart() override {
    for_each([this](const Facts&, Group& group) { aggregates_.destroy(group.state()); });
  }

  // False if there is no more room.
  bool add(const Facts& facts, const Group& group, const std::byte* states) {
    const auto* const from = reinterpret_cast<const std::byte*>(&group);
    const auto text_end = static_cast<std::size_t>(group.state() - from);
    std::byte* const to = CopiedPart::add(kFacts + text_end + aggregates_.block_size());
    if (to == nullptr) return false;
    std::memcpy(to, &facts, sizeof(Facts));
    std::memcpy(to + kFacts, from, text_end);
    aggregates_.copy(to + kFacts + text_end, states);
    return true;
  }

  void write(SnapshotWriter& out) override {
    GroupRows<Facts> rows(aggregates_, out);
    for_each([&](const Facts& facts, Group& group) { rows.write(facts, group, group.state()); });
  }

 private:
  static constexpr std::size_t kFacts = (sizeof(Facts) + 15) / 16 * 16;

  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::byte* at = begin(); at < end();) {
      auto& group = *reinterpret_cast<Group*>(at + kFacts);
      visit(*reinterpret_cast<const Facts*>(at), group);
      at = group.state() + aggregates_.block_size();
    }
  }

  const AggregateList& aggregates_;
};

template <typename Facts>
class GroupImage {
 public:
  explicit GroupImage(const AggregateList& aggregates)
      : aggregates_(aggregates),
        can_pack_(aggregates.packed().can_pack()),
        memory_(std::make_shared<PartMemory>()),
        scratch_(aggregates.packed().size()) {}

  void begin(SnapshotWriter& out) { out_ = &out; }
  // Between begin() and finish().
  bool is_open() const { return out_ != nullptr; }

  // In no particular order.  REQUIRES: is_open(), as of write_in_order().
  void write(const Facts& facts, const Group& group, const std::byte* states) {
    if (can_pack_ && add_packed(facts, group.group_key(), states)) return;
    write_as_it_is(facts, group, states);
  }

  // See GroupRows.  Those that are packed leave apart from those that are not: so all are, or none.
  template <typename Visit>
  void write_in_order(const Group& group, const Visit& visit) {
    bool packed = can_pack_;
    visit([&](const Facts&, const std::byte* states) {
      packed = packed && aggregates_.packed().pack(states, scratch_.data());
    });
    visit([&](const Facts& facts, const std::byte* states) {
      packed ? write(facts, group, states) : write_as_it_is(facts, group, states);
    });
  }

  // All have been written.
  void finish() {
    hand_over();
    out_ = nullptr;
  }

 private:
  bool add_packed(const Facts& facts, const GroupKey& key, const std::byte* states) {
    if (!packed_ || !packed_->has_room(key)) {
      hand_over_packed();
      packed_ = std::make_unique<PackedPart<Facts>>(memory_, aggregates_);
    }
    return packed_->add(facts, key, states);
  }
  void write_as_it_is(const Facts& facts, const Group& group, const std::byte* states) {
    if (!aggregates_.can_copy()) return write_text(facts, group, states);
    const auto make = [this] { return std::make_unique<GroupPart<Facts>>(memory_, aggregates_); };
    parts_.add(*out_, make, facts, group, states);
  }
  void hand_over_packed() {
    if (packed_ && !packed_->is_empty()) out_->part(std::move(packed_));
  }

  void write_text(const Facts& facts, const Group& group, const std::byte* states) {
    if (!rows_) rows_.emplace(aggregates_, text_);
    rows_->write(facts, group, states);
    if (text_.size() >= PartMemory::kSize) hand_over();
  }

  void hand_over() {
    hand_over_packed();
    parts_.hand_over(*out_);
    if (rows_) out_->lines(text_.take());
    rows_.reset();
  }

  const AggregateList& aggregates_;
  const bool can_pack_;
  std::shared_ptr<PartMemory> memory_;
  std::vector<std::byte> scratch_;  // for the packed states of one row
  SnapshotWriter* out_ = nullptr;
  std::unique_ptr<PackedPart<Facts>> packed_;
  // In place of them, where states cannot be packed.
  ImageParts<GroupPart<Facts>> parts_;
  // In place of those, where states cannot be copied.
  SnapshotWriter text_;
  std::optional<GroupRows<Facts>> rows_;
};

}  // namespace streamutils
