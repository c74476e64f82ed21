// SPDX-License-Identifier: Apache-2.0
#include "run/report.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "run/options.h"

using namespace streamutils;

TEST_CASE("lengths are rounded up to what a person would type") {
  const struct {
    const char* length;
    const char* rounded;
  } rows[] = {{"671.293884s", "12m"}, {"3.2s", "3.2s"},
              {"15ms", "15ms"},       {"1ns", "1us"},
              {"5s", "5s"},           {"59s", "1m"},
              {"2h", "2h"},           {"0", "0s"},
              {"49s", "49s"},         {"50s", "50s"},
              {"51s", "1m"},          {"6h1ns", "7h"},
              {"1.5ms", "1.5ms"},     {"106751d23h47m", "106751d23h47m16.854775807s"}};
  for (const auto& row : rows) {
    const Duration d = *parse_duration(row.length);
    CAPTURE(row.length);
    CHECK(format_duration(round_up_nicely(d)) == row.rounded);
    CHECK(round_up_nicely(d) >= d);
  }
}

TEST_CASE("advice is a command line that a shell reads back as the words") {
  using Words = std::vector<std::string>;
  const struct {
    Words argv;
    const char* line;
  } rows[] = {
      {{"swindow", "tumbling", "1m", "count"}, "swindow tumbling 1m count --disorder 12m"},
      {{"swindow", "--disorder", "5s", "count"}, "swindow --disorder 12m count"},
      {{"swindow", "--disorder=5s", "count"}, "swindow --disorder 12m count"},
      {{"swindow", "count", "--", "a b"}, "swindow count --disorder 12m -- 'a b'"},
      {{"sfilter", "name!=it's", "*"}, "sfilter 'name!=it'\\''s' '*' --disorder 12m"},
      {{"sfilter", ""}, "sfilter '' --disorder 12m"},
  };
  for (const auto& row : rows) {
    CHECK(command_with(row.argv, "--disorder", "12m") == row.line);
  }
}

TEST_CASE("quantiles of lengths are within 1/32, the maximum is exact") {
  std::mt19937_64 random(20261122);
  std::vector<std::int64_t> all;
  LengthHistogram histogram;
  for (int i = 0; i < 10000; ++i) {
    all.push_back(static_cast<std::int64_t>(random() >> (random() % 40 + 20)));
    histogram.add(Duration(all.back()));
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto exact = all[static_cast<std::size_t>(q * static_cast<double>(all.size()))];
    const std::int64_t got = histogram.quantile(q).count();
    CAPTURE(q, exact, got);
    CHECK(got >= exact);
    CHECK(got <= exact + exact / 32 + 1);
  }
  CHECK(histogram.max().count() == all.back());
  CHECK(histogram.count() == all.size());

  SnapshotWriter out;
  histogram.save(out);
  LengthHistogram restored;
  SnapshotReader in(out.take());
  restored.restore(in);
  REQUIRE(in.status().ok());
  CHECK(restored.quantile(0.5) == histogram.quantile(0.5));
  CHECK(restored.max() == histogram.max());
  CHECK(restored.count() == histogram.count());
}

TEST_CASE("sizes") {
  const struct {
    const char* text;
    std::size_t size;  // 0: refused
  } rows[] = {{"1", 1},
              {"64k", 65536},
              {"16M", 16 << 20},
              {"16MB", 16 << 20},
              {"1G", 1 << 30},
              {"", 0},
              {"k", 0},
              {"1.5M", 0},
              {"-1", 0},
              {"1kk", 0},
              {"1T", 0},
              {"99999999999999999999", 0},
              {"18446744073709551615G", 0}};
  for (const auto& row : rows) {
    const auto size = parse_size(row.text);
    CAPTURE(row.text);
    REQUIRE(size.ok() == (row.size != 0));
    if (size) CHECK(*size == row.size);
  }
}
