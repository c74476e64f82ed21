// SPDX-License-Identifier: Apache-2.0
#include "ops/row_text.h"

#include <algorithm>

namespace streamutils {
namespace {

void append_csv(std::string& out, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == field.npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    out += c;
    if (c == '"') out += '"';
  }
  out += '"';
}

void append_tsv(std::string& out, std::string_view field) {
  for (const char c : field) {
    constexpr std::string_view kMeant = "\t\n\r\\";
    const std::size_t at = kMeant.find(c);
    if (at == kMeant.npos) {
      out += c;
    } else {
      out += '\\';
      out += "tnr\\"[at];
    }
  }
}

// Characters, not bytes; what a terminal makes of them is its business.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// A table has one line for each row.
std::string one_line(std::string_view field) {
  std::string text(field);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

}  // namespace

void append_row(std::string& out, RowForm form, const std::vector<std::string>& fields) {
  const std::size_t begin = out.size();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += form == RowForm::csv ? ',' : '\t';
    form == RowForm::csv ? append_csv(out, fields[i]) : append_tsv(out, fields[i]);
  }
  // A row of one empty field would be a blank line, which readers skip.
  if (form == RowForm::csv && out.size() == begin) out += "\"\"";
}

std::string row_field(Value value) {
  std::string scratch;
  if (value.is(Kind::string)) return std::string(value.text(scratch));
  if (!value.exists() || value.is(Kind::null)) return {};
  return std::string(value.raw());
}

void TableText::fit(const std::vector<std::string>& fields) {
  widths_.resize(std::max(widths_.size(), fields.size()));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(fields[i]));
  }
}

void TableText::append(std::string& out, const std::vector<std::string>& fields) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string text = one_line(fields[i]);
    const std::size_t width = i < widths_.size() ? widths_[i] : 0;
    const std::size_t pad = width - std::min(width, width_of(text));
    const bool right = i < right_.size() && right_[i];
    if (i > 0) out += "  ";
    if (right) out.append(pad, ' ');
    out += text;
    if (!right) out.append(pad, ' ');
  }
  out.resize(out.find_last_not_of(' ') + 1);
}

}  // namespace streamutils
