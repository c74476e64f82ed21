// SPDX-License-Identifier: Apache-2.0
#include "formats/event_text.h"
#include "formats/format.h"

namespace streamutils {
namespace {

class Text final : public LineDecoder {
 public:
  Decoded decode(std::string_view line, std::string& event) override {
    EventText members(event);
    members.key("message").text(without_return(line));
    members.end();
    return {};
  }
};

}  // namespace

std::unique_ptr<LineDecoder> make_text_decoder() { return std::make_unique<Text>(); }

}  // namespace streamutils
