// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <random>

namespace streamutils {
namespace {

// Word: of 64 bits, or several side by side.
template <typename Word>
struct State {
  Word v0, v1, v2, v3;

  explicit State(const SipKey& key)
      : v0(Word{} + (key.low ^ 0x736f6d6570736575)),
        v1(Word{} + (key.high ^ 0x646f72616e646f6d ^ 0xee)),
        v2(Word{} + (key.low ^ 0x6c7967656e657261)),
        v3(Word{} + (key.high ^ 0x7465646279746573)) {}

  static void rotate(Word& word, int n) { word = word << n | word >> (64 - n); }

  void round() {
    v0 += v1;
    v2 += v3;
    rotate(v1, 13);
    rotate(v3, 16);
    v1 ^= v0;
    v3 ^= v2;
    rotate(v0, 32);
    v2 += v1;
    v0 += v3;
    rotate(v1, 17);
    rotate(v3, 21);
    v1 ^= v2;
    v3 ^= v0;
    rotate(v2, 32);
  }

  void take(const Word& word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  void finish(Word& low, Word& high) {
    v2 ^= 0xee;
    squeeze(low);
    v1 ^= 0xdd;
    squeeze(high);
  }

 private:
  void squeeze(Word& half) {
    for (int i = 0; i < 4; ++i) round();
    half = v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t little_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::little) return word;
  return __builtin_bswap64(word);
}

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return little_endian(word);
}

// What is left behind the last whole word of a text: up to seven bytes.
std::uint64_t rest_of(std::string_view text) {
  const std::size_t n = text.size() % 8;
  if (n == 0) return 0;
  if (text.size() >= 8) return load(text.data() + text.size() - 8) >> 8 * (8 - n);
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), n);
  return little_endian(word);
}

// The nth word of a text; the last one, which holds its length, stands behind size / 8 others.
std::uint64_t word_of(std::string_view text, std::size_t n) {
  if (n < text.size() / 8) return load(text.data() + 8 * n);
  return rest_of(text) | std::uint64_t{text.size()} << 56;
}

#if defined(__x86_64__)
constexpr std::size_t kLanes = 4;
using Lanes = std::uint64_t __attribute__((vector_size(kLanes * sizeof(std::uint64_t))));

// Of kLanes texts.  One that has ended stays as it is while the others go on.
[[gnu::target("avx2"), gnu::flatten]] void hash_lanes(const SipKey& key,
                                                      const std::string_view* texts,
                                                      Fingerprint* prints) {
  const auto [shortest, longest] =
      std::minmax({texts[0].size(), texts[1].size(), texts[2].size(), texts[3].size()});
  const auto word = [texts](std::size_t i, std::size_t n) {
    return n <= texts[i].size() / 8 ? word_of(texts[i], n) : 0;
  };
  State<Lanes> state(key);
  for (std::size_t n = 0; n <= longest / 8; ++n) {
    const State<Lanes> old = state;
    state.take(Lanes{word(0, n), word(1, n), word(2, n), word(3, n)});
    if (n <= shortest / 8) continue;
    Lanes ended;
    for (std::size_t i = 0; i < kLanes; ++i) ended[i] = n > texts[i].size() / 8 ? ~0ULL : 0;
    state.v0 ^= (state.v0 ^ old.v0) & ended;
    state.v1 ^= (state.v1 ^ old.v1) & ended;
    state.v2 ^= (state.v2 ^ old.v2) & ended;
    state.v3 ^= (state.v3 ^ old.v3) & ended;
  }
  Lanes low;
  Lanes high;
  state.finish(low, high);
  for (std::size_t i = 0; i < kLanes; ++i) prints[i] = {low[i], high[i]};
}

const bool kHasLanes = __builtin_cpu_supports("avx2") != 0;
#endif

}  // namespace

SipKey SipKey::random() {
  std::random_device device;
  auto word = [&device] { return std::uint64_t{device()} << 32 | device(); };
  return {word(), word()};
}

Fingerprint siphash128(const SipKey& key, std::string_view text) {
  State<std::uint64_t> state(key);
  const std::size_t last = text.size() / 8;
  for (std::size_t n = 0; n <= last; ++n) state.take(word_of(text, n));
  Fingerprint print;
  state.finish(print.low, print.high);
  return print;
}

void siphash128(const SipKey& key, std::span<const std::string_view> texts, Fingerprint* prints) {
  std::size_t i = 0;
#if defined(__x86_64__)
  for (; kHasLanes && i + kLanes <= texts.size(); i += kLanes) {
    hash_lanes(key, &texts[i], prints + i);
  }
#endif
  for (; i < texts.size(); ++i) prints[i] = siphash128(key, texts[i]);
}

}  // namespace streamutils
