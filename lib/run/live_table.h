// LiveTable: rows of JSON as a table on a terminal, written over itself each time.
//
// The table has a column for each member of its rows, in the order in which they come up, numbers
// to the right.  As many rows as the terminal has lines are shown, and how many more there are;
// lines end at its edge.  Before each look the cursor goes up to the first line again; wipe() takes
// the table away, so that something else can be written.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "run/driver.h"

namespace streamutils {

struct TerminalSize {
  std::size_t lines = 24;
  std::size_t columns = 80;
};

// The lines of the table, without line ends.
std::vector<std::string> layout_table(const std::vector<std::string>& rows, std::size_t all,
                                      TerminalSize size);

class LiveTable final : public Sink {
 public:
  // fd: the terminal, which stays the caller's.
  explicit LiveTable(int fd) : fd_(fd) {}

  // A row of the next look.
  void write(std::string_view row) override;
  // Shows the rows since the last look.
  void show();
  void wipe();

 private:
  void print(const std::string& text) const;

  int fd_;
  std::vector<std::string> rows_;  // no more than a terminal can show
  std::size_t count_ = 0;          // of all rows
  std::size_t standing_ = 0;       // lines on the terminal
};

}  // namespace streamutils
