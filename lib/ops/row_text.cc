// SPDX-License-Identifier: Apache-2.0
#include "ops/row_text.h"

#include <algorithm>
#include <array>

namespace streamutils {
namespace {

// Some bytes, of which a text is searched for the first.
class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view bytes) {
    for (const char c : bytes) has_[static_cast<unsigned char>(c)] = true;
  }
  // How many bytes stand before it, or in all of the text.
  std::size_t before(std::string_view text) const {
    std::size_t n = 0;
    while (n < text.size() && !has_[static_cast<unsigned char>(text[n])]) ++n;
    return n;
  }

 private:
  std::array<bool, 256> has_{};
};

void append_csv(std::string& out, std::string_view field) {
  static constexpr ByteSet kQuoted(",\"\r\n");
  if (kQuoted.before(field) == field.size()) {
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
  static constexpr std::string_view kMeant = "\t\n\r\\";
  static constexpr ByteSet kEscaped(kMeant);
  while (true) {
    const std::size_t n = kEscaped.before(field);
    out += field.substr(0, n);
    if (n == field.size()) return;
    out += '\\';
    out += "tnr\\"[kMeant.find(field[n])];
    field.remove_prefix(n + 1);
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

void append_row_field(std::string& field, Value value) {
  if (value.is(Kind::string)) {
    std::string scratch;
    field += value.text(scratch);
  } else if (value.exists() && !value.is(Kind::null)) {
    field += value.raw();
  }
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
