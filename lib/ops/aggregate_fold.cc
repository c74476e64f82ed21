// fold: the general reduce, `fold 0 'acc + amount'`.
//
// The expression sees the result so far as `acc` and the members of an event, and must be applied
// in the order of event time, which is known when the window closes.  Until then the events are
// kept, of each the members that the expression reads.  That makes fold dear in memory, and lets it
// merge like all others.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/expr.h"
#include "json/path.h"
#include "json/record.h"
#include "json/writer.h"
#include "ops/aggregate_makers.h"
#include "ops/aggregate_state.h"
#include "ops/expression.h"
#include "ops/timed_texts.h"

namespace streamutils {
namespace {

struct Events {
  static constexpr std::string_view kKind = "fold";
  std::unique_ptr<TimedTexts> texts;

  TimedTexts& made() {
    if (!texts) texts = std::make_unique<TimedTexts>();
    return *texts;
  }
  Taken add(const Observation&) { return Taken::yes; }  // Fold::add does it
  void merge(const Events& other) {
    if (other.texts) made().add(*other.texts);
  }
  void save(std::string& out) const {
    if (texts) texts->save(out);
  }
  bool restore(std::string_view text) { return text.empty() || made().restore(text); }
  std::size_t bytes() const { return texts ? sizeof(TimedTexts) + texts->bytes() : 0; }
};

// What is read of an event, as an object of its own.  A member of a member stands under its path: a
// key with that literal dotted name wins.
class Extract {
 public:
  explicit Extract(const Expr& expr) {
    for (const std::string& name : expr.reads()) {
      if (name == "this" || name.starts_with("this.")) whole_ = true;
      Result<Path> path = Path::parse(name);
      if (!path) whole_ = true;
      if (path && name != "acc" && !name.starts_with("acc.")) paths_.push_back(*std::move(path));
    }
  }

  // Valid until the next call.  REQUIRES: Record::kPadding readable bytes behind the event.
  std::string_view of(std::string_view event) {
    if (whole_) return event;
    record_.reset(event);
    text_ = '{';
    for (const Path& path : paths_) {
      const Value value = record_.get(path);
      if (!value.exists()) continue;
      if (text_.size() > 1) text_ += ',';
      append_json_string(text_, path.text());
      text_ += ':';
      text_ += value.raw();
    }
    return text_ += '}';
  }

 private:
  std::vector<Path> paths_;
  bool whole_ = false;
  Record record_;
  std::string text_;
};

class Fold final : public StateAggregate<Events> {
 public:
  // initial: JSON text.
  Fold(std::string initial, const Expr& expr)
      : initial_(std::move(initial)),
        expr_(expr),
        kind_("fold " + initial_ + ' ' + expr.text()),
        extract_(expr),
        failures_("fold '" + expr.text() + "'") {}

  std::string_view state_kind() const override { return kind_; }
  bool wants_event() const override { return true; }
  bool wants_value() const override { return false; }

  Taken add(void* state, const Observation& seen) const override {
    of(state).made().add(seen.time, extract_.of(seen.event));
    return Taken::yes;
  }

  void write(const void* state, const Closing&, std::string& out,
             Emitter& messages) const override {
    std::string acc = initial_;
    if (const auto& texts = of(state).texts) {
      texts->for_each_by_time([&](std::string_view event) { apply(event, acc, messages); });
    }
    out += acc;
  }

 private:
  // An event on which the expression fails leaves the result as it is.
  void apply(std::string_view event, std::string& acc, Emitter& messages) const {
    line_ = event;
    line_.append(Record::kPadding, '\0');
    record_.reset(std::string_view(line_).substr(0, event.size()));
    evaluator_.begin(record_);
    evaluator_.set("acc", evaluator_.from_json(acc));
    const expr::Value value = evaluator_.eval(expr_);
    std::string next;
    std::string why;
    if (value.is_error()) {
      failures_.report(expr_, evaluator_, value, messages);
    } else if (!evaluator_.append_json(next, value, &why)) {
      failures_.report(why, messages);
    } else {
      acc = std::move(next);
    }
  }

  std::string initial_;
  Expr expr_;
  std::string kind_;
  // Scratch, and what has been said; no state of a group.
  mutable Extract extract_;
  mutable Failures failures_;
  mutable Evaluator evaluator_;
  mutable Record record_;
  mutable std::string line_;
};

// The value of a constant expression as JSON text.
Result<std::string> constant(const std::string& text) {
  Result<Expr> expr = Expr::compile(text);
  if (!expr) return expr.error();
  Evaluator evaluator;
  evaluator.begin_empty();
  const expr::Value value = evaluator.eval(*expr);
  if (value.is_error()) return Error{evaluator.describe(*expr, value).text()};
  std::string json;
  std::string why;
  if (!evaluator.append_json(json, value, &why)) return Error{why};
  return json;
}

}  // namespace

Result<AggregatePtr> make_fold(const AggregateSpec& spec) {
  Result<std::string> initial = constant(spec.parameter);
  if (!initial) return Error{"INIT: " + initial.error().message};
  return AggregatePtr(std::make_unique<Fold>(*std::move(initial), *spec.argument));
}

}  // namespace streamutils
