// Lines of every text format: a decoder never crashes, an event is JSON that everybody reads alike
// (but for a name that stands twice), and a decoder that is saved and restored between two lines,
// or that is asked twice before a line is taken, gives the same events.
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "json/grammar.h"

namespace {

using namespace streamutils;

MakeDecoder make(std::string_view name, FormatOptions options) {
  auto format = make_format(name, options);
  if (!format) std::abort();
  return *format;
}

std::vector<MakeDecoder> all_formats() {
  FormatOptions numbers;
  numbers.numbers = NumberMembers("*");
  FormatOptions columns = numbers;
  columns.columns = {"a", "b"};
  columns.delimiter = ';';
  columns.max_record = 40;
  FormatOptions year;
  year.year = 2015;
  return {make("text", {}),
          make("clf", {}),
          make("combined", {}),
          make("logfmt", numbers),
          make("logfmt", {}),
          make("csv", {}),
          make("csv", columns),
          make("tsv", numbers),
          make("syslog", year),
          make("syslog", {}),
          make("regex:(?P<k>\\w+)=(?P<v>[^ ]*)( (?P<n>\\d+))?", numbers)};
}

struct Outcome {
  LineDecoder::Kind kind;
  std::string text;  // the event, or the reason
  bool operator==(const Outcome&) const = default;
};

Outcome decode(LineDecoder& decoder, std::string_view line) {
  std::string event;
  const auto decoded = decoder.decode(line, event);
  const bool is_event = decoded.kind == LineDecoder::Kind::event;
  return {decoded.kind, is_event ? event : std::string(decoded.reason)};
}

void check_event(const Outcome& outcome) {
  if (outcome.kind != LineDecoder::Kind::event) return;
  const std::string padded = outcome.text + std::string(64, '\0');
  std::string brackets;
  const std::string_view line = std::string_view(padded).substr(0, outcome.text.size());
  if (!damage_in_object(line, brackets).empty()) std::abort();
  if (line.find('\n') != line.npos) std::abort();
}

void run(const MakeDecoder& make_decoder, std::string_view text) {
  const Timestamp written = from_nanos(1'443'657'600'000'000'000);
  auto plain = make_decoder(written);
  auto restored = make_decoder(written);
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const Outcome outcome = decode(*plain, line);
    check_event(outcome);
    (void)decode(*restored, line);
    const std::string saved = restored->save();
    restored = make_decoder(written);
    restored->restore(saved);
    if (decode(*restored, line) != outcome) std::abort();
    plain->accept();
    restored->accept();
    if (plain->pending() != restored->pending()) std::abort();
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<MakeDecoder> formats = all_formats();
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  run(formats[data[0] % formats.size()], text);
  return 0;
}
