// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <bit>
#include <cstddef>
#include <cstring>
#include <random>

namespace streamutils {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  explicit State(const SipKey& key)
      : v0(key.low ^ 0x736f6d6570736575),
        v1(key.high ^ 0x646f72616e646f6d ^ 0xee),
        v2(key.low ^ 0x6c7967656e657261),
        v3(key.high ^ 0x7465646279746573) {}

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  std::uint64_t squeeze() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t little_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::little) return word;
  return __builtin_bswap64(word);
}

}  // namespace

SipKey SipKey::random() {
  std::random_device device;
  auto word = [&device] { return std::uint64_t{device()} << 32 | device(); };
  return {word(), word()};
}

Fingerprint siphash128(const SipKey& key, std::string_view text) {
  State state(key);
  const char* at = text.data();
  std::uint64_t word = 0;
  for (std::size_t n = text.size() / 8; n > 0; --n, at += 8) {
    std::memcpy(&word, at, 8);
    state.take(little_endian(word));
  }
  word = 0;
  if (const std::size_t rest = text.size() % 8; rest > 0) std::memcpy(&word, at, rest);
  state.take(little_endian(word) | std::uint64_t{text.size()} << 56);
  state.v2 ^= 0xee;
  Fingerprint print;
  print.low = state.squeeze();
  state.v1 ^= 0xdd;
  print.high = state.squeeze();
  return print;
}

}  // namespace streamutils
