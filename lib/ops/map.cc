// One event at a time: its text is taken apart, changed where it is to change, and put together.
//
// The evaluator and the text are told of every assignment, each in its own way: the evaluator keeps
// the value with its type, so that a timestamp that was assigned is one to the next expression; the
// text gets what is written.
// SPDX-License-Identifier: Apache-2.0
#include "ops/map.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ops/expression.h"
#include "ops/line_edits.h"
#include "ops/map_time.h"
#include "ops/member_text.h"

namespace streamutils {
namespace {

bool is_empty_optional(expr::Value value) {
  return value.is(expr::Kind::optional) && value.content() == nullptr;
}

class Assigner {
 public:
  explicit Assigner(MapAssignment assignment)
      : target_(std::move(assignment.target)),
        expr_(std::move(assignment.expr)),
        source_(expr_.as_path()),
        failures_("no value for '" + target_.text() + "'") {}

  const Path& target() const { return target_; }

  // no: the event is as it was.
  enum class Done : std::uint8_t { yes, no, removed };
  Done run(Evaluator& evaluator, MemberText& event, TextPool& pool) {
    value_ = evaluator.eval(expr_);
    why_.clear();
    if (is_empty_optional(value_)) return remove(evaluator, event);
    if (value_.is_error()) return Done::no;
    const auto json = written(evaluator, event, pool);
    if (!json) return Done::no;
    if (evaluator.assign(target_, value_) && event.set(target_, *json)) return Done::yes;
    why_ = "nothing can be set at this path";
    return Done::no;
  }

  // The same for an event of which only the line is known; the member is edits' i-th.  removed:
  // nothing was done, and it is run() that must do it.
  Done run_on_line(Evaluator& evaluator, const Record& record, LineEdits& edits, std::size_t i,
                   bool is_last) {
    value_ = evaluator.eval(expr_);
    why_.clear();
    if (value_.is_error()) return Done::no;
    if (is_empty_optional(value_)) return Done::removed;
    if (!set_on_line(evaluator, record, edits, i)) return Done::no;
    if (!is_last) evaluator.set(target_.steps().front(), value_);
    return Done::yes;
  }

  // True if run_on_line() can stand in for run(), behind assignments to those members.
  bool works_on_line(const std::vector<std::string>& set_before) const {
    const auto is_set = [&](const std::string& name) {
      return std::find(set_before.begin(), set_before.end(), name) != set_before.end();
    };
    const bool copies_what_was_set =
        source_ && (source_->is_whole() || (!set_before.empty() && source_->steps().size() > 1) ||
                    is_set(source_->steps().front()));
    return target_.steps().size() == 1 && !is_set(target_.steps().front()) && !copies_what_was_set;
  }

  // REQUIRES: run() gave no, and the evaluator stands on the same event.
  void report(const Evaluator& evaluator, Emitter& out) {
    if (value_.is_error()) return failures_.report(expr_, evaluator, value_, out);
    failures_.report(why_, out);
  }
  std::string describe(const Evaluator& evaluator) const {
    return value_.is_error() ? failures_.describe(expr_, evaluator, value_)
                             : failures_.describe(why_);
  }

 private:
  bool set_on_line(Evaluator& evaluator, const Record& record, LineEdits& edits, std::size_t i) {
    if (!source_ && value_.is_numeric() && edits.set_number(i, value_)) return true;
    std::string& json = edits.set(i);
    const Value copy = source_ ? record.get(*source_) : Value();
    if (copy.exists()) {
      json += copy.raw();
    } else if (!evaluator.append_json(json, value_, &why_)) {
      edits.unset(i);
      return false;
    }
    return true;
  }

  // What is a mere copy keeps its bytes: no number loses digits on the way.
  std::optional<std::string_view> written(Evaluator& evaluator, const MemberText& event,
                                          TextPool& pool) {
    if (source_ && !source_->is_whole()) {
      if (const auto copy = event.get(*source_)) return copy;
    }
    std::string& json = pool.make();
    if (!evaluator.append_json(json, value_, &why_)) return std::nullopt;
    return json;
  }

  // The evaluator has no nested removal; it gets what is left, under each name
  // of the top level that the path may begin with.
  Done remove(Evaluator& evaluator, MemberText& event) {
    event.drop(target_);
    std::string name;
    for (const std::string& step : target_.steps()) {
      name += name.empty() ? step : "." + step;
      const auto rest = event.member(name);
      if (rest) evaluator.set(name, evaluator.from_json(*rest));
      if (!rest) evaluator.remove(name);
      if (target_.is_pointer()) break;
    }
    return Done::removed;
  }

  Path target_;
  Expr expr_;
  std::optional<Path> source_;  // if the expression is nothing but a path
  Failures failures_;
  expr::Value value_;
  std::string why_;
};

class Map final : public Operator {
  using Kind = LineEdits::Change::Kind;

 public:
  explicit Map(MapOptions options) : options_(std::move(options)) {
    for (MapAssignment& one : options_.assignments) assigners_.emplace_back(std::move(one));
    if (!options_.each) prepare_edits();
  }

  Outcome on_record(const Record& record, Emitter& out) override {
    Outcome outcome;
    if (edits_ && edit_line(record, out, outcome)) return outcome;
    pool_.reset();
    rows_.clear();
    bad_.clear();
    if (!event_.read(record)) {
      outcome.fate = Fate::bad;
      return outcome;
    }
    outcome = options_.each ? map_each(record, out) : map_one(record, out);
    if (outcome.fate != Fate::used) return outcome;
    for (const std::string_view row : rows_) out.emit(row);
    return outcome;
  }

  std::optional<MemberChange> change_of(const Path& time_member) const override {
    std::vector<const Path*> assigned;
    for (const Assigner& assigner : assigners_) assigned.push_back(&assigner.target());
    return change_of_time(time_member, assigned, options_);
  }

 private:
  // Members of the top level, each of which is changed once, can be changed in the line as it is.
  // What is done one after the other to the same members is not for that.
  void prepare_edits() {
    std::vector<std::string> names;
    std::vector<LineEdits::Change> changes;
    for (const Assigner& assigner : assigners_) {
      if (!assigner.works_on_line(names)) return;
      names.push_back(assigner.target().steps().front());
      changes.push_back({assigner.target()});
    }
    const bool picks = options_.only || !options_.keep.empty();
    const bool drops = !options_.drop.empty();
    const bool renames = !options_.renames.empty();
    if (picks + drops + renames > 1 || (renames && !changes.empty())) return;
    for (const Path& path : options_.drop) changes.push_back({path, Kind::dropped});
    for (const auto& [from, to] : options_.renames) {
      if (to.steps().size() != 1) return;
      changes.push_back({from, Kind::renamed, to.steps().front()});
    }
    for (const Path& path : options_.keep) note_kept(path, changes);
    if (LineEdits::can_make(changes)) edits_.emplace(changes, options_.only);
  }

  // What is kept may have been set.
  void note_kept(const Path& path, std::vector<LineEdits::Change>& changes) const {
    const auto set = changes.begin() + static_cast<std::ptrdiff_t>(assigners_.size());
    const auto same = std::find_if(changes.begin(), set, [&](const LineEdits::Change& change) {
      return change.path == path && change.kind == Kind::none;
    });
    if (same != set) return void(same->kind = Kind::kept);
    changes.push_back({path, Kind::kept});
  }

  // False, and nothing done, if that cannot be.
  bool edit_line(const Record& record, Emitter& out, Outcome& outcome) {
    const LineEdits::Begun begun = edits_->begin(record);
    if (begun == LineEdits::Begun::other) return false;
    if (begun == LineEdits::Begun::damaged) {
      outcome.fate = Fate::bad;
      return true;
    }
    failed_.clear();
    evaluator_.begin(record);
    std::size_t i = 0;
    for (Assigner& assigner : assigners_) {
      const bool is_last = &assigner == &assigners_.back();
      switch (assigner.run_on_line(evaluator_, record, *edits_, i++, is_last)) {
        case Assigner::Done::removed:
          return false;
        case Assigner::Done::no:
          failed_.push_back(&assigner);
          break;
        case Assigner::Done::yes:
          break;
      }
    }
    if (!record.ok()) {
      outcome.fate = Fate::bad;
      return true;
    }
    if (options_.strict && !failed_.empty()) {
      bad_ = failed_.front()->describe(evaluator_);
      outcome = {.fate = Fate::bad, .reason = bad_};
      return true;
    }
    for (Assigner* assigner : failed_) assigner->report(evaluator_, out);
    out.emit_pieces(edits_->pieces());
    return true;
  }

  // Elements leave together or, if the record turns out to be bad, not at all.
  Outcome map_each(const Record& record, Emitter& out) {
    const auto array = event_.get(*options_.each);
    if (!array || array->front() != '[') {
      report_no_array(array.has_value(), out);
      return map_one(record, out);
    }
    MemberText elements(pool_);
    elements.read(*array);
    const MemberText whole = event_;
    for (const MemberText::Item& element : elements.items()) {
      const Outcome outcome = map_element(record, whole, element.value, out);
      if (outcome.fate != Fate::used) return outcome;
    }
    return {.fate = elements.items().empty() ? Fate::dropped : Fate::used};
  }

  Outcome map_element(const Record& record, const MemberText& whole, std::string_view element,
                      Emitter& out) {
    event_ = whole;
    if (element.front() == '{') {
      MemberText members(pool_);
      members.read(element);
      event_.drop(*options_.each);
      for (const MemberText::Item& item : members.items()) event_.set_member(item.key, item.value);
    } else {
      event_.set(*options_.each, element);
    }
    std::string& line = pool_.make();
    event_.write(line);
    const std::size_t size = line.size();
    line.append(Record::kPadding, ' ');
    element_.reset(std::string_view(line).substr(0, size));
    element_.set_time(record.time());
    if (!event_.read(element_)) return {.fate = Fate::bad, .reason = element_.damage()};
    return map_one(element_, out);
  }

  Outcome map_one(const Record& record, Emitter& out) {
    if (!assign_all(record, out)) return {.fate = Fate::bad, .reason = bad_};
    for (const MapRename& one : options_.renames) {
      if (!event_.rename(one.from, one.to)) report_no_rename(one, out);
    }
    for (const Path& path : options_.drop) event_.drop(path);
    if (!options_.keep.empty() && !options_.only) {
      kept_.clear();
      keep_named();
    }
    std::string& row = pool_.make();
    event_.write(row);
    rows_.push_back(row);
    return {};
  }

  // False if the record is bad.
  bool assign_all(const Record& record, Emitter& out) {
    kept_.clear();
    if (!assigners_.empty()) evaluator_.begin(record);
    for (Assigner& assigner : assigners_) {
      const Assigner::Done done = assigner.run(evaluator_, event_, pool_);
      if (done == Assigner::Done::yes) kept_.push_back(&assigner.target());
      if (done != Assigner::Done::no) continue;
      if (options_.strict) {
        bad_ = assigner.describe(evaluator_);
        return false;
      }
      assigner.report(evaluator_, out);
    }
    if (options_.only) keep_named();
    return true;
  }

  void keep_named() {
    for (const Path& path : options_.keep) kept_.push_back(&path);
    event_.keep(kept_);
  }

  void report_no_array(bool exists, Emitter& out) const {
    const std::string reason =
        "--each: field '" + options_.each->text() + "' is " + (exists ? "no array" : "missing");
    if (out.count_failure(reason)) out.say(reason + ": the event passes as one");
  }

  static void report_no_rename(const MapRename& one, Emitter& out) {
    const std::string reason = "no member '" + one.to.text() + "' for '" + one.from.text() +
                               "': nothing can be set at this path";
    if (out.count_failure(reason)) out.say(reason);
  }

  MapOptions options_;
  std::vector<Assigner> assigners_;
  Evaluator evaluator_;
  Record element_;  // of --each, as an event
  TextPool pool_;
  MemberText event_{pool_};
  std::optional<LineEdits> edits_;      // if what is to be done can be done in the line
  std::vector<Assigner*> failed_;       // scratch of edit_line
  std::vector<const Path*> kept_;       // scratch: what --only or -k keeps
  std::vector<std::string_view> rows_;  // what the record becomes, in pool_
  std::string bad_;                     // why the record is bad under --strict
};

}  // namespace

OperatorPtr make_map(MapOptions options) { return std::make_unique<Map>(std::move(options)); }

}  // namespace streamutils
