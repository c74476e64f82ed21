// SPDX-License-Identifier: Apache-2.0
#include "run/live_table.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "json/record.h"

namespace streamutils {
namespace {

constexpr std::size_t kMostRows = 1000;
constexpr std::string_view kUp = "\033[{}F";   // to the start of the line so many above
constexpr std::string_view kClear = "\033[J";  // from here to the end of the screen

struct Cell {
  std::string text;
  bool is_number = false;
};

// One line of text: what would move the cursor becomes a point.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '.' : c;
  return out;
}

// Characters, as far as a byte that begins one tells.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && columns-- == 0) break;
  }
  return std::string(text.substr(0, end));
}

// Rows as cells below their columns.
class Grid {
 public:
  void add(const std::string& row) {
    std::string padded = row;
    padded.append(Record::kPadding, ' ');
    Record record;
    record.reset(std::string_view(padded).substr(0, row.size()));
    rows_.emplace_back();
    record.for_each([&](std::string_view key, Value value) {
      const Value name(Kind::string, key);
      std::string scratch;
      const std::size_t column = column_of(printable(name.text(scratch)));
      if (rows_.back().size() <= column) rows_.back().resize(column + 1);
      const std::string_view text = value.is(Kind::string) ? value.text(scratch) : value.raw();
      rows_.back()[column] = {printable(text), value.is(Kind::number)};
      widths_[column] = std::max(widths_[column], width(rows_.back()[column].text));
      return true;
    });
  }

  std::string head() const {
    std::vector<Cell> cells;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const bool number = !rows_.empty() && i < rows_[0].size() && rows_[0][i].is_number;
      cells.push_back({names_[i], number});
    }
    return line(cells);
  }

  std::string line(std::size_t row) const { return line(rows_[row]); }

 private:
  std::size_t column_of(const std::string& name) {
    const auto known = std::find(names_.begin(), names_.end(), name);
    if (known != names_.end()) return static_cast<std::size_t>(known - names_.begin());
    names_.push_back(name);
    widths_.push_back(width(name));
    return names_.size() - 1;
  }

  std::string line(const std::vector<Cell>& cells) const {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(widths_[i] - width(cells[i].text), ' ');
      if (i > 0) text += "  ";
      text += cells[i].is_number ? space + cells[i].text : cells[i].text + space;
    }
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }

  std::vector<std::string> names_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
};

TerminalSize size_of(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

}  // namespace

std::vector<std::string> layout_table(const std::vector<std::string>& rows, std::size_t all,
                                      TerminalSize size) {
  if (rows.empty()) return {};
  // The head, the line about the rest, and the line on which the cursor waits.
  const std::size_t room = std::max<std::size_t>(size.lines, 4) - 3;
  const std::size_t shown = std::min(rows.size(), room);
  Grid grid;
  for (std::size_t i = 0; i < shown; ++i) grid.add(rows[i]);
  std::vector<std::string> lines = {cut(grid.head(), size.columns)};
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(cut(grid.line(i), size.columns));
  if (all > shown) lines.push_back(cut(fmt::format("... {} more", all - shown), size.columns));
  return lines;
}

void LiveTable::write(std::string_view row) {
  ++count_;
  if (rows_.size() < kMostRows) rows_.emplace_back(row);
}

void LiveTable::show() {
  std::string text = standing_ > 0 ? fmt::format(fmt::runtime(kUp), standing_) : std::string();
  text += kClear;
  const auto lines = layout_table(rows_, count_, size_of(fd_));
  for (const std::string& line : lines) text += line + "\n";
  print(text);
  standing_ = lines.size();
  rows_.clear();
  count_ = 0;
}

void LiveTable::wipe() {
  if (standing_ == 0) return;
  print(fmt::format(fmt::runtime(kUp), standing_) + std::string(kClear));
  standing_ = 0;
}

void LiveTable::print(const std::string& text) const {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd_, text.data() + done, text.size() - done);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace streamutils
