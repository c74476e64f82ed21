// SPDX-License-Identifier: Apache-2.0
#include "demo_screen.h"

#include <fmt/format.h>

#include <algorithm>

namespace streamutils {
namespace {

constexpr std::size_t kMostRows = 12;

std::string number_line(std::string_view name, std::string_view value, std::string_view remark) {
  return fmt::format("  {:<24}{:>12}   {}", name, value, remark);
}

std::string share_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string row_line(const WindowRow& row) {
  return fmt::format("  {:<24}{:>12}{:>14}", row.start + " - " + row.end, row.count, row.average);
}

// The pipeline on one line if it fits, otherwise one stage a line.
std::vector<std::string> pipeline_lines(std::string_view pipeline, std::size_t columns) {
  if (pipeline.size() <= columns) return {std::string(pipeline)};
  std::vector<std::string> lines;
  for (std::size_t bar; (bar = pipeline.find(" | ")) != pipeline.npos;) {
    lines.emplace_back(pipeline.substr(0, bar + 2));
    pipeline.remove_prefix(bar + 3);
  }
  lines.emplace_back(pipeline);
  return lines;
}

std::vector<std::string> number_lines(const DemoNumbers& n) {
  const std::string average = n.average ? fmt::format("{:.2f}", *n.average) : "-";
  return {
      "",
      number_line(
          "events processed", with_commas(n.events),
          fmt::format("{}/s", with_commas(static_cast<std::uint64_t>(n.events_per_second)))),
      number_line("purchases that passed", with_commas(n.purchases),
                  share_of(n.purchases, n.events)),
      number_line("average value", average, ""),
      number_line("malformed, set aside", with_commas(n.malformed), ""),
      number_line("windows closed", with_commas(n.windows), ""),
      "",
      fmt::format("  {:<24}{:>12}{:>14}", "window", "count", "avg_amount"),
  };
}

}  // namespace

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::vector<std::string> picture(const DemoNumbers& numbers, ScreenSize size) {
  std::vector<std::string> lines = pipeline_lines(numbers.pipeline, size.columns);
  lines.insert(lines.begin(),
               fmt::format("A shop, live: {:.0f} s of {:.0f} s", numbers.elapsed, numbers.planned));
  for (std::string& line : number_lines(numbers)) lines.push_back(std::move(line));
  const std::size_t most = size.lines > 1 ? size.lines - 1 : 1;
  const std::size_t room = std::min(most > lines.size() ? most - lines.size() : 0, kMostRows);
  const std::size_t skipped = numbers.rows.size() - std::min(room, numbers.rows.size());
  for (std::size_t i = skipped; i < numbers.rows.size(); ++i) {
    lines.push_back(row_line(numbers.rows[i]));
  }
  lines.resize(std::min(lines.size(), most));
  for (std::string& line : lines) line.resize(std::min(line.size(), size.columns));
  return lines;
}

std::string paint(const std::vector<std::string>& lines, std::size_t previous) {
  std::string bytes = previous > 0 ? fmt::format("\x1b[{}A\r", previous) : "\r";
  for (const std::string& line : lines) bytes += line + "\x1b[K\n";
  return bytes + "\x1b[J";
}

}  // namespace streamutils
