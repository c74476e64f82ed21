// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace streamutils {
namespace {

// What `openssl mac -macopt size:16 SIPHASH` says of the bytes 0, 1, 2 … under the key 0 … 15.
struct Row {
  std::size_t size;
  Fingerprint print;  // each half is shown with its bytes reversed
};
constexpr Row kRows[] = {
    {0, {0xe6a825ba047f81a3, 0x930255c71472f66d}},  {1, {0x44af996bd8c187da, 0x45fc229b11597634}},
    {2, {0xc75da4a48d227781, 0xe4ff0af6de8ba3fc}},  {7, {0x53c1dbd8beebf1a1, 0x3982f01fa64ab8c0}},
    {8, {0x61f55862baa9623b, 0xb49714f364e2830f}},  {9, {0xabbad90a06994426, 0xed716dbb028b7fc4}},
    {15, {0x11a8b03399e99354, 0xd9c3cf970fec087e}}, {16, {0xbb54b067caa4e26e, 0x77052385bf1533fd}},
    {63, {0x4a83502f77d15051, 0x7cbd3f979a063e50}}};

TEST_CASE("SipHash-2-4 of 128 bits is that of others") {
  std::string bytes;
  for (int i = 0; i < 64; ++i) bytes += static_cast<char>(i);
  for (const Row& row : kRows) {
    CAPTURE(row.size);
    const SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    CHECK(siphash128(key, std::string_view(bytes).substr(0, row.size)) == row.print);
  }
}

TEST_CASE("many texts are hashed as one by one, of whatever lengths they are") {
  std::mt19937 random(3);
  const SipKey key = SipKey::random();
  for (const std::size_t longest : {0, 7, 8, 12, 40, 300}) {
    for (std::size_t n = 0; n < 40; ++n) {
      std::vector<std::string> texts(n);
      for (std::string& text : texts) {
        for (std::size_t size = random() % (longest + 1); size > 0; --size) {
          text += static_cast<char>(random());
        }
      }
      const std::vector<std::string_view> views(texts.begin(), texts.end());
      std::vector<Fingerprint> prints(n);
      siphash128(key, views, prints.data());
      for (std::size_t i = 0; i < n; ++i) REQUIRE(prints[i] == siphash128(key, texts[i]));
    }
  }
}

TEST_CASE("keys are drawn by chance, and another key is another hash") {
  const SipKey a = SipKey::random(), b = SipKey::random();
  CHECK_FALSE(a == b);
  CHECK_FALSE(siphash128(a, "x") == siphash128(b, "x"));
}

}  // namespace
}  // namespace streamutils
