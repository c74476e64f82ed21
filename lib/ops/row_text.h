// RowText: events as rows of csv, tsv, or an aligned table.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

namespace streamutils {

enum class RowForm : std::uint8_t { csv, tsv };

// Appends fields as one row, without line end.  csv: RFC 4180, quotes only where they are needed;
// tsv: \t, \n, \r and \\ inside a field.
void append_row(std::string& out, RowForm form, const std::vector<std::string>& fields);

// Appends what a field of a row shows of a value: a string its characters, null and a missing
// member nothing, anything else its JSON.
void append_row_field(std::string& field, Value value);

// A table whose columns are as wide as the widest field of the rows it has been shown.
class TableText {
 public:
  // numbers: the columns that stand to the right.
  void fit(const std::vector<std::string>& fields);
  void align_right(std::vector<bool> numbers) { right_ = std::move(numbers); }

  // Appends a row; a field that is wider than its column pushes the others.
  void append(std::string& out, const std::vector<std::string>& fields) const;

  const std::vector<std::size_t>& widths() const { return widths_; }
  const std::vector<bool>& right() const { return right_; }
  void restore(std::vector<std::size_t> widths) { widths_ = std::move(widths); }

 private:
  std::vector<std::size_t> widths_;
  std::vector<bool> right_;
};

}  // namespace streamutils
