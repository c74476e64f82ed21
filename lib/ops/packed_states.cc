// SPDX-License-Identifier: Apache-2.0
#include "ops/packed_states.h"

#include <cstdint>
#include <cstring>

#include "base/digit_text.h"
#include "base/short_decimal.h"
#include "ops/aggregate_plain.h"
#include "stream/row_text.h"

namespace streamutils {
namespace {

constexpr int kNone = -1;  // the scale of a number that is not there

// The state at that place of the block.
template <typename State>
const State& state_at(const std::byte* place) {
  return *reinterpret_cast<const State*>(place);
}

// Puts values side by side.
class Packer {
 public:
  explicit Packer(std::byte* to) : to_(to) {}

  template <typename Value>
  bool put(const Value& value) {
    static_assert(sizeof value % 8 == 0);
    std::memcpy(to_, &value, sizeof value);
    to_ += sizeof value;
    return true;
  }
  bool put(const SumState& state) {
    ShortDecimal sum;
    return state.sum.is_short(sum) && put(sum);
  }
  template <bool kLeast>
  bool put(const ExtremeState<kLeast>& state) {
    if (state.best.number()) return put(*state.best.number());
    return state.best.is_empty() && put(ShortDecimal{0, kNone});
  }

 private:
  std::byte* to_;
};

// Takes them back.
class Unpacker {
 public:
  explicit Unpacker(const std::byte* from) : from_(from) {}

  template <typename Value>
  Value take() {
    Value value;
    std::memcpy(&value, from_, sizeof value);
    from_ += sizeof value;
    return value;
  }

 private:
  const std::byte* from_;
};

char* write_quoted(char* to, ShortDecimal number) {
  *to++ = '"';
  if (number.scale != kNone) to = write_number(to, number);
  *to = '"';
  return to + 1;
}

char* write_average(char* to, std::uint64_t n, ShortDecimal sum) {
  *to++ = '"';
  to = digits::write(to, n);
  *to++ = ' ';
  to = write_number(to, sum);
  *to = '"';
  return to + 1;
}

std::size_t size_of(PackedKind kind) {
  switch (kind) {
    case PackedKind::none:
      return 0;
    case PackedKind::count:
      return sizeof(std::uint64_t);
    case PackedKind::average:
      return sizeof(std::uint64_t) + sizeof(ShortDecimal);
    case PackedKind::sum:
    case PackedKind::least:
    case PackedKind::greatest:
      return sizeof(ShortDecimal);
  }
  return 0;
}

}  // namespace

void PackedStates::add(PackedKind kind, std::size_t offset) {
  constexpr std::size_t kMostText = digits::kRoom + ExactSum::kShortRoom + 8;
  has_others_ = has_others_ || kind == PackedKind::none;
  if (has_others_) return steps_.clear();
  steps_.push_back({kind, offset});
  size_ += size_of(kind);
  text_room_ += kMostText;
}

bool PackedStates::pack(const std::byte* block, std::byte* packed) const {
  Packer to(packed);
  for (const Step& step : steps_) {
    const std::byte* const place = block + step.offset;
    switch (step.kind) {
      case PackedKind::none:
        break;
      case PackedKind::count:
        to.put(state_at<CountState>(place).n);
        break;
      case PackedKind::sum:
        if (!to.put(state_at<SumState>(place))) return false;
        break;
      case PackedKind::average:
        to.put(state_at<AverageState>(place).n);
        if (!to.put(state_at<AverageState>(place).sum)) return false;
        break;
      case PackedKind::least:
        if (!to.put(state_at<ExtremeState<true>>(place))) return false;
        break;
      case PackedKind::greatest:
        if (!to.put(state_at<ExtremeState<false>>(place))) return false;
        break;
    }
  }
  return true;
}

char* PackedStates::write(const std::byte* packed, char* to) const {
  Unpacker from(packed);
  for (const Step& step : steps_) {
    switch (step.kind) {
      case PackedKind::none:
        break;
      case PackedKind::count:
        to = write_value(to, from.take<std::uint64_t>());
        continue;
      case PackedKind::sum:
        to = write_number(to, from.take<ShortDecimal>());
        break;
      case PackedKind::average: {
        const auto n = from.take<std::uint64_t>();
        to = write_average(to, n, from.take<ShortDecimal>());
        break;
      }
      case PackedKind::least:
      case PackedKind::greatest:
        to = write_quoted(to, from.take<ShortDecimal>());
        break;
    }
    *to++ = ',';
  }
  return to;
}

}  // namespace streamutils
