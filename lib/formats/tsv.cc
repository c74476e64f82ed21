// TSV: fields with a tab between, one row a line.  A tab, line feed, carriage return or backslash
// inside a field is written \t, \n, \r or \\ (linear TSV); any other backslash is itself.
// SPDX-License-Identifier: Apache-2.0
#include <deque>
#include <utility>

#include "formats/format.h"
#include "formats/row.h"

namespace streamutils {
namespace {

std::string unescape(std::string_view field) {
  constexpr std::string_view kCodes = "tnr\\";
  constexpr std::string_view kMeant = "\t\n\r\\";
  std::string plain;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::size_t at =
        field[i] == '\\' && i + 1 < field.size() ? kCodes.find(field[i + 1]) : kCodes.npos;
    plain += at == kCodes.npos ? field[i] : kMeant[at];
    i += at == kCodes.npos ? 0 : 1;
  }
  return plain;
}

class Tsv final : public LineDecoder {
 public:
  explicit Tsv(const FormatOptions& options) : columns_(options.columns, options.numbers) {}

  Decoded decode(std::string_view line, std::string& event) override {
    cut(without_return(line));
    is_header_ = !columns_.known() && !columns_.refused();
    if (!is_header_) return columns_.decode(fields_, event);
    names_.assign(fields_.begin(), fields_.end());
    Columns probe({}, {});
    reason_ = probe.set(names_);
    return reason_.empty() ? Decoded{Kind::nothing} : Decoded{Kind::bad, reason_};
  }

  void accept() override {
    if (is_header_) (void)columns_.set(names_);
  }

  void begin_file() override { columns_.begin_file(); }

  std::string save() const override { return columns_.save(); }
  void restore(std::string_view saved) override {
    if (!saved.empty()) columns_.restore(saved);
  }

 private:
  void cut(std::string_view line) {
    fields_.clear();
    unescaped_.clear();
    while (true) {
      const std::size_t tab = line.find('\t');
      const std::string_view field = line.substr(0, tab);
      const bool plain = field.find('\\') == field.npos;
      fields_.push_back(plain ? field : unescaped_.emplace_back(unescape(field)));
      if (tab == line.npos) return;
      line.remove_prefix(tab + 1);
    }
  }

  Columns columns_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;
  bool is_header_ = false;
  std::vector<std::string> names_;
  std::string reason_;
};

}  // namespace

std::unique_ptr<LineDecoder> make_tsv_decoder(const FormatOptions& options) {
  return std::make_unique<Tsv>(options);
}

}  // namespace streamutils
