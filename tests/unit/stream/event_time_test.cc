// The time of a record, by whichever member and in whatever order times come.
// SPDX-License-Identifier: Apache-2.0
#include "stream/event_time.h"

#include <catch2/catch.hpp>
#include <string>

namespace streamutils {
namespace {

class Reader {
 public:
  explicit Reader(TimeSyntax syntax = {}) : time_(std::nullopt, std::move(syntax)) {}

  std::string operator()(std::string line) {
    const std::size_t size = line.size();
    line.append(Record::kPadding, ' ');
    record_.reset(std::string_view(line).substr(0, size));
    Timestamp t;
    return time_.read(record_, t) ? format_time(t) : "none";
  }
  void set_path(std::string_view path) { time_.set_path(*Path::parse(path)); }
  TimeStyle style() const { return time_.style(); }

 private:
  EventTime time_;
  Record record_;
};

TEST_CASE("times of one minute are those that they spell") {
  Reader read;
  for (const std::string tail : {"08.177", "08.178", "59.999", "00.000", "07.050"}) {
    const std::string text = "2026-11-22T10:00:" + tail + "Z";
    CHECK(read("{\"ts\":\"" + text + "\"}") == format_time(*TimeParser().parse_string(text)));
  }
  CHECK(read(R"({"ts":"2026-11-22T10:01:08.177Z"})") == "2026-11-22T10:01:08.177Z");
  CHECK(read(R"({"ts":"2026-11-22T10:01:08.1x7Z"})") == "none");
  CHECK(read(R"({"ts":["2026-11-22T10:01:08.177Z"]})") == "none");
  CHECK(read(R"({"other":"2026-11-22T10:01:08.177Z"})") == "none");
}

TEST_CASE("the end of a window is the instant before it, also after a time of its minute") {
  Reader read;
  CHECK(read(R"({"ts":"2026-11-22T10:00:08.177Z"})") == "2026-11-22T10:00:08.177Z");
  read.set_path("window_end");
  for (int i = 0; i < 2; ++i) {
    CHECK(read(R"({"window_end":"2026-11-22T10:00:10.000Z"})") == "2026-11-22T10:00:09.999999999Z");
  }
  read.set_path("ts");
  CHECK(read(R"({"ts":"2026-11-22T10:00:10.000Z"})") == "2026-11-22T10:00:10Z");
}

TEST_CASE("the style is that of the last time") {
  Reader read;
  read(R"({"ts":"2026-11-22T10:00:08.177Z"})");
  CHECK(read.style().kind == TimeStyle::Kind::rfc3339);
  read(R"({"ts":1700000000})");
  CHECK(read.style().kind == TimeStyle::Kind::epoch);
  CHECK(read(R"({"ts":"2026-11-22T10:00:08.177Z"})") == "2026-11-22T10:00:08.177Z");
  CHECK(read.style().kind == TimeStyle::Kind::rfc3339);
}

}  // namespace
}  // namespace streamutils
