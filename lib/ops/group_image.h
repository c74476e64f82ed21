// GroupImage: the groups of an operator in an image (stream/operator.h), each as a row.
//
// A group is copied, with the states that belong to it, and another thread makes the row.  States
// that cannot be copied (aggregate.h) become text at once.
//
// Facts: a trivial type, what the row says in front of the states; it has
//     static constexpr std::string_view kEntry, the entry that stands in front of the rows,
//     static constexpr std::string_view kColumns, the names of the facts: "a","b"
//     static constexpr std::size_t kCount, how many they are, for who reads them,
//     void put(RowText& row) const
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

#include "base/time.h"
#include "ops/aggregate_list.h"
#include "ops/group_key.h"
#include "ops/image_part.h"
#include "ops/image_parts.h"
#include "ops/keyed.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

// Facts of a time and an age; who is derived from it says what they are of.
struct TimeAndAge {
  static constexpr std::size_t kCount = 2;

  void put(RowText& row) const {
    row.put(to_nanos(time));
    row.put(first_seen);
  }

  Timestamp time;
  std::uint64_t first_seen;
};

// Writes rows of groups with their states.
template <typename Facts>
class GroupRows {
 public:
  GroupRows(const AggregateList& aggregates, SnapshotWriter& out)
      : aggregates_(aggregates), out_(out) {
    std::string columns = "[" + std::string(Facts::kColumns);
    aggregates.append_state_names(columns);
    out.entry(Facts::kEntry).json("columns", columns + R"(,"key","spelling"])");
  }

  void write(const Facts& facts, const Group& group, const std::byte* states) {
    RowText& row = out_.row();
    facts.put(row);
    aggregates_.save_values(states, row);
    save_key_values(row, group);
  }

 private:
  const AggregateList& aggregates_;
  SnapshotWriter& out_;
};

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
      : aggregates_(aggregates), memory_(std::make_shared<PartMemory>()) {}

  void begin(SnapshotWriter& out) { out_ = &out; }
  // Between begin() and finish().
  bool is_open() const { return out_ != nullptr; }

  // REQUIRES: is_open().
  void write(const Facts& facts, const Group& group, const std::byte* states) {
    if (!aggregates_.can_copy()) return write_text(facts, group, states);
    const auto make = [this] { return std::make_unique<GroupPart<Facts>>(memory_, aggregates_); };
    parts_.add(*out_, make, facts, group, states);
  }

  // All have been written.
  void finish() {
    hand_over();
    out_ = nullptr;
  }

 private:
  void write_text(const Facts& facts, const Group& group, const std::byte* states) {
    if (!rows_) rows_.emplace(aggregates_, text_);
    rows_->write(facts, group, states);
    if (text_.size() >= PartMemory::kSize) hand_over();
  }

  void hand_over() {
    parts_.hand_over(*out_);
    if (rows_) out_->lines(text_.take());
    rows_.reset();
  }

  const AggregateList& aggregates_;
  std::shared_ptr<PartMemory> memory_;
  SnapshotWriter* out_ = nullptr;
  ImageParts<GroupPart<Facts>> parts_;
  // In place of them, where states cannot be copied.
  SnapshotWriter text_;
  std::optional<GroupRows<Facts>> rows_;
};

}  // namespace streamutils
