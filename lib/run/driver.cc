// SPDX-License-Identifier: Apache-2.0
#include "run/driver.h"

#include <fmt/format.h>

#include "base/text.h"
#include "json/writer.h"
#include "run/driver_input.h"
#include "stream/previewed.h"

namespace streamutils {
namespace {

// Output that waits for its begin line is bounded: past this the begin line leaves without a
// member.
constexpr std::size_t kMaxHeldBytes = 1 << 20;

constexpr std::size_t kTooLongHead = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  while (!line.empty() && is_space(line.back())) line.remove_suffix(1);
  return line;
}

// Every tool looks at this much of every line, so that all agree on what is no record at all.
bool looks_like_object(std::string_view line) {
  if (line.size() >= 2 && line.front() == '{' && line.back() == '}') return true;
  const std::string_view inner = trim(line);
  return inner.size() >= 2 && inner.front() == '{' && inner.back() == '}';
}

}  // namespace

void Sink::write_pieces(std::span<const std::string_view> pieces) { write(put_together(pieces)); }

// Where the operator's output goes: counted, and behind the begin line.
class Driver::Out final : public Emitter {
 public:
  explicit Out(Driver& driver) : driver_(driver) {}

  void emit(std::string_view line) override {
    ++driver_.counts_.out;
    if (driver_.current_ != nullptr && driver_.current_->reads_output) {
      driver_.read_written_time(*driver_.current_, line);
    }
    if (driver_.controlled_out_ && !driver_.begin_written_) {
      driver_.ensure_begin();
      if (!driver_.begin_written_) return hold(line);
    }
    driver_.settings_.out->write(line);
  }

  // Whatever has to see the line as a whole goes the way of emit().
  void emit_pieces(std::span<const std::string_view> pieces) override {
    const bool is_read = driver_.current_ != nullptr && driver_.current_->reads_output;
    const bool waits = driver_.controlled_out_ && !driver_.begin_written_;
    if (is_read || waits) [[unlikely]]
      return emit_whole(pieces);
    ++driver_.counts_.out;
    driver_.settings_.out->write_pieces(pieces);
  }

  void emit_aside(std::string_view line) override {
    if (driver_.settings_.side != nullptr) driver_.settings_.side->write(line);
  }

  void emit_to(std::string_view file, std::string_view line) override {
    ++driver_.counts_.out;
    if (driver_.controlled_out_ && !driver_.begin_written_) driver_.write_begin();
    if (driver_.settings_.files != nullptr) driver_.settings_.files->write(file, line);
  }

  bool count(std::string_view reason, std::uint64_t n) override {
    auto it = driver_.reasons_.find(reason);
    const bool first = it == driver_.reasons_.end();
    if (first) it = driver_.reasons_.emplace(reason, 0).first;
    it->second += n;
    return first;
  }

  bool count_failure(std::string_view reason) override {
    const bool first = count(reason, 1);
    if (first) driver_.failures_.emplace(reason);
    return first;
  }

  void say(std::string_view message) override {
    driver_.warn(driver_.current_ == nullptr
                     ? std::string(message)
                     : fmt::format("{}{}", driver_.place(*driver_.current_), message));
  }

  void fail(std::string_view message) override { driver_.stop(ExitStatus::io, message); }

 private:
  [[gnu::noinline]] void emit_whole(std::span<const std::string_view> pieces) {
    Emitter::emit_pieces(pieces);
  }

  void hold(std::string_view line) {
    driver_.held_.emplace_back(line);
    driver_.held_bytes_ += line.size();
    if (driver_.held_bytes_ > kMaxHeldBytes) driver_.write_begin();
  }

  Driver& driver_;
};

Driver::Driver(DriverSettings settings, OperatorPtr op)
    : settings_(std::move(settings)), op_(std::move(op)), out_(std::make_unique<Out>(*this)) {
  for (const InputInfo& info : settings_.inputs) {
    inputs_.emplace_back(inputs_.size(), info, settings_.common);
    set_up(inputs_.back());
  }
  absent_ = AbsentMembers(std::move(settings_.members));
  controlled_out_ = settings_.common.originate && may_write_control();
  epoch_ = settings_.epoch;
  const RequiredText required = op_->required_text();
  const bool looks_at_all =
      settings_.common.strict || merges_by_time() || settings_.common.time_path;
  if (!required.text.empty() && !looks_at_all) scanner_.emplace(required.text, required.member);
}

Driver::~Driver() = default;

void Driver::set_up(Input& input) const {
  if (settings_.by_arrival) input.clock.use_arrival();
  if (input.info.may_be_over) input.clock.may_be_over();
  if (settings_.decode) input.decoder = settings_.decode(input.info.written);
}

void Driver::set_now(Timestamp now) {
  if (!settings_.common.stream_clock) now_ = now;
}

bool Driver::inputs_wait() const {
  return merges_by_time() || std::any_of(inputs_.begin(), inputs_.end(),
                                         [](const Input& input) { return input.info.plan.table; });
}

std::optional<std::size_t> Driver::next_input() const {
  if (is_done()) return std::nullopt;
  if (merges_exactly()) return next_by_line();
  const auto next = next_in_order();
  if (!aligning_ || !next || !inputs_[*next].barrier) return next;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (brings_barrier(inputs_[i]) && !inputs_[i].barrier) return i;
  }
  return next;
}

// Whatever has to be read to come to it, the input whose line is worked on next.
std::optional<std::size_t> Driver::next_in_order() const {
  std::optional<std::size_t> table;
  std::optional<std::size_t> next;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const bool is_table = inputs_[i].info.plan.table;
    if (inputs_[i].clock.has_ended()) {
      if (has_died(inputs_[i])) return std::nullopt;
      continue;
    }
    if (is_table) {
      if (!table && !inputs_[i].dry) table = i;
      continue;
    }
    if (inputs_[i].barrier && !merges_by_time()) continue;
    if (!next) next = i;
    if (!merges_by_time()) continue;
    if (inputs_[i].clock.watermark() < inputs_[*next].clock.watermark()) next = i;
  }
  const bool table_matters = table && (next || !inputs_[*table].info.plan.follow);
  return table_matters ? table : next;
}

// --- Lines ---------------------------------------------------------------------------------------

bool Driver::feed(std::size_t index, std::string_view line, std::uint64_t offset) {
  Input& input = inputs_[index];
  if (merges_exactly() && !is_next(input, line)) return false;
  if (reads_on(index) && keep_line(input, line, offset)) return catch_up(), true;
  forget_foreseen(input);
  input.at = input.counted = line.data();
  input.offset = offset;
  on_line(input, line);
  ++input.lines;
  catch_up();
  return true;
}

void Driver::feed_too_long(std::size_t index, std::string_view head, std::uint64_t offset) {
  Input& input = inputs_[index];
  input.at = input.counted = head.data();
  input.offset = offset;
  current_ = &input;
  on_too_long(input, head);
  ++input.lines;
}

// Only the head is told, also where the whole line is at hand: it must not matter how it came in.
void Driver::on_too_long(Input& input, std::string_view head) {
  input.begun = true;
  ++counts_.in;
  on_bad(input, "longer than --max-line", head.substr(0, kTooLongHead));
}

bool Driver::feed_unterminated(std::size_t index, std::string_view line, std::uint64_t offset) {
  Input& input = inputs_[index];
  if (merges_exactly() && !is_next(input, line)) return false;
  take_rest(input, line, offset);
  end_input(index);
  return true;
}

void Driver::take_rest(Input& input, std::string_view line, std::uint64_t offset) {
  forget_foreseen(input);
  const std::string_view content = input.begun ? line : without_mark(line);
  input.at = input.counted = line.data();
  input.offset = offset;
  Record record;
  record.reset(content);
  const bool complete = input.decoder || trim(content).empty() || record.check();
  if (!complete && !input.info.live && settings_.keeping == Keeping::state) {
    warn(fmt::format("{}the last line is not complete yet: it waits for the next run",
                     place(input)));
    input.left_rest = true;
  } else if (complete) {
    on_line(input, line);
    ++input.lines;
  } else {
    current_ = &input;
    ++counts_.in;
    on_bad(input, "cut off: no line end, and no complete JSON", line);
  }
}

void Driver::on_line(Input& input, std::string_view line) {
  current_ = &input;
  input.place.reset();
  if (line.size() > settings_.common.max_line) return on_too_long(input, line);
  if (input.decoder) return on_text(input, line);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (!input.begun) {
    line = without_mark(line);
    input.clock.derive();
  }
  if (!input.begun && settings_.epoch && !is_first_line_right(input, line)) return;
  if (is_control(line) && !input.end_mark) {
    on_control(input, line);
  } else if (!line.empty() && (line.front() == '{' || !trim(line).empty())) {
    on_record(input, line);
  } else {
    return;
  }
  input.begun = true;
}

// A line that was foreseen stands in a record that the operator has seen.  Where it met damage it
// starts anew: what is said of that must not depend on what was read first.
inline void Driver::take_record(Input& input, std::string_view line) {
  record_ = input.foreseen ? input.foreseen->find(line) : nullptr;
  if (record_ == nullptr || !record_->ok()) {
    record_ = &own_record_;
    own_record_.reset(line);
  }
  record_->set_input(input.index);
}

void Driver::on_record(Input& input, std::string_view line) {
  ++counts_.in;
  input.active = now_;
  if (input.end_mark) return on_bad(input, "a record after the end mark", line);
  if (!looks_like_object(line)) return on_bad(input, "not a JSON object", line);
  work_on(input, line);
}

void Driver::work_on(Input& input, std::string_view line) {
  take_record(input, line);
  if (settings_.common.strict && !record_->check()) return on_bad(input, record_->damage(), line);
  if (reads_time(input)) {
    if (!input.asked) {
      input.time.find(*record_);
      ask_about_time(input);
    }
    if (!input.reads_output && !read_time(input)) return;
  }
  const Outcome outcome = op_->on_record(*record_, *out_);
  if (outcome.fate == Fate::used && !outcome.late_partly && !outcome.lost) {
    ++counts_.used;
  } else {
    settle(input, outcome);
  }
  if (absent_.is_watching() && record_->ok()) absent_.look(*record_);
  // No other input lets the watermark come further than this one's.
  if (input.clock.watermark() > watermark_ && reads_time(input)) advance(false);
}

bool Driver::reads_time(const Input& input) const {
  if (input.info.plan.table) return false;
  if (settings_.takes_time) return true;
  const bool writes_own =
      settings_.common.originate || settings_.common.time_path || input.reads_output;
  return writes_own && input.clock.is_derived() && controlled_out_;
}

// False if the record is bad for want of a time.
bool Driver::read_time(Input& input) {
  if (settings_.by_arrival) return read_arrival(input);
  Timestamp t;
  if (!input.time.read(*record_, t)) return does_without_time(input);
  note_time(input, t);
  return true;
}

bool Driver::does_without_time(Input& input) {
  if (record_->ok() && !settings_.takes_time) return true;
  if (record_->ok() && settings_.time_optional && !input.time.path()) {
    record_->set_time(Timestamp{});
    if (out_->count("no time: order of arrival")) {
      out_->say("no time (-t names the member that holds it): events count in order of arrival");
    }
    return true;
  }
  on_bad(input, input.time.problem(*record_), record_->line());
  return false;
}

// An operator that changes the member with the time makes the input's clock speak of what it
// writes.
void Driver::ask_about_time(Input& input) {
  if (input.asked || !input.time.path()) return;
  input.asked = true;
  const auto change = op_->change_of(*input.time.path());
  if (!change) return;
  input.reads_output = change->anew || change->name.empty() || input.clock.is_derived();
  auto path = Path::parse(change->name);
  if (path) input.time.set_path(std::move(*path));
  if (!path) input.time.forget_path();
}

void Driver::read_written_time(Input& input, std::string_view row) {
  if (!reads_time(input)) return;
  written_row_.assign(row).append(Record::kPadding, ' ');
  written_.reset(std::string_view(written_row_).substr(0, row.size()));
  Timestamp t;
  if (input.time.read(written_, t)) return note_time(input, t);
  // Without a time there is no member to wait for.
  if (!input.time.path() && !begin_written_) write_begin();
}

bool Driver::read_arrival(Input& input) {
  if (now_ == kMinTime) {
    on_bad(input, "no clock line stands before it (--clock=stream)", record_->line());
    return false;
  }
  record_->set_time(now_);
  style_ = TimeStyle{};
  input.clock.on_time(now_, now_);
  return true;
}

void Driver::tell_time_member(Input& input) {
  if (input.member_told || !input.time.path()) return;
  input.member_told = true;
  op_->set_time_member(input.index, *input.time.path());
}

void Driver::note_time(Input& input, Timestamp t) {
  record_->set_time(t);
  if (!style_ || !input.member_told || input.clock.max_time() == kMinTime) learn_time(input, t);
  if (!input.clock.on_time(t, now_)) {
    max_time_ = std::max(max_time_, t);
  } else if (counts_.absurd++ == 0) {
    warn(fmt::format(
        "{}{} is {} ahead of the clock: the event counts, but does not move the watermark "
        "(--max-ahead)",
        place(input), format_time(t), format_duration(round_up_nicely(t - now_))));
  }
}

// What the first times of an input tell.
void Driver::learn_time(Input& input, Timestamp t) {
  tell_time_member(input);
  if (!style_) {
    style_ = input.time.style();
    op_->set_time_style(*style_);
    hint_about_first_time(t, input);
  }
  if (input.clock.max_time() == kMinTime && input.time.is_window_end()) {
    input.clock.use_window_ends(settings_.common.disorder_given);
  }
}

void Driver::settle(Input& input, const Outcome& outcome) {
  switch (outcome.fate) {
    case Fate::used:
      ++counts_.used;
      break;
    case Fate::dropped:
      ++counts_.dropped;
      break;
    case Fate::late:
      ++counts_.late;
      break;
    case Fate::bad:
      on_bad(input, outcome.reason.empty() ? record_->damage() : outcome.reason, record_->line());
      break;
  }
  counts_.late_partly += outcome.late_partly ? 1 : 0;
  counts_.lost += outcome.lost ? 1 : 0;
  if (outcome.fate == Fate::late || outcome.late_partly) on_late(outcome, record_->time());
}

void Driver::on_late(const Outcome& outcome, Timestamp t) {
  const Duration behind = difference(std::max(max_time_, watermark_), t);
  const Timestamp by_data = lowest(&InputClock::data_watermark);
  const bool by_idle = by_data < outcome.deadline && by_data < watermark_;
  if (lateness_.count() == 0) {
    warn(fmt::format("{}late: {} is {} behind the newest event, and the watermark is {}",
                     place(*current_), format_time(t), format_duration(behind),
                     format_time(watermark_)));
  }
  lateness_.add(behind);
  if (by_idle) {
    ++counts_.late_by_idle;
    const Duration idle = settings_.common.watermark.idle.value_or(Duration::zero());
    needed_idle_ =
        std::max(needed_idle_, idle + difference(watermark_, outcome.deadline) + Duration(1));
  } else {
    needed_disorder_ = std::max(needed_disorder_, behind);
  }
  if (settings_.late_to != nullptr) settings_.late_to->write(record_->line());
}

void Driver::on_bad(Input& input, std::string_view reason, std::string_view line) {
  constexpr std::uint64_t kTold = 5;
  ++counts_.bad;
  out_->count(fmt::format("bad: {}", reason.substr(0, reason.find(": "))), 1);
  if (settings_.bad_to != nullptr) write_bad(input, reason, line);
  const std::string message = fmt::format("{}{}", place(input), reason);
  if (settings_.common.stop_at_bad) {
    say(message + " (stopped by --bad stop)");
  } else if (counts_.bad <= kTold) {
    warn(message);
  }
  if (over_bad_limit(100)) say("too many bad records (--max-bad)");
  if (settings_.common.stop_at_bad || over_bad_limit(100)) {
    stopped_ = true;
    status_ = ExitStatus::bad_input;
  }
}

bool Driver::over_bad_limit(std::uint64_t least) const {
  const BadLimit& limit = settings_.common.max_bad;
  if (counts_.bad > limit.count) return true;
  const double share = 100.0 * static_cast<double>(counts_.bad) / static_cast<double>(counts_.in);
  return limit.percent < 100 && counts_.in >= least && share > limit.percent;
}

// --- The end -------------------------------------------------------------------------------------

void Driver::end_input(std::size_t index) {
  Input& input = inputs_[index];
  if (input.decoder) end_text(input);
  goes_on(input) ? input.clock.suspend() : input.clock.end();
  current_ = nullptr;
  align();
  if (next_input()) advance(false);
  catch_up();
}

std::size_t Driver::add_input(InputInfo info) {
  const auto over = std::find_if(inputs_.begin(), inputs_.end(),
                                 [](const Input& input) { return input.clock.has_ended(); });
  const auto index = static_cast<std::size_t>(over - inputs_.begin());
  if (over == inputs_.end()) {
    inputs_.emplace_back(index, std::move(info), settings_.common);
  } else {
    *over = Input(index, std::move(info), settings_.common);
  }
  set_up(inputs_[index]);
  return index;
}

void Driver::on_quiet(std::size_t index, Duration quiet) {
  inputs_[index].clock.on_quiet(quiet, now_);
  advance(true);
  catch_up();
}

std::optional<Duration> Driver::idle_after(std::size_t index) const {
  const Input& input = inputs_[index];
  if (input.info.plan.follow) return input.begun ? settings_.common.watermark.idle : std::nullopt;
  if (settings_.common.stream_clock || !reads_time(input)) return std::nullopt;
  return input.clock.idle_after();
}

void Driver::preview(Sink& rows) {
  class Rows final : public Emitter {
   public:
    explicit Rows(Sink& to) : to_(to) {}
    void emit(std::string_view line) override { to_.write(line); }
    bool count(std::string_view, std::uint64_t) override { return false; }
    void say(std::string_view) override {}

   private:
    Sink& to_;
  };
  Rows emitter(rows);
  if (auto* op = dynamic_cast<Previewed*>(op_.get())) op->preview(emitter);
}

bool Driver::input_is_controlled() const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [](const Input& input) { return input.controlled; });
}

bool Driver::is_complete() const {
  if (settings_.inputs_come) return false;
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [](const Input& input) { return input.end_mark || input.info.plan.table; });
}

void Driver::finish(bool interrupted) {
  if (finished_) return;
  finished_ = true;
  current_ = nullptr;
  if (!stopped_ && over_bad_limit(1)) {
    say("too many bad records (--max-bad)");
    stopped_ = true;
    status_ = ExitStatus::bad_input;
  }
  switch (ending(interrupted)) {
    case Ending::complete:
      complete();
      break;
    case Ending::suspended:
      suspend();
      break;
    case Ending::interrupted:
      op_->on_interrupt(*out_);
      break;
    case Ending::held:
      if (upstream_died() && !interrupted) report_death();
      break;
    case Ending::stopped:
      break;
  }
  if (!held_.empty()) write_begin();
  report_end();
  if (status_ == ExitStatus::done) status_ = loss();
}

}  // namespace streamutils
