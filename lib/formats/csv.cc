// CSV as RFC 4180 has it: fields with a comma between, in quotes where they hold commas, quotes
// (doubled) or line breaks.
//
// A row may take several lines.  The first line of a row is read as it comes; if it ends inside
// quotes, the lines that follow are only counted for quotes until one closes the row, which is then
// read as a whole: so a row of many lines costs its length and not the square of it.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <utility>

#include "formats/format.h"
#include "formats/row.h"

namespace streamutils {
namespace {

enum class Cut : std::uint8_t { whole, open, stray };

// The fields of a row.
class Fields {
 public:
  explicit Fields(char delimiter) : delimiter_(delimiter) {}

  Cut cut(std::string_view row) {
    fields_.clear();
    unquoted_.clear();
    std::size_t at = 0;
    while (true) {
      const Cut cut = at < row.size() && row[at] == '"' ? take_quoted(row, at) : take_bare(row, at);
      if (cut != Cut::whole) return cut;
      if (at >= row.size()) return Cut::whole;
      ++at;  // the delimiter
    }
  }

  const std::vector<std::string_view>& all() const { return fields_; }

 private:
  Cut take_bare(std::string_view row, std::size_t& at) {
    const std::size_t begin = at;
    while (at < row.size() && row[at] != delimiter_) {
      if (row[at] == '"') return Cut::stray;
      ++at;
    }
    fields_.push_back(row.substr(begin, at - begin));
    return Cut::whole;
  }

  Cut take_quoted(std::string_view row, std::size_t& at) {
    const std::size_t begin = ++at;
    bool doubled = false;
    while (true) {
      at = row.find('"', at);
      if (at == row.npos) return Cut::open;
      if (at + 1 >= row.size() || row[at + 1] != '"') break;
      doubled = true;
      at += 2;
    }
    const std::string_view inner = row.substr(begin, at - begin);
    fields_.push_back(doubled ? without_doubles(inner) : inner);
    ++at;
    return at >= row.size() || row[at] == delimiter_ ? Cut::whole : Cut::stray;
  }

  std::string_view without_doubles(std::string_view inner) {
    std::string& plain = unquoted_.emplace_back();
    for (std::size_t i = 0; i < inner.size(); ++i) {
      plain += inner[i];
      if (inner[i] == '"') ++i;
    }
    return plain;
  }

  char delimiter_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // what fields_ view where they cannot view the row
};

class Csv final : public LineDecoder {
 public:
  explicit Csv(const FormatOptions& options)
      : fields_(options.delimiter.value_or(',')),
        columns_(options.columns, options.numbers),
        max_record_(options.max_record) {}

  Decoded decode(std::string_view line, std::string& event) override {
    next_ = Next::clear;
    if (in_row()) return decode_last(line, event);
    const Cut cut = fields_.cut(without_return(line));
    return decode_cut(cut, line, event);
  }

  void accept() override {
    if (next_ == Next::header) (void)columns_.set(names_);
    if (next_ == Next::keep) {
      pending_ += in_row_ ? "\n" : "";
      pending_ += line_;
      in_row_ = true;
    } else {
      pending_.clear();
      in_row_ = false;
    }
  }

  std::string_view pending() const override { return pending_; }

  void begin_file() override {
    columns_.begin_file();
    pending_.clear();
    in_row_ = false;
  }

  std::string save() const override {
    std::string saved = in_row_ ? "1" : "0";
    return saved + columns_.save() + '\0' + pending_;
  }

  void restore(std::string_view saved) override {
    if (saved.empty()) return;
    in_row_ = saved[0] == '1';
    saved.remove_prefix(1);
    std::size_t end = saved.starts_with('\0') ? 0 : saved.find(std::string_view("\0\0", 2));
    if (end == saved.npos) return;
    end += end == 0 ? 0 : 1;
    columns_.restore(saved.substr(0, end));
    pending_ = saved.substr(end + 1);
  }

 private:
  enum class Next : std::uint8_t { clear, keep, header };

  bool in_row() const { return in_row_; }

  // A line behind others of its row, inside quotes at its start.
  Decoded decode_last(std::string_view line, std::string& event) {
    const auto quotes = std::count(line.begin(), line.end(), '"');
    if (quotes % 2 == 0) return keep(line);
    row_.assign(pending_).append("\n").append(without_return(line));
    return decode_cut(fields_.cut(row_), line, event);
  }

  Decoded decode_cut(Cut cut, std::string_view line, std::string& event) {
    if (cut == Cut::open) return keep(line);
    if (cut == Cut::stray) return {Kind::bad, "a quote inside a field (RFC 4180 doubles it)"};
    if (columns_.known() || columns_.refused()) return columns_.decode(fields_.all(), event);
    names_.assign(fields_.all().begin(), fields_.all().end());
    next_ = Next::header;
    Columns probe({}, {});
    reason_ = probe.set(names_);
    return reason_.empty() ? Decoded{Kind::nothing} : Decoded{Kind::bad, reason_};
  }

  Decoded keep(std::string_view line) {
    if (pending_.size() + line.size() > max_record_) {
      return {Kind::bad, "a row longer than --max-line: a quote is not closed"};
    }
    next_ = Next::keep;
    line_ = line;
    return {Kind::more};
  }

  Fields fields_;
  Columns columns_;
  std::size_t max_record_;
  std::string pending_;  // the lines of a row that has begun
  bool in_row_ = false;
  // Of the last decode: what accept() does.
  Next next_ = Next::clear;
  std::string line_;
  std::vector<std::string> names_;
  std::string row_;
  std::string reason_;
};

}  // namespace

std::unique_ptr<LineDecoder> make_csv_decoder(const FormatOptions& options) {
  return std::make_unique<Csv>(options);
}

}  // namespace streamutils
