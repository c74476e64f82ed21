// SameMinute: times as most logs write them, "2026-11-22T10:00:08.177Z", of the minute in which the
// one before was.
//
// Nearly every time of a stream is one.  What is left to read is seconds and milliseconds, which
// are one word.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/digits.h"
#include "base/time.h"

namespace streamutils {

class SameMinute {
 public:
  // True if the text is a time in the minute that is known, which becomes t.
  bool read(std::string_view text, Timestamp& t) const {
    const char* const p = text.data();
    if (text.size() != kSize || digits::load8(p) != head_[0] || digits::load8(p + 8) != head_[1]) {
      return false;
    }
    const std::int64_t millis = millis_of(digits::load8(p + 16));
    if (millis < 0) return false;
    t = start_ + std::chrono::milliseconds(millis);
    return true;
  }

  // Knows the minute of this text from now on, which says the time t; none, if it is another kind
  // of text.
  void note(std::string_view text, Timestamp t) {
    forget();
    if (text.size() != kSize) return;
    const std::int64_t millis = millis_of(digits::load8(text.data() + 16));
    constexpr Duration kMinute = std::chrono::minutes(1);
    if (millis < 0 || t < kMinTime + kMinute || t > kMaxTime - kMinute) return;
    start_ = t - std::chrono::milliseconds(millis);
    head_[0] = digits::load8(text.data());
    head_[1] = digits::load8(text.data() + 8);
  }
  void forget() { head_[0] = kNone; }

 private:
  static constexpr std::size_t kSize = 24;
  static constexpr std::uint64_t kNone = 0x2222222222222222U;  // quotes, which no string holds bare

  // Of the word ":08.177Z", 8177; -1 if it is none such, or of a leap second.
  static std::int64_t millis_of(std::uint64_t word) {
    // Digits become values, all other bytes zero.
    const std::uint64_t values = word ^ 0x5A3030302E30303AU;
    if ((((values + 0x7F7676767F76767FU) | values) & 0x8080808080808080U) != 0) return -1;
    const auto digit = [values](int place) {
      return static_cast<std::int64_t>(values >> 8 * place & 0xFF);
    };
    const std::int64_t second = digit(1) * 10 + digit(2);
    if (second > 59) return -1;
    return second * 1000 + digit(4) * 100 + digit(5) * 10 + digit(6);
  }

  std::uint64_t head_[2] = {kNone, 0};  // "2026-11-22T10:00"
  Timestamp start_{};                   // of the minute
};

}  // namespace streamutils
