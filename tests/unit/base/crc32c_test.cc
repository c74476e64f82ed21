// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <catch2/catch.hpp>
#include <string>

using namespace streamutils;

TEST_CASE("CRC-32C of the examples in RFC 3720") {
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
  CHECK(crc32c(ascending) == 0x46DD794E);
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c("") == 0);
}

TEST_CASE("a checksum can be taken piece by piece") {
  const std::string text = "the quick brown fox jumps over the lazy dog, twice";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(crc32c(text.substr(cut), crc32c(text.substr(0, cut))) == crc32c(text));
  }
}

TEST_CASE("the checksum of a large block is that of its bytes") {
  std::string text;
  for (unsigned i = 0; i < 20'000; ++i) text += static_cast<char>(i * 2654435761U >> 13);
  std::uint32_t crc = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    if (size % 97 == 0 || size % 3072 < 2) CHECK(crc32c(text.substr(0, size)) == crc);
    crc = crc32c(text.substr(size, 1), crc);
  }
}
