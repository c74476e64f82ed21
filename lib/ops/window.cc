// SPDX-License-Identifier: Apache-2.0
#include "ops/window.h"

#include "ops/window_kinds.h"
#include "ops/window_parts.h"

namespace streamutils {
namespace {

// A day has no length in time unless the zone never moves its clocks.
bool is_time(const WindowLength& length, const absl::TimeZone& zone) {
  using Unit = WindowLength::Unit;
  return length.unit == Unit::nanos || (length.unit == Unit::days && zone == absl::UTCTimeZone());
}

Status check_lengths(const WindowSpec& window, const absl::TimeZone& zone) {
  if (window.size.unit == window.slide.unit) return {};
  if (is_time(window.size, zone) && is_time(window.slide, zone)) return {};
  if (window.kind == WindowKind::cumulate) return {};
  return Error{"SIZE and SLIDE are of two calendars: " + format_window_length(window.size) +
               " and " + format_window_length(window.slide) +
               " (both in d and w, both in mo and y, or both in h, m and s: a day of 24 hours is"
               " 24h)"};
}

Status check_offset(const WindowOptions& options) {
  const WindowSpec& window = options.arguments.window;
  if (options.offset == Duration::zero()) return {};
  if (window.kind == WindowKind::session) {
    return Error{"--offset has no meaning for sessions: they begin with their first event"};
  }
  if (window.kind == WindowKind::rolling || window.size.is_rows()) {
    return Error{"--offset has no meaning here: the windows begin with events"};
  }
  return {};
}

// States on disk are merged.
Status check_memory(const WindowOptions& options, const AggregateList& aggregates) {
  if (!options.memory || aggregates.merges()) return {};
  return Error{"--mem: '" + std::string(aggregates.unmergeable()) + "' does not merge"};
}

// Which kinds of windows can be written otherwise than once, at their close.
Status check_emission(const WindowOptions& options) {
  const WindowSpec& window = options.arguments.window;
  const bool is_fixed =
      (window.kind == WindowKind::tumbling || window.kind == WindowKind::sliding) &&
      !window.size.is_rows();
  const bool overlap = is_fixed && fixed_windows(options).overlap();
  const AggregateList aggregates(options.arguments.aggregates);
  if (!aggregates.merges() && (!is_fixed || overlap)) {
    return Error{"'" + std::string(aggregates.unmergeable()) +
                 "' does not merge, so it is for windows of time that do not overlap: 'tumbling'"};
  }
  if (Status status = check_memory(options, aggregates); !status.ok()) return status;
  if (options.every && overlap) {
    return Error{"--every is not for windows that overlap: these have results every SLIDE"};
  }
  if (options.every && !is_fixed && window.kind != WindowKind::session) {
    return Error{"--every is for 'tumbling' windows of time and for 'session'"};
  }
  if (options.grace > Duration::zero() && !is_fixed) {
    return Error{"--grace is for 'tumbling' and 'sliding' windows of time"};
  }
  if (options.fill && !is_fixed) {
    return Error{"--fill is for 'tumbling' and 'sliding' windows of time"};
  }
  return {};
}

}  // namespace

Result<WindowsPtr> make_windows(const WindowOptions& options) {
  const WindowSpec& window = options.arguments.window;
  if (Status status = check_offset(options); !status.ok()) return status.error();
  const bool is_free = window.kind == WindowKind::session || window.kind == WindowKind::rolling;
  if (!is_free) {
    if (Status status = check_lengths(window, options.zone); !status.ok()) return status.error();
  }
  if (Status status = check_emission(options); !status.ok()) return status.error();
  if (window.kind == WindowKind::session) return make_session_windows(options);
  if (window.kind == WindowKind::rolling) return make_rolling_windows(options);
  if (window.kind == WindowKind::cumulate) return make_cumulating_windows(options);
  if (window.size.is_rows()) return make_row_windows(options);
  return fixed_windows(options).overlap() ? make_overlapping_windows(options)
                                          : make_disjoint_windows(options);
}

Result<OperatorPtr> make_window(WindowOptions options) {
  Result<WindowsPtr> windows = make_windows(options);
  if (!windows) return windows.error();
  return OperatorPtr(*std::move(windows));
}

}  // namespace streamutils
