// A window operator in a test: events in, rows and counts out, restarts in between.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/record.h"
#include "ops/window.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils::testing {

inline std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    if (space > 0) words.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

inline Timestamp at_seconds(std::int64_t seconds) {
  return Timestamp(std::chrono::seconds(seconds));
}

class Recorder final : public Emitter {
 public:
  void emit(std::string_view line) override { rows.emplace_back(line); }
  bool count(std::string_view reason, std::uint64_t n) override {
    std::uint64_t& counted = counts[std::string(reason)];
    counted += n;
    return counted == n;
  }
  void say(std::string_view message) override { said.emplace_back(message); }
  void fail(std::string_view message) override { failed.emplace_back(message); }

  std::vector<std::string> rows;
  std::map<std::string, std::uint64_t> counts;
  std::vector<std::string> said;
  std::vector<std::string> failed;
};

// Times are whole seconds since the epoch, in and out.
class WindowHarness {
 public:
  explicit WindowHarness(std::string_view arguments, Duration offset = Duration::zero())
      : WindowHarness(arguments, shifted(offset)) {}
  // The options behind the words.
  WindowHarness(std::string_view arguments, WindowOptions options) : options_(std::move(options)) {
    options_.arguments = parse_window_arguments(split_words(arguments)).value();
    start();
  }

  Outcome feed(std::int64_t seconds, std::string_view json = "{}") {
    return feed_at(at_seconds(seconds), json);
  }
  Outcome feed_at(Timestamp t, std::string_view json) {
    line_ = json;
    line_.append(Record::kPadding, '\0');
    record_.reset(std::string_view(line_).substr(0, json.size()));
    record_.set_time(t);
    return op_->on_record(record_, out);
  }
  void watermark(std::int64_t seconds) { watermark_at(at_seconds(seconds)); }
  void watermark_at(Timestamp w) { op_->on_watermark(w, out); }
  void end() {
    watermark_at(kMaxTime);
    op_->on_end(out);
  }
  void interrupt() { op_->on_interrupt(out); }

  std::string saved() const {
    SnapshotWriter snapshot;
    op_->save(snapshot);
    return snapshot.take();
  }
  Status restore(const std::string& snapshot) {
    start();
    SnapshotReader reader(snapshot);
    return op_->restore(reader);
  }
  // A restart: the state goes through its text into a fresh operator.  False if that refuses it, or
  // would save it in other words.
  bool restart() {
    const std::string before = saved();
    return restore(before).ok() && saved() == before;
  }

  std::vector<std::string> take_rows() { return std::exchange(out.rows, {}); }
  Operator& op() { return *op_; }

  Recorder out;

 private:
  static WindowOptions shifted(Duration offset) {
    WindowOptions options;
    options.offset = offset;
    return options;
  }
  void start() {
    auto op = make_window(options_);
    op_ = std::move(op.value());
    op_->set_time_style({TimeStyle::Kind::epoch, EpochUnit::seconds, false});
  }

  WindowOptions options_;
  OperatorPtr op_;
  Record record_;
  std::string line_;
};

}  // namespace streamutils::testing
