// SipHash-2-4 with 128 bits: a hash with a secret key, for fingerprints that nobody can aim at.
//
// J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", 2012; the 128-bit variant
// is that of their reference implementation.  It is a pseudorandom function: whoever does not know
// the key can find two texts of equal hash only by trying about 2^64 of them, also if he chooses
// the texts and sees what becomes of them.  Fast hashes with a seed (XXH3, wyhash) promise no such
// thing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

namespace streamutils {

struct Fingerprint {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

// As the 16 bytes of the paper, read as two little-endian numbers.
struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  // By the random numbers of the system.
  static SipKey random();

  friend bool operator==(const SipKey&, const SipKey&) = default;
};

Fingerprint siphash128(const SipKey& key, std::string_view text);

// Of each of the texts, side by side: the rounds of one wait for each other, those of several do
// not.  REQUIRES: room for as many prints.
void siphash128(const SipKey& key, std::span<const std::string_view> texts, Fingerprint* prints);

}  // namespace streamutils
