// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <random>

namespace streamutils {
namespace {

template <int kBits>
void rotate(std::uint64_t& word) {
  word = std::rotl(word, kBits);
}

// Word: of 64 bits, or several side by side.
template <typename Word>
struct State {
  Word v0, v1, v2, v3;

  explicit State(const SipKey& key)
      : v0(Word{} + (key.low ^ 0x736f6d6570736575)),
        v1(Word{} + (key.high ^ 0x646f72616e646f6d ^ 0xee)),
        v2(Word{} + (key.low ^ 0x6c7967656e657261)),
        v3(Word{} + (key.high ^ 0x7465646279746573)) {}

  void round() {
    v0 += v1;
    v2 += v3;
    rotate<13>(v1);
    rotate<16>(v3);
    v1 ^= v0;
    v3 ^= v2;
    rotate<32>(v0);
    v2 += v1;
    v0 += v3;
    rotate<17>(v1);
    rotate<21>(v3);
    v1 ^= v2;
    v3 ^= v0;
    rotate<32>(v2);
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
constexpr std::size_t kLanes = 8;
// From so many texts on they are hashed beside empty ones.
constexpr std::size_t kSomeLanes = 3;
using Half = std::uint64_t __attribute__((vector_size(32)));

// Words side by side, in two registers: the rounds of one do not wait for those of the other.
struct Lanes {
  Half a;
  Half b;

  Lanes& operator+=(const Lanes& o) {
    a += o.a;
    b += o.b;
    return *this;
  }
  Lanes& operator^=(const Lanes& o) {
    a ^= o.a;
    b ^= o.b;
    return *this;
  }
  friend Lanes operator^(const Lanes& x, const Lanes& y) { return {x.a ^ y.a, x.b ^ y.b}; }
  friend Lanes operator&(const Lanes& x, const Lanes& y) { return {x.a & y.a, x.b & y.b}; }
  friend Lanes operator+(const Lanes& x, std::uint64_t n) { return {x.a + n, x.b + n}; }
  Lanes& operator^=(std::uint64_t n) {
    a ^= n;
    b ^= n;
    return *this;
  }
};

// By 16 and 32 in one step.
template <int kBits>
void rotate(Half& half) {
  if constexpr (kBits == 16) {
    using Words = std::uint16_t __attribute__((vector_size(32)));
    const auto words = reinterpret_cast<Words>(half);
    half = reinterpret_cast<Half>(__builtin_shufflevector(words, words, 3, 0, 1, 2, 7, 4, 5, 6, 11,
                                                          8, 9, 10, 15, 12, 13, 14));
  } else if constexpr (kBits == 32) {
    using Words = std::uint32_t __attribute__((vector_size(32)));
    const auto words = reinterpret_cast<Words>(half);
    half = reinterpret_cast<Half>(__builtin_shufflevector(words, words, 1, 0, 3, 2, 5, 4, 7, 6));
  } else {
    half = half << kBits | half >> (64 - kBits);
  }
}
template <int kBits>
void rotate(Lanes& lanes) {
  rotate<kBits>(lanes.a);
  rotate<kBits>(lanes.b);
}

// f(0), f(1), …
template <typename F>
Lanes lanes_by(const F& f) {
  return {Half{f(0), f(1), f(2), f(3)}, Half{f(4), f(5), f(6), f(7)}};
}

// Of kLanes texts.  One that has ended stays as it is while the others go on.
[[gnu::target("avx2"), gnu::flatten]] void hash_lanes(const SipKey& key,
                                                      const std::string_view* texts,
                                                      Fingerprint* prints) {
  std::size_t shortest = texts[0].size();
  std::size_t longest = shortest;
  for (std::size_t i = 1; i < kLanes; ++i) {
    shortest = std::min(shortest, texts[i].size());
    longest = std::max(longest, texts[i].size());
  }
  State<Lanes> state(key);
  for (std::size_t n = 0; n <= longest / 8; ++n) {
    if (n < shortest / 8) {
      state.take(lanes_by([texts, n](std::size_t i) { return load(texts[i].data() + 8 * n); }));
      continue;
    }
    const State<Lanes> old = state;
    state.take(lanes_by(
        [texts, n](std::size_t i) { return n <= texts[i].size() / 8 ? word_of(texts[i], n) : 0; }));
    if (n <= shortest / 8) continue;
    const Lanes ended =
        lanes_by([texts, n](std::size_t i) { return n > texts[i].size() / 8 ? ~0ULL : 0; });
    state.v0 ^= (state.v0 ^ old.v0) & ended;
    state.v1 ^= (state.v1 ^ old.v1) & ended;
    state.v2 ^= (state.v2 ^ old.v2) & ended;
    state.v3 ^= (state.v3 ^ old.v3) & ended;
  }
  Lanes low;
  Lanes high;
  state.finish(low, high);
  for (std::size_t i = 0; i < kLanes; ++i) {
    prints[i] = i < 4 ? Fingerprint{low.a[i], high.a[i]} : Fingerprint{low.b[i - 4], high.b[i - 4]};
  }
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
  if (kHasLanes && texts.size() - i >= kSomeLanes) {
    std::string_view some[kLanes];
    Fingerprint hashed[kLanes];
    std::copy(texts.begin() + i, texts.end(), some);
    hash_lanes(key, some, hashed);
    std::copy_n(hashed, texts.size() - i, prints + i);
    return;
  }
#endif
  for (; i < texts.size(); ++i) prints[i] = siphash128(key, texts[i]);
}

}  // namespace streamutils
