// Lines that become events by a decoder (formats/line_decoder.h).
//
// A line is told, and kept by --bad-to, as it stands in the file, whatever it has become.
// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "run/driver_input.h"

namespace streamutils {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

std::string whole_text(const LineDecoder& decoder, std::string_view line) {
  std::string text(decoder.pending());
  if (!text.empty()) text += '\n';
  return text.append(line);
}

}  // namespace

// Decodes a line that has not been taken yet, once.  Nothing comes of a blank one, but inside a row
// of several lines.
void Driver::look_at_text(Input& input, std::string_view line) {
  if (input.decoded) return;
  if (!input.begun) line = without_mark(line);
  if (input.decoder->pending().empty() && is_blank(line)) return;
  input.event.clear();
  input.decoded = input.decoder->decode(line, input.event);
  input.event.append(Record::kPadding, '\0');
}

void Driver::on_text(Input& input, std::string_view line) {
  look_at_text(input, line);
  if (!input.decoded) return;
  input.begun = true;
  const LineDecoder::Decoded decoded = *std::exchange(input.decoded, std::nullopt);
  using What = LineDecoder::Kind;
  if (decoded.kind == What::event) {
    on_record(input, input.event_line());
  } else if (decoded.kind == What::bad) {
    ++counts_.in;
    on_bad(input, decoded.reason, whole_text(*input.decoder, line));
  }
  input.decoder->accept();
}

void Driver::end_text(Input& input) {
  if (input.clock.has_ended() || input.decoder->pending().empty()) return;
  current_ = &input;
  ++counts_.in;
  input.lines -= input.lines > 0 ? 1 : 0;  // its last line is meant, not the one behind it
  on_bad(input, "a row without its end: a quote is not closed", input.decoder->pending());
  ++input.lines;
}

}  // namespace streamutils
