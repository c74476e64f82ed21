// Any two words as numbers: order, canonical spelling, conversions and sums agree with each other.
// The input is cut at its first space.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/decimal.h"

namespace {

using streamutils::ExactSum;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string canonical(std::string_view text) {
  std::string out;
  streamutils::append_canonical_number(out, text);
  return out;
}

std::string text_of(const ExactSum& sum) {
  std::string out;
  sum.append_to(out);
  return out;
}

void check_one(std::string_view text) {
  const std::string spelled = canonical(text);
  require(streamutils::is_number(spelled));
  require(canonical(spelled) == spelled);
  require(streamutils::compare_numbers(text, spelled) == 0);
  require(streamutils::to_double(text) == streamutils::to_double(spelled));
  const auto whole = streamutils::to_int64(text);
  require(whole == streamutils::to_int64(spelled));
  if (whole) require(streamutils::compare_numbers(text, std::to_string(*whole)) == 0);

  ExactSum sum;
  if (!sum.add(text)) return;
  const std::string value = text_of(sum);
  require(streamutils::compare_numbers(value, text) == 0);
  ExactSum again;
  require(again.add(value) && text_of(again) == value);
  ExactSum square;
  if (square.add_square(text)) require(text_of(sum.multiplied(sum)) == text_of(square));
  const auto nearest = streamutils::to_double(text);
  const auto quotient = sum.divided_by(1);
  require(quotient == nearest);
}

void check_two(std::string_view a, std::string_view b) {
  const auto order = streamutils::compare_numbers(a, b);
  require((streamutils::compare_numbers(b, a) < 0) == (order > 0));
  require((order == 0) == (canonical(a) == canonical(b)));
  const auto x = streamutils::to_double(a), y = streamutils::to_double(b);
  if (x && y && order < 0) require(*x <= *y);

  ExactSum sum, other;
  if (!sum.add(a) || !other.add(b)) return;
  ExactSum forward = sum, backward = other;
  require(forward.add(b) && backward.add(a));
  require(text_of(forward) == text_of(backward));
  ExactSum merged = sum;
  merged.add(other);
  require(text_of(merged) == text_of(forward));
  require(merged.divided_by(7) == forward.divided_by(7));
  merged.subtract(other);
  require(text_of(merged) == text_of(sum));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t space = std::min(text.find(' '), text.size());
  const std::string_view a = text.substr(0, space);
  const std::string_view b = text.substr(std::min(space + 1, text.size()));
  const bool both = streamutils::is_number(a) && streamutils::is_number(b);
  if (streamutils::is_number(a)) check_one(a);
  if (both) check_two(a, b);
  return 0;
}
