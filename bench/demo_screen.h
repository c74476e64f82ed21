// What the live view of scripts/demo shows, and how it is painted in place.
//
// The picture is a list of lines that is computed from numbers alone; painting goes back to the
// first line of the last picture and writes over it, so that the final picture stays in the
// terminal's history like any other output.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace streamutils {

// A result of swindow, as text.
struct WindowRow {
  std::string start;
  std::string end;
  std::string count;
  std::string average;
};

struct DemoNumbers {
  std::string pipeline;  // the command line that runs
  double elapsed = 0;    // seconds
  double planned = 0;    // seconds
  std::uint64_t events = 0;
  double events_per_second = 0;
  std::uint64_t purchases = 0;
  std::optional<double> average;  // of the purchases' amounts; none before the first
  std::uint64_t malformed = 0;
  std::uint64_t windows = 0;
  std::deque<WindowRow> rows;  // the newest last
};

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t lines = 24;
};

// 1234567 -> "1,234,567".
std::string with_commas(std::uint64_t number);

// The picture: at most size.lines - 1 lines, none longer than size.columns characters.  Shows as
// many of the newest rows as fit.
std::vector<std::string> picture(const DemoNumbers& numbers, ScreenSize size);

// The bytes that put `lines` in the place of a picture of `previous` lines on a terminal.
std::string paint(const std::vector<std::string>& lines, std::size_t previous);

}  // namespace streamutils
