// The states of a group as text, as runs keep them, and a block to have them back in.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "ops/aggregate_list.h"
#include "stream/line_block.h"
#include "stream/row_text.h"
#include "stream/snapshot.h"

namespace streamutils {

// Makes text of states, and has them back.  Keeps what that takes from one to the next.
class StatesText {
 public:
  explicit StatesText(const AggregateList& aggregates) : aggregates_(aggregates) {}

  // Valid until the next call.
  std::string_view of(const std::byte* block) {
    lines_.clear();
    RowText row(lines_);
    row.begin();
    aggregates_.save_values(block, row);
    row.end();
    return lines_.text();
  }

  // Into a fresh block.  False if it is no such text.
  bool read(std::string_view text, std::byte* block) {
    reader_.restart(text);
    if (!reader_.next_row()) return false;
    aggregates_.restore_values(block, 0, reader_);
    return reader_.status().ok();
  }

 private:
  const AggregateList& aggregates_;
  LineBlock lines_;
  SnapshotReader reader_{std::string()};
};

// A block of states on its own.
class StateBlock {
 public:
  explicit StateBlock(const AggregateList& aggregates)
      : aggregates_(aggregates),
        text_(aggregates),
        bytes_(static_cast<std::byte*>(
            ::operator new[](aggregates.block_size(), std::align_val_t{16}))) {
    aggregates_.create(bytes_);
  }
  ~StateBlock() {
    aggregates_.destroy(bytes_);
    ::operator delete[](bytes_, std::align_val_t{16});
  }
  StateBlock(const StateBlock&) = delete;
  StateBlock& operator=(const StateBlock&) = delete;

  std::byte* get() { return bytes_; }
  const std::byte* get() const { return bytes_; }

  // Makes it the states of nothing again.
  void clear() {
    aggregates_.destroy(bytes_);
    aggregates_.create(bytes_);
  }

  // As text; valid until the next call.
  std::string_view text() { return text_.of(bytes_); }
  // Adds what stands in the text.  False if it is no such text.
  bool merge(std::string_view text) {
    if (!part_) part_ = std::make_unique<StateBlock>(aggregates_);
    part_->clear();
    if (!text_.read(text, part_->get())) return false;
    aggregates_.merge(bytes_, part_->get());
    return true;
  }

 private:
  const AggregateList& aggregates_;
  StatesText text_;
  std::unique_ptr<StateBlock> part_;  // scratch
  std::byte* bytes_;
};

}  // namespace streamutils
