// SPDX-License-Identifier: Apache-2.0
#include "ops/window_what_if.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "json/writer.h"
#include "ops/window_kinds.h"
#include "stream/watermark.h"

namespace streamutils {
namespace {

// Takes the rows of one trial, and tells how late they are.
class Account final : public Emitter {
 public:
  void emit(std::string_view line) override {
    if (newest_ == kMaxTime) return;  // the end of the input closes windows, not an event
    row_.assign(line).append(Record::kPadding, '\0');
    record_.reset(std::string_view(row_).substr(0, line.size()));
    const Value end = record_.member("window_end");
    if (end.is(Kind::missing) || record_.member("partial").exists()) return;
    if (const auto t = parser_.parse_string(end.text(scratch_))) add(difference(newest_, *t));
  }
  bool count(std::string_view, std::uint64_t) override { return false; }
  void say(std::string_view) override {}

  // The newest event, for the rows that follow.
  void set_newest(Timestamp newest) { newest_ = newest; }

  void write(JsonWriter& row) const {
    row.name("delay_mean");
    n_ == 0 ? row.null()
            : row.string(format_duration(Duration(std::chrono::microseconds(sum_ / n_))));
    row.name("delay_max");
    n_ == 0 ? row.null() : row.string(format_duration(max_));
  }

  void save(SnapshotWriter& out) const {
    out.field("rows", n_).field("delays", sum_).field("max", std::int64_t{max_.count()});
  }
  void restore(SnapshotReader& in) {
    n_ = in.integer("rows");
    sum_ = in.integer("delays");
    max_ = Duration(in.integer("max"));
  }

 private:
  void add(Duration delay) {
    ++n_;
    sum_ += std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
    max_ = std::max(max_, delay);
  }

  Timestamp newest_ = kMinTime;
  std::int64_t n_ = 0;
  std::int64_t sum_ = 0;  // in microseconds
  Duration max_{};
  std::string row_;
  std::string scratch_;
  Record record_;
  TimeParser parser_;
};

// The windows under one bound.
struct Trial {
  Duration disorder{};
  WindowsPtr windows;
  std::unique_ptr<Account> account = std::make_unique<Account>();
  Timestamp watermark = kMinTime;
  std::uint64_t late = 0;
  std::uint64_t late_partly = 0;
  std::uint64_t peak = 0;
};

class WhatIf final : public Operator {
 public:
  explicit WhatIf(std::vector<Trial> trials) : trials_(std::move(trials)) {}

  Outcome on_record(const Record& record, Emitter& out) override;
  void on_end(Emitter& out) override;
  void on_interrupt(Emitter& out) override { on_end(out); }
  bool has_state() const override { return true; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;

 private:
  void advance(Trial& trial);
  void write(const Trial& trial, Emitter& out) const;

  std::vector<Trial> trials_;
  std::uint64_t events_ = 0;
  Timestamp newest_ = kMinTime;
};

Outcome WhatIf::on_record(const Record& record, Emitter&) {
  Outcome outcome;
  for (Trial& trial : trials_) {
    outcome = trial.windows->on_record(record, *trial.account);
    if (outcome.fate == Fate::bad) return outcome;
    trial.late += outcome.fate == Fate::late ? 1 : 0;
    trial.late_partly += outcome.late_partly ? 1 : 0;
  }
  ++events_;
  newest_ = std::max(newest_, record.time());
  for (Trial& trial : trials_) advance(trial);
  return {.fate = outcome.fate == Fate::dropped ? Fate::dropped : Fate::used};
}

// What is held is the most just before windows close.
void WhatIf::advance(Trial& trial) {
  const Timestamp w = minus(newest_, trial.disorder);
  if (w <= trial.watermark) return;
  trial.watermark = w;
  trial.peak = std::max<std::uint64_t>(trial.peak, trial.windows->held());
  trial.account->set_newest(newest_);
  trial.windows->on_watermark(w, *trial.account);
}

void WhatIf::on_end(Emitter& out) {
  for (Trial& trial : trials_) {
    trial.peak = std::max<std::uint64_t>(trial.peak, trial.windows->held());
    write(trial, out);
  }
}

void WhatIf::write(const Trial& trial, Emitter& out) const {
  std::string text;
  JsonWriter row(text);
  row.begin_object().name("disorder").string(format_duration(trial.disorder));
  row.name("events").unsigned_integer(events_);
  row.name("late").unsigned_integer(trial.late);
  const auto n = static_cast<double>(std::max<std::uint64_t>(events_, 1));
  row.name("late_share").number(static_cast<double>(trial.late) / n);
  row.name("late_partly").unsigned_integer(trial.late_partly);
  trial.account->write(row);
  row.name("peak_groups").unsigned_integer(trial.peak);
  row.end_object();
  out.emit(text);
}

void WhatIf::save(SnapshotWriter& out) const {
  out.entry("what_if").field("events", events_).field("newest", newest_);
  for (const Trial& trial : trials_) {
    out.entry("trial").field("watermark", trial.watermark).field("late", trial.late);
    out.field("late_partly", trial.late_partly).field("peak", trial.peak);
    trial.account->save(out);
    trial.windows->save(out);
  }
}

Status WhatIf::restore(SnapshotReader& in) {
  if (!in.next_is("what_if")) in.fail("no entry 'what_if'");
  events_ = in.unsigned_integer("events");
  newest_ = in.time("newest");
  for (Trial& trial : trials_) {
    if (!in.next_is("trial")) in.fail("another number of trials");
    trial.watermark = in.time("watermark");
    trial.late = in.unsigned_integer("late");
    trial.late_partly = in.unsigned_integer("late_partly");
    trial.peak = in.unsigned_integer("peak");
    trial.account->restore(in);
    if (Status status = trial.windows->restore(in); !status) return status;
  }
  return in.status();
}

}  // namespace

Result<OperatorPtr> make_what_if(const WindowOptions& options,
                                 const std::vector<Duration>& bounds) {
  std::vector<Trial> trials;
  for (const Duration bound : bounds) {
    Result<WindowsPtr> windows = make_windows(options);
    if (!windows) return windows.error();
    Trial trial;
    trial.disorder = bound;
    trial.windows = *std::move(windows);
    trials.push_back(std::move(trial));
  }
  return OperatorPtr(std::make_unique<WhatIf>(std::move(trials)));
}

Result<std::vector<Duration>> parse_bounds(std::string_view text) {
  std::vector<Duration> bounds;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const Result<Duration> bound = parse_duration(text.substr(0, comma));
    if (!bound) return bound.error();
    if (*bound < Duration::zero()) return Error{"a disorder is not negative"};
    bounds.push_back(*bound);
    if (comma == text.size()) return bounds;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace streamutils
