// Control lines: no bytes crash the decoder, and what it accepts survives being written and read
// again.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "json/record.h"
#include "stream/message.h"

using namespace streamutils;

namespace {

std::string padded(std::string_view line) {
  return std::string(line) + std::string(Record::kPadding, '\n');
}

Message decode_or_abort(const std::string& line) {
  const std::string bytes = padded(line);
  const std::string_view view = std::string_view(bytes).substr(0, line.size());
  if (!is_control(view)) std::abort();
  const auto message = decode_control(view);
  if (!message) std::abort();
  return *message;
}

void check_again(const Message& message) {
  using Kind = Message::Kind;
  if (message.kind == Kind::watermark) {
    if (decode_or_abort(encode_watermark(message.time)).time != message.time) std::abort();
  } else if (message.kind == Kind::begin) {
    const Message again = decode_or_abort(encode_begin(message.member, message.epoch));
    if (again.member != message.member || again.epoch != message.epoch) std::abort();
  } else if (message.kind == Kind::record) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The input is what stands inside the braces, so that most inputs get past the first check.
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const std::string& line :
       {std::string(input), "{\"~stream\":{" + std::string(input) + "}}"}) {
    const std::string bytes = padded(line);
    const std::string_view view = std::string_view(bytes).substr(0, line.size());
    if (!is_control(view)) continue;
    const auto message = decode_control(view);
    if (message) check_again(*message);
    if (!message && message.error().message.empty()) std::abort();
  }
  return 0;
}
