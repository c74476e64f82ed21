// LineDecoder: from a line of some text format to an event.
//
// A decoder knows one input and reads its lines in order.  decode() only looks: the caller may
// decode a line long before it is its turn, drop what came of it, and decode it again later, also
// in another process.  accept() says that the line has been taken; what it has taught (a header,
// half a record, the year) is kept from then on.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace streamutils {

class LineDecoder {
 public:
  virtual ~LineDecoder() = default;

  enum class Kind : std::uint8_t {
    event,    // one JSON object, without line ending
    nothing,  // no event, and nothing wrong: a header
    more,     // the record goes on in the next line
    bad,      // not of the format
  };
  struct Decoded {
    Kind kind = Kind::event;
    std::string_view reason = {};  // of bad; valid until the next call
  };

  // Decodes a line, which has no '\n' but may have a '\r' at its end.  The event, well-formed JSON,
  // is appended to `event`, which is empty; of any other kind it may hold anything.
  virtual Decoded decode(std::string_view line, std::string& event) = 0;

  // The line of the last decode() has been taken.  REQUIRES: a decode() since the last accept().
  virtual void accept() {}

  // The lines that come next stand in another file: it has a header of its own.
  virtual void begin_file() {}

  // The lines so far of a record that goes on; empty if there is none.  Valid until accept().
  virtual std::string_view pending() const { return {}; }

  // What the lines taken so far have taught, as text, and back.
  virtual std::string save() const { return {}; }
  virtual void restore(std::string_view saved) { (void)saved; }
};

// Makes the decoder of one input.  written: when its content was written, as far as anybody knows
// (the modification time of a file, or the clock); kMinTime: unknown.
using MakeDecoder = std::function<std::unique_ptr<LineDecoder>(Timestamp written)>;

// The line without a '\r' at its end.
inline std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace streamutils
