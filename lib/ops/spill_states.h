// The states of a group as text, as runs keep them, and a block to have them back in.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <string_view>

#include "ops/aggregate_list.h"
#include "stream/snapshot.h"

namespace streamutils {

inline std::string states_text(const AggregateList& aggregates, const std::byte* block) {
  SnapshotWriter writer;
  writer.entry("states");
  aggregates.save(block, writer);
  return writer.take();
}

// Into a fresh block.  False if it is no such text.
inline bool read_states(const AggregateList& aggregates, std::string_view text, std::byte* block) {
  SnapshotReader reader{std::string(text)};
  if (!reader.next_is("states")) return false;
  aggregates.restore(block, reader);
  return reader.status().ok();
}

// A block of states on its own.
class StateBlock {
 public:
  explicit StateBlock(const AggregateList& aggregates)
      : aggregates_(aggregates),
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
  // Adds what stands in the text.  False if it is no such text.
  bool merge(std::string_view text) {
    StateBlock states(aggregates_);
    if (!read_states(aggregates_, text, states.get())) return false;
    aggregates_.merge(bytes_, states.get());
    return true;
  }

 private:
  const AggregateList& aggregates_;
  std::byte* bytes_;
};

}  // namespace streamutils
