// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_filter_image.h"

#include "ops/dedup_state.h"

namespace streamutils {

void FilterBlocks::add(std::size_t number, const FilterBlock& block) {
  append_hex(hex_, number);
  for (const std::uint64_t word : block.words) append_hex(hex_, word);
  if (hex_.size() > 8192) write();
}

void FilterBlocks::write() {
  if (!hex_.empty()) out_.entry("blocks").field("blocks", hex_);
  hex_.clear();
}

}  // namespace streamutils
