// By the instruction that x86 has for it (SSE 4.2), or eight bytes at a time by eight tables
// ("slicing-by-8", Kounavis and Berry, 2005), which is four times slower.
//
// The instruction can begin each cycle, but takes three: so large blocks are cut into three lanes,
// of which the checksums are found side by side and then put together (Gopal et al., "Fast CRC
// computation for iSCSI polynomial using CRC32 instruction", Intel, 2011).
// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace streamutils {
namespace {

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[t - 1][i];
      tables[t][i] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();
static_assert(std::endian::native == std::endian::little);

std::uint32_t eight_bytes(std::uint32_t crc, const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  word ^= crc;
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < 8; ++i) next ^= kTables[7 - i][(word >> (8 * i)) & 0xFF];
  return next;
}

std::uint32_t by_tables(std::string_view bytes, std::uint32_t crc) {
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) crc = eight_bytes(crc, bytes.data() + i);
  for (; i < bytes.size(); ++i) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(bytes[i])) & 0xFF];
  }
  return crc;
}

#if defined(__x86_64__)
constexpr std::size_t kLane = 1024;

// What becomes of a checksum behind a lane of zeros, for each byte of it; it is the sum of those.
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Shift make_shift() {
  Shift shift{};
  for (std::size_t byte = 0; byte < 4; ++byte) {
    for (std::size_t value = 1; value < 256; value *= 2) {
      auto crc = static_cast<std::uint32_t>(value << 8 * byte);
      for (std::size_t i = 0; i < kLane; ++i) crc = (crc >> 8) ^ kTables[0][crc & 0xFF];
      for (std::size_t less = 0; less < value; ++less) {
        shift[byte][value + less] = crc ^ shift[byte][less];
      }
    }
  }
  return shift;
}

constexpr Shift kShift = make_shift();

std::uint32_t behind_lane(std::uint64_t crc) {
  return kShift[0][crc & 0xFF] ^ kShift[1][(crc >> 8) & 0xFF] ^ kShift[2][(crc >> 16) & 0xFF] ^
         kShift[3][(crc >> 24) & 0xFF];
}

std::uint64_t load_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Of three lanes.
[[gnu::target("sse4.2")]] std::uint32_t by_lanes(const char* at, std::uint32_t crc) {
  std::uint64_t first = crc;
  std::uint64_t second = 0;
  std::uint64_t third = 0;
  for (const char* const end = at + kLane; at != end; at += 8) {
    first = _mm_crc32_u64(first, load_word(at));
    second = _mm_crc32_u64(second, load_word(at + kLane));
    third = _mm_crc32_u64(third, load_word(at + 2 * kLane));
  }
  const std::uint64_t two = behind_lane(first) ^ second;
  return behind_lane(two) ^ static_cast<std::uint32_t>(third);
}

[[gnu::target("sse4.2")]] std::uint32_t by_instruction(std::string_view bytes, std::uint32_t crc) {
  std::size_t i = 0;
  for (; i + 3 * kLane <= bytes.size(); i += 3 * kLane) crc = by_lanes(bytes.data() + i, crc);
  std::uint64_t wide = crc;
  for (; i + 8 <= bytes.size(); i += 8) {
    wide = _mm_crc32_u64(wide, load_word(bytes.data() + i));
  }
  crc = static_cast<std::uint32_t>(wide);
  for (; i < bytes.size(); ++i) crc = _mm_crc32_u8(crc, static_cast<unsigned char>(bytes[i]));
  return crc;
}

const auto kFastest = __builtin_cpu_supports("sse4.2") != 0 ? by_instruction : by_tables;
#else
const auto kFastest = by_tables;
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) { return ~kFastest(bytes, ~crc); }

}  // namespace streamutils
