// SPDX-License-Identifier: Apache-2.0
#include "ops/window.h"

#include "ops/window_kinds.h"

namespace streamutils {

Result<OperatorPtr> make_window(WindowOptions options) {
  WindowSpec& window = options.arguments.window;
  if (window.kind == WindowKind::session) {
    if (options.offset != Duration::zero()) {
      return Error{"--offset has no meaning for sessions: they begin with their first event"};
    }
    return make_session_windows(options.arguments);
  }
  window.origin += options.offset % window.slide;
  if (window.slide >= window.size) return make_disjoint_windows(options.arguments);
  return make_overlapping_windows(options.arguments);
}

}  // namespace streamutils
