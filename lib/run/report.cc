// SPDX-License-Identifier: Apache-2.0
#include "run/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace streamutils {
namespace {

// 32 buckets for each power of two: the bucket of n, and the largest number in a bucket.
constexpr unsigned kBits = 5;

std::uint32_t bucket_of(std::uint64_t n) {
  if (n < (1u << kBits)) return static_cast<std::uint32_t>(n);
  const unsigned shift = static_cast<unsigned>(std::bit_width(n)) - 1 - kBits;
  return static_cast<std::uint32_t>(((shift + 1) << kBits) + ((n >> shift) - (1u << kBits)));
}

std::uint64_t last_of(std::uint32_t bucket) {
  if (bucket < (1u << kBits)) return bucket;
  const unsigned shift = (bucket >> kBits) - 1;
  const std::uint64_t first = (1u << kBits) + (bucket & ((1u << kBits) - 1));
  return ((first + 1) << shift) - 1;
}

bool is_plain_word(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./:,=+%@").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

void LengthHistogram::add(Duration d) {
  ++buckets_[bucket_of(static_cast<std::uint64_t>(std::max(d, Duration::zero()).count()))];
  max_ = std::max(max_, d);
  ++count_;
}

Duration LengthHistogram::quantile(double q) const {
  std::uint64_t rest = static_cast<std::uint64_t>(q * static_cast<double>(count_));
  for (const auto& [bucket, n] : buckets_) {
    if (rest < n) return std::min(max_, Duration(static_cast<std::int64_t>(last_of(bucket))));
    rest -= n;
  }
  return max_;
}

void LengthHistogram::save(SnapshotWriter& out) const {
  out.entry("lateness").field("max", static_cast<std::int64_t>(max_.count()));
  for (const auto& [bucket, n] : buckets_) {
    out.entry("bucket").field("bucket", std::uint64_t{bucket}).field("n", n);
  }
}

void LengthHistogram::restore(SnapshotReader& in) {
  if (!in.next_is("lateness")) return in.fail("expected the lateness");
  max_ = Duration(in.integer("max"));
  buckets_.clear();
  count_ = 0;
  while (in.next_is("bucket")) {
    const std::uint64_t n = in.unsigned_integer("n");
    buckets_[static_cast<std::uint32_t>(in.unsigned_integer("bucket"))] = n;
    count_ += n;
  }
}

Duration round_up_nicely(Duration d) {
  using namespace std::chrono_literals;
  static constexpr Duration kSteps[] = {1us, 10us, 100us, 1ms,   10ms, 100ms,
                                        1s,  10s,  1min,  10min, 1h};
  Duration step = kSteps[0];
  for (const Duration candidate : kSteps) {
    if (candidate * 5 <= d) step = candidate;
  }
  const Duration whole = d / step * step;
  if (whole == d) return d;
  return whole > Duration::max() - step ? Duration::max() : whole + step;
}

std::string shell_quote(std::string_view word) {
  if (is_plain_word(word)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string command_with(const std::vector<std::string>& argv, std::string_view option,
                         std::string_view value) {
  std::string line;
  bool done = false;
  const std::string joined = fmt::format("{}=", option);
  auto add = [&](std::string_view word) { line += (line.empty() ? "" : " ") + shell_quote(word); };
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (!done && argv[i] == "--") {
      add(option);
      add(value);
      done = true;
    }
    if (argv[i] == option || argv[i].starts_with(joined)) {
      if (argv[i] == option) ++i;
      if (!done) add(option);
      if (!done) add(value);
      done = true;
      continue;
    }
    add(argv[i]);
  }
  if (!done) {
    add(option);
    add(value);
  }
  return line;
}

}  // namespace streamutils
