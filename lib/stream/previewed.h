// Previewed: an operator whose result leaves at the end, and can be looked at before.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stream/operator.h"

namespace streamutils {

class Previewed : public Operator {
 public:
  // Writes what would leave if the stream ended now, and changes nothing.
  virtual void preview(Emitter& out) = 0;
};

}  // namespace streamutils
