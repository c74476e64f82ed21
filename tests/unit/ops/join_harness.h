// An operator of sjoin in a test: events of both sides in, rows out, restarts in between.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/record_batch.h"
#include "ops/join.h"
#include "window_harness.h"

namespace streamutils::testing {

// Times are whole seconds since the epoch; their member is ts.
class JoinHarness {
 public:
  JoinHarness(std::string_view words, JoinType type, bool unbounded = false)
      : words_(split_words(words)), type_(type), unbounded_(unbounded) {
    start();
  }

  Outcome feed(std::size_t side, std::int64_t seconds, std::string_view json) {
    line_ = json;
    line_.append(Record::kPadding, '\0');
    return feed_in_place(side, seconds, std::string_view(line_).substr(0, json.size()));
  }
  // REQUIRES: Record::kPadding readable bytes behind the line.
  Outcome feed_in_place(std::size_t side, std::int64_t seconds, std::string_view line) {
    Record* record = foreseen_[side].find(line);
    if (record == nullptr) {
      record = &record_;
      record_.reset(line);
    }
    record->set_time(at_seconds(seconds));
    record->set_input(side);
    return op_->on_record(*record, out);
  }
  void foresee(std::span<const std::string_view> lines) { op_->foresee(foreseen_[0].reset(lines)); }
  void foresee(std::size_t side, std::span<const std::string_view> lines) {
    op_->foresee_input(side, foreseen_[side].reset(lines));
  }

  void watermark(std::int64_t seconds) { op_->on_watermark(at_seconds(seconds), out); }
  Timestamp least_time_to_come(std::int64_t seconds) const {
    return op_->least_time_to_come(at_seconds(seconds));
  }
  void end() {
    op_->on_watermark(kMaxTime, out);
    op_->on_end(out);
  }

  // False if the state is refused, or would be saved in other words.
  bool restart() {
    SnapshotWriter before;
    op_->save(before);
    const std::string text = before.take();
    start();
    SnapshotReader reader(text);
    const Status status = op_->restore(reader);
    SnapshotWriter after;
    op_->save(after);
    return status.ok() && after.take() == text;
  }

  std::string state() const {
    std::string json;
    op_->describe_state(json);
    return json;
  }

  Recorder out;

 private:
  void start() {
    auto arguments = parse_join_arguments(words_, {}, {unbounded_, "ts"});
    auto op = make_join({.arguments = arguments.value(), .type = type_});
    op_ = std::move(op.value());
    op_->set_time_style({TimeStyle::Kind::epoch, EpochUnit::seconds, false});
    op_->set_time_member(0, *Path::parse("ts"));
    op_->set_time_member(1, *Path::parse("ts"));
  }

  std::vector<std::string> words_;
  JoinType type_;
  bool unbounded_;
  OperatorPtr op_;
  RecordBatch foreseen_[2];
  Record record_;
  std::string line_;
};

}  // namespace streamutils::testing
