// Samples: from "1%:user" to a threshold for hashes.
// SPDX-License-Identifier: Apache-2.0
#include "ops/sample.h"

#include <utility>

#include "base/text.h"
#include "json/value.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace streamutils {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr XXH64_hash_t kSeed = 1;
constexpr int kMaxScale = 12;

Error refuse(std::string_view text) {
  return Error{"--sample " + quote(text) +
               ": expected a share like 1% or 0.5%:user, from 0% to 100%"};
}

// 2^64 times the share, or nullopt if the text is no share.
std::optional<Uint128> parse_threshold(std::string_view percent) {
  if (!is_number(percent)) return std::nullopt;
  const std::optional<Decimal> share = to_decimal(percent);
  if (!share || share->mantissa < 0 || share->exponent < -kMaxScale || share->exponent > 2) {
    return std::nullopt;
  }
  Decimal::Int128 whole = 100;
  Decimal::Int128 part = share->mantissa;
  for (int i = share->exponent; i < 0; ++i) whole *= 10;
  for (int i = share->exponent; i > 0; --i) {
    if (part > whole) return std::nullopt;
    part *= 10;
  }
  if (part > whole) return std::nullopt;
  return (static_cast<Uint128>(part) << 64) / static_cast<Uint128>(whole);
}

}  // namespace

Result<Sample> Sample::parse(std::string_view text) {
  const std::size_t percent = text.find('%');
  if (percent == text.npos) return refuse(text);
  const auto threshold = parse_threshold(text.substr(0, percent));
  if (!threshold) return refuse(text);
  const std::string_view rest = text.substr(percent + 1);
  if (rest.empty()) return Sample(*threshold, std::nullopt);
  if (rest[0] != ':') return refuse(text);
  auto field = Path::parse(rest.substr(1));
  if (!field) return Error{"--sample " + quote(text) + ": " + field.error().message};
  return Sample(*threshold, std::move(*field));
}

bool Sample::takes(std::string_view bytes) const {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), kSeed) < threshold_;
}

bool Sample::takes_key(const Record& record) {
  const Value value = record.get(*field_);
  if (!value.exists()) return false;
  key_.clear();
  append_key(key_, value);
  return takes(key_);
}

}  // namespace streamutils
