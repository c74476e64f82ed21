// The states of count, sum, avg, min and max, which nearly all queries ask for: of these, images
// take less than a copy (packed_states.h).
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/digit_text.h"
#include "ops/aggregate_parts.h"
#include "ops/aggregate_state.h"
#include "stream/row_text.h"

namespace streamutils {

struct CountState {
  static constexpr PackedKind kPacked = PackedKind::count;
  static constexpr std::string_view kKind = "count";
  std::uint64_t n = 0;

  Taken add(const Observation&) {
    ++n;
    return Taken::yes;
  }
  void merge(const CountState& other) { n += other.n; }
  void write(std::string& out) const { out += std::to_string(n); }
  char* write_short(char* to) const {
    if (n >= 10) return digits::write(to, n);
    *to = static_cast<char>('0' + n);
    return to + 1;
  }
  void save(std::string& out) const { write(out); }
  void save_value(RowText& row) const { row.put(n); }
  bool restore(std::string_view text) { return read_integer(text, n); }
  std::size_t bytes() const { return 0; }
};

struct SumState {
  static constexpr PackedKind kPacked = PackedKind::sum;
  static constexpr std::string_view kKind = "sum";
  ExactSum sum;

  Taken add(const Observation& seen) {
    if (seen.number) return sum.add(*seen.number), Taken::yes;
    if (!seen.value.is(Kind::number)) return Taken::wrong_type;
    return sum.add(seen.value.raw()) ? Taken::yes : Taken::out_of_range;
  }
  void merge(const SumState& other) { sum.add(other.sum); }
  void write(std::string& out) const { sum.append_to(out); }
  char* write_short(char* to) const { return sum.write_short(to); }
  void save(std::string& out) const { sum.append_to(out); }
  void save_value(RowText& row) const {
    const bool put =
        row.put_by(ExactSum::kShortRoom, [this](char* to) { return sum.write_short(to); });
    if (put) return;
    std::string digits;
    save(digits);
    row.put_json(digits);
  }
  bool restore(std::string_view text) { return is_number(text) && sum.add(text); }
  std::size_t bytes() const { return sum.bytes(); }
};

struct AverageState {
  static constexpr PackedKind kPacked = PackedKind::average;
  static constexpr std::string_view kKind = "average";
  SumState sum;
  std::uint64_t n = 0;

  Taken add(const Observation& seen) {
    const Taken taken = sum.add(seen);
    n += taken == Taken::yes;
    return taken;
  }
  void merge(const AverageState& other) {
    sum.merge(other.sum);
    n += other.n;
  }
  void write(std::string& out) const {
    const std::optional<double> average = sum.sum.divided_by(n);
    if (!average) {
      out += "null";
      return;
    }
    append_double(out, *average);
  }
  void save(std::string& out) const {
    out += std::to_string(n) + ' ';
    sum.save(out);
  }
  void save_value(RowText& row) const {
    const bool put = row.put_by(digits::kRoom + ExactSum::kShortRoom + 3, [this](char* to) {
      *to++ = '"';
      to = digits::write(to, n);
      *to++ = ' ';
      char* const end = sum.sum.write_short(to);
      if (end == nullptr) return end;
      *end = '"';
      return end + 1;
    });
    if (put) return;
    std::string text;
    save(text);
    row.put(text);
  }
  bool restore(std::string_view text) { return take_integer(text, n) && sum.restore(text); }
  std::size_t bytes() const { return sum.bytes(); }
};

// The least or the greatest.
template <bool kLeast>
struct ExtremeState {
  static constexpr PackedKind kPacked = kLeast ? PackedKind::least : PackedKind::greatest;
  static constexpr std::string_view kKind = kLeast ? "least" : "greatest";
  Best<kLeast> best;

  Taken add(const Observation& seen) { return best.offer(seen.value, seen.number).first; }
  void merge(const ExtremeState& other) {
    if (!other.best.is_empty()) best.offer(other.best);
  }
  void write(std::string& out) const { best.write(out); }
  void save(std::string& out) const { out += best.text(); }
  bool restore(std::string_view text) { return text.empty() || best.restore(text); }
  std::size_t bytes() const { return best.bytes(); }
};

}  // namespace streamutils
