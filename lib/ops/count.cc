// Counting by an emitter that stands between the operator and the real one.
// SPDX-License-Identifier: Apache-2.0
#include "ops/count.h"

#include <memory>
#include <utility>

namespace streamutils {
namespace {

class CountingEmitter final : public Emitter {
 public:
  CountingEmitter(Emitter& next, std::uint64_t& count) : next_(next), count_(count) {}

  void emit(std::string_view) override { ++count_; }
  bool count(std::string_view reason, std::uint64_t n) override { return next_.count(reason, n); }
  bool count_failure(std::string_view reason) override { return next_.count_failure(reason); }
  void say(std::string_view message) override { next_.say(message); }

 private:
  Emitter& next_;
  std::uint64_t& count_;
};

class Count final : public Operator {
 public:
  explicit Count(OperatorPtr op) : op_(std::move(op)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    CountingEmitter counting(out, count_);
    return op_->on_record(record, counting);
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    CountingEmitter counting(out, count_);
    op_->on_watermark(now, counting);
  }

  void on_end(Emitter& out) override {
    CountingEmitter counting(out, count_);
    op_->on_end(counting);
    write(out, false);
  }

  void on_interrupt(Emitter& out) override {
    CountingEmitter counting(out, count_);
    op_->on_interrupt(counting);
    write(out, true);
  }

  bool is_done() const override { return op_->is_done(); }
  RequiredText required_text() const override { return op_->required_text(); }
  bool has_state() const override { return true; }
  bool outlives_end() const override { return !op_->has_state(); }

  void save(SnapshotWriter& out) const override {
    op_->save(out);
    out.entry("count").field("records", count_);
  }

  Status restore(SnapshotReader& in) override {
    if (Status status = op_->restore(in); !status) return status;
    if (!in.next_is("count")) return Error{"the snapshot has no entry 'count'"};
    count_ = in.unsigned_integer("records");
    return in.status();
  }

  void describe_state(std::string& json_members) const override {
    op_->describe_state(json_members);
  }

 private:
  void write(Emitter& out, bool partial) const {
    out.emit("{\"count\":" + std::to_string(count_) + (partial ? ",\"partial\":true}" : "}"));
  }

  OperatorPtr op_;
  std::uint64_t count_ = 0;
};

}  // namespace

OperatorPtr make_count(OperatorPtr op) { return std::make_unique<Count>(std::move(op)); }

}  // namespace streamutils
