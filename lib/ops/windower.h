// FixedWindows: which windows of fixed length a time belongs to.  Arithmetic only.
//
// Windows are numbered: window k is [origin + k * slide, origin + k * slide + size).
//
//     slide == size        slide < size            slide > size
//     tumbling             overlapping             gaps
//     |--0--|--1--|--2--|  |----0----|             |--0--|   |--1--|   |--2--|
//                              |----1----|
//                                  |----2----|
//
// Overlapping windows share slices: every start and every end of a window cuts time, and nothing
// else does, so each slide holds one slice, or two if size is no multiple of slide (the "paired
// windows" of Krishnamurthy, Wu and Franklin: On-the-fly sharing for streamed aggregation, SIGMOD
// 2006; never more slices than with the greatest common divisor, often far fewer).
//
//     |----0----|              size 10, slide 4: slices of 2 and 2
//         |----1----|
//     | | | | | | | |
//
// Lengths are counted in nanoseconds, or in the days or months of a calendar, whose lengths in time
// differ; everything above holds in those units.  Starts and ends stop at kMinTime and kMaxTime;
// window numbers never overflow.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "ops/calendar.h"
#include "ops/window_length.h"

namespace streamutils {

class FixedWindows {
 public:
  // offset: how much later each window starts (--offset).  zone: of calendar lengths.
  // REQUIRES: both lengths are of one unit, and greater than 0.  Rows are counted like nanoseconds:
  // event n of a key stands at from_nanos(n).
  FixedWindows(const WindowLength& size, const WindowLength& slide, Duration offset = {},
               absl::TimeZone zone = absl::UTCTimeZone());

  Timestamp start(std::int64_t k) const;
  Timestamp end(std::int64_t k) const;

  // The windows that hold t are first(t) to last(t), none if first(t) > last(t): a gap.
  // first(t) is also the first window that ends after t: the first that is open when the watermark
  // is t.
  std::int64_t first(Timestamp t) const;
  std::int64_t last(Timestamp t) const;

  bool overlap() const { return slide_ < size_; }

  // The slice [start, end) that holds t.  REQUIRES: overlap().
  struct Slice {
    Timestamp start;
    Timestamp end;
  };
  Slice slice(Timestamp t) const;

 private:
  __extension__ typedef __int128 Wide;  // holds sums and products of times without overflow

  Timestamp at(Wide units) const;
  std::int64_t units(Timestamp t) const;  // rounded down

  std::int64_t size_;
  std::int64_t slide_;
  std::int64_t origin_;  // within [0, slide)
  std::int64_t rest_;    // size modulo slide
  std::optional<Calendar> calendar_;
};

}  // namespace streamutils
