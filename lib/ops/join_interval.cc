// The join of two streams.
//
// The problem.  An event l of LEFT and an event r of RIGHT match if they have the same key and
// time(r) lies in [lower, upper] around time(l), both ends included.  Either may come first, and
// both streams may be out of order.  An outer join must also say, once and truly, which events have
// no partner.
//
// What is known.  The watermark W says that no event before W comes any more, on either side.  So
//     l has met all its partners once W > time(l) + upper,
//     r has met all its partners once W > time(r) - lower:
// its expiry.  Until then an event is held, and each that comes meets the held ones of its key on
// the other side.  An event with a time < W can have missed some that have gone: it is late, takes
// no part, and is reported; so what leaves is exactly the join of the events that were in time.
//
//     LEFT      l                     within -2s..3s
//     RIGHT  ---[=====|=====]---      the times of RIGHT that match
//              l-2    l    l+3
//
// Order.  A match leaves when the second of the two comes; the partners of one event in the order
// of their times, then of their arrival.  Rows without a partner leave when the watermark passes
// their expiry, in its order, then in that of their times, then of arrival.  All of that is a
// function of the two streams alone, because the driver reads the one that is behind.
//
// Bounds that an event says (within ts..expires) make the expiry of l what the event says.  A list
// of one key is then searched from its start; else both ends of a search are found by halving.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "ops/expression.h"
#include "ops/foreseen.h"
#include "ops/join_fates.h"
#include "ops/join_held_keys.h"
#include "ops/join_log_rows.h"
#include "ops/join_output.h"
#include "ops/join_parts.h"
#include "ops/join_rows.h"
#include "ops/join_side.h"
#include "ops/keyed.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

struct JoinKey {
  std::string_view text;
  std::uint32_t hash;
};

std::string bound_mismatch(const Path& lower, const Path& time) {
  return "'within' begins at '" + lower.text() + "', but the time of LEFT is '" + time.text() +
         "' (use -t)";
}

using RowDue = DueRow<LoggedRow>;
using DueRows = TimeBuckets<RowDue>;

class IntervalJoin final : public Operator {
 public:
  explicit IntervalJoin(JoinOptions options)
      : options_(std::move(options)),
        bounds_(options_.arguments.bounds),
        unbounded_(options_.arguments.kind == JoinKind::unbounded),
        keys_{JoinKeyReader(options_.arguments.left_keys),
              JoinKeyReader(options_.arguments.right_keys)},
        output_(options_),
        parser_(options_.time_syntax) {
    if (options_.max_keys) held_keys_.emplace();
  }

  Outcome on_record(const Record& record, Emitter& out) override {
    const std::size_t side = record.input();
    if (side == kLeft && !mismatch_.empty()) return {.fate = Fate::bad, .reason = mismatch_};
    const auto key = read(side, record);
    const auto expiry = side == kLeft ? left_expiry(record, out) : right_expiry(record);
    make_text(side, record);
    if (!record.ok()) return {.fate = Fate::bad};
    if (record.time() < watermark_) {
      return {.fate = Fate::late, .deadline = plus(record.time(), Duration(1))};
    }
    if (!key || !expiry) return meet_nobody(side, key.has_value(), out);
    if (is_full(*key)) return {.fate = Fate::bad, .reason = kTooManyKeys};
    meet(side, *key, record.time(), *expiry, out);
    if (*expiry < watermark_) expire(watermark_, out);
    warning_.check(bytes(), "--stats shows how many there are", out);
    return {};
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    watermark_ = now;
    expire(now, out);
    for (const std::size_t side : {kLeft, kRight}) {
      sides_[side].set_watermark(now);
      JoinLog& log = sides_[side].log();
      if (is_queued(side) ? is_mostly_gone(side) : log.is_mostly_expired(now)) compact(side);
    }
  }

  // What is kept without end has met everybody as well.
  void on_end(Emitter& out) override {
    while (next_to_go()) retire(out);
    for (JoinSide& side : sides_) side.clear();
  }

  void on_interrupt(Emitter& out) override {
    std::vector<std::pair<RowDue, std::size_t>> rows;
    for (const std::size_t side : {kLeft, kRight}) {
      sides_[side].log().for_each_held(watermark_, [&](LoggedRow& row, JoinLog::Place) {
        rows.emplace_back(RowDue(&row), side);
      });
    }
    std::sort(rows.begin(), rows.end());
    for (const auto& [due, side] : rows) write_alone(side, *due.row, true, out);
  }

  Timestamp least_time_to_come(Timestamp w) const override {
    Timestamp least = w;
    if (bounds_.upper_expr && !held_times_.empty()) {
      least = std::min(least, held_times_.begin()->first);
    } else if (!bounds_.upper_expr && !queues_[kLeft].empty()) {
      least = std::min(least, queues_[kLeft].top().time);
    }
    if (writes_right_alone() && !queues_[kRight].empty()) {
      least = std::min(least, queues_[kRight].top().time);
    }
    return least;
  }

  void set_time_style(TimeStyle style) override { output_.set_time_style(style); }

  void set_time_member(std::size_t input, const Path& member) override {
    output_.set_time_member(input, member);
    const auto& lower = bounds_.lower_path;
    if (input == kLeft && lower && !(*lower == member)) mismatch_ = bound_mismatch(*lower, member);
  }

  std::string_view fate_of_late() const override { return "took no part"; }

  bool foresees_inputs() const override {
    return sides_[kLeft].is_large() || sides_[kRight].is_large();
  }
  void foresee_input(std::size_t input, std::span<const Record> records) override;

  bool has_state() const override { return true; }

  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    save_head(out);
    begin_fates();
    for (JoinSide& side : sides_) side.log().begin_image(out, watermark_);
  }
  bool has_changes() const override { return fates_.is_known() && are_few(changes(), held()); }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    fates_.write(out);
    begin_fates();
    for (JoinSide& side : sides_) side.log().begin_changes(out, watermark_);
  }
  bool continue_image(std::size_t entries) override {
    return sides_[kLeft].log().continue_image(entries) &&
           sides_[kRight].log().continue_image(entries);
  }

  void describe_state(std::string& json) const override {
    for (const std::size_t side : {kLeft, kRight}) {
      std::size_t rows = 0;
      sides_[side].log().for_each_held(watermark_, [&](LoggedRow&, JoinLog::Place) { ++rows; });
      json += side == kLeft ? "\"left\":" : ",\"right\":";
      json += std::to_string(rows);
    }
    const JoinSide& left = sides_[kLeft];
    const std::size_t keys = left.count_hashes([](std::uint32_t) {
      return false;
    }) + sides_[kRight].count_hashes([&](std::uint32_t hash) { return left.holds_hash(hash); });
    json += ",\"keys\":" + std::to_string(keys);
    json += ",\"bytes\":" + std::to_string(bytes());
  }

 private:
  void save_head(SnapshotWriter& out) const;
  void restore_fates(SnapshotReader& in);
  void restore_row(std::size_t side, RowNumbers& numbers, SnapshotReader& in);

  // By how much a row outlasts its time; nothing if that differs.
  std::optional<Duration> lasts(std::size_t side) const {
    if (unbounded_) return Duration::max();
    if (side == kRight) return -bounds_.lower;
    return bounds_.upper_expr ? std::nullopt : std::optional(bounds_.upper);
  }
  Duration width_of_queues() const {
    const bool is_fixed = !unbounded_ && !bounds_.upper_expr;
    return bucket_width(is_fixed ? bounds_.upper - bounds_.lower : Duration::zero());
  }

  std::size_t bytes() const {
    return sides_[kLeft].bytes() + sides_[kRight].bytes() + (held_keys_ ? held_keys_->bytes() : 0);
  }
  // With some that have expired.
  std::size_t held() const { return sides_[kLeft].log().size() + sides_[kRight].log().size(); }
  std::size_t changes() const {
    return static_cast<std::size_t>(number_ - image_number_) + fates_.size();
  }
  void begin_fates() {
    fates_.begin();
    image_number_ = number_;
  }

  bool writes_left_alone() const {
    return options_.type == JoinType::left || options_.type == JoinType::full ||
           options_.type == JoinType::anti;
  }
  bool writes_right_alone() const {
    return options_.type == JoinType::right || options_.type == JoinType::full;
  }
  // One partner says all.
  bool one_is_enough() const {
    return options_.type == JoinType::semi || options_.type == JoinType::anti;
  }
  // True if it matters in which order rows of the side expire, or that they do: the watermark that
  // is forwarded goes by those of LEFT.  Others go with their part of the log.
  bool is_queued(std::size_t side) const {
    return side == kLeft || writes_right_alone() || held_keys_.has_value();
  }

  // Nothing if the event does not say it.
  std::optional<Timestamp> left_expiry(const Record& record, Emitter& out) {
    if (unbounded_) return kMaxTime;
    if (!bounds_.upper_expr) return plus(record.time(), bounds_.upper);
    const Expr& expr = *bounds_.upper_expr;
    evaluator_.begin(record);
    const expr::Value value = evaluator_.eval(expr);
    if (value.is_error() && record.ok()) failures_.report(expr, evaluator_, value, out);
    if (value.is_error()) return std::nullopt;
    const auto time = Evaluator::to_time(value, parser_);
    if (!time) failures_.report("not a time", out);
    return time;
  }

  std::optional<Timestamp> right_expiry(const Record& record) const {
    return unbounded_ ? kMaxTime : minus(record.time(), bounds_.lower);
  }

  // Its key, if it has one, and the rest as far as results need it to be sound: of an event that
  // was foreseen all that is known.
  std::optional<JoinKey> read(std::size_t side, const Record& record) {
    if (const JoinKey* seen = foreseen_[side].take(record.line())) return *seen;
    read_to_end(side, record);
    const auto key = keys_[side].read(record);
    if (!key) return std::nullopt;
    return JoinKey{*key, GroupTable::hash_of(*key)};
  }

  void read_to_end(std::size_t side, const Record& record) const {
    if (side == kLeft) {
      output_.read_left(record);
    } else if (!one_is_enough()) {
      output_.read_right(record);
    }
  }

  // What a row of the event keeps.
  void make_text(std::size_t side, const Record& record) {
    head_.clear();
    text_ = {};
    if (side == kLeft) {
      text_[0] = record.line();
    } else if (!one_is_enough()) {
      text_ = output_.right_pieces(flat_, record);
      if (writes_right_alone()) output_.append_head(head_, record);
    }
  }
  std::string_view whole_text() {
    if (text_[1].empty()) return text_[0];
    whole_ = text_[0];
    return whole_ += text_[1];
  }

  // An event without a key, or without a bound, has no partner.
  Outcome meet_nobody(std::size_t side, bool has_key, Emitter& out) {
    const bool wanted = side == kLeft ? writes_left_alone() : writes_right_alone();
    if (wanted && side == kLeft) output_.write_left(whole_text(), false, out);
    if (wanted && side == kRight) output_.write_right(head_, whole_text(), false, out);
    if (!has_key) out.count(side == kLeft ? "LEFT without a key" : "RIGHT without a key");
    return {.fate = wanted ? Fate::used : Fate::dropped};
  }

  bool is_full(const JoinKey& key) const {
    return held_keys_ && held_keys_->size() >= *options_.max_keys &&
           !held_keys_->holds(key.text, key.hash);
  }

  void meet(std::size_t side, const JoinKey& key, Timestamp time, Timestamp expiry, Emitter& out) {
    LoggedRow row{.time = time, .expiry = expiry, .number = number_++, .hash = key.hash};
    row.matched = side == kLeft ? meet_right(row, key, out) : meet_left(row, key, out);
    if (side == kLeft && row.matched && one_is_enough()) return;
    insert(side, row, {key.text, head_, {text_[0], text_[1]}});
  }

  bool meet_right(const LoggedRow& left, const JoinKey& key, Emitter& out) {
    const Timestamp first = unbounded_ ? kMinTime : plus(left.time, bounds_.lower);
    const auto found = sides_[kRight].find(key.text, key.hash, first, left.expiry);
    for (const FoundRow& right : found) {
      pair(text_[0], right.row->text(), out);
      set_matched(kRight, right);
      if (one_is_enough()) break;
    }
    return !found.empty();
  }

  bool meet_left(const LoggedRow& right, const JoinKey& key, Emitter& out) {
    const bool fixed = !bounds_.upper_expr && !unbounded_;
    const Timestamp first = fixed ? minus(right.time, bounds_.upper) : kMinTime;
    const Timestamp last = unbounded_ ? kMaxTime : minus(right.time, bounds_.lower);
    const auto found = sides_[kLeft].find(key.text, key.hash, first, last);
    const std::string_view text = found.empty() ? std::string_view() : whole_text();
    bool matched = false;
    for (const FoundRow& left : found) {
      if (left.row->expiry < right.time) continue;
      pair(left.row->text(), text, out);
      set_matched(kLeft, left);
      if (one_is_enough()) set_done(key.hash, left);
      matched = true;
    }
    if (matched) drop_done();
    return matched;
  }

  void pair(std::string_view left, std::string_view right, Emitter& out) {
    if (options_.type == JoinType::semi) {
      output_.write_left(left, false, out);
    } else if (options_.type != JoinType::anti) {
      output_.write_match(left, right, out);
    }
  }

  void set_matched(std::size_t side, const FoundRow& found) {
    LoggedRow& row = *found.row;
    if (row.matched) return;
    sides_[side].log().keep_for_image(row, found.place);
    row.matched = true;
    note_fate(side, found);
  }

  void note_fate(std::size_t side, const FoundRow& found) {
    if (sides_[side].log().is_in_image(found.place)) fates_.note(side, *found.row, held());
  }

  // It is not to meet another.
  void set_done(std::uint32_t hash, const FoundRow& found) {
    LoggedRow& row = *found.row;
    JoinSide& left = sides_[kLeft];
    left.log().keep_for_image(row, found.place);
    row.done = true;
    note_fate(kLeft, found);
    left.forget(hash, found);
    let_go(kLeft, row);
  }

  // So that the oldest row in the queue is one that is held.
  void drop_done() {
    DueRows& queue = queues_[kLeft];
    while (!queue.empty() && queue.top().row->done) queue.pop();
  }

  void insert(std::size_t side, const LoggedRow& facts, const LoggedText& text) {
    const JoinLog::Place place = sides_[side].add(facts, text);
    if (!is_queued(side)) return;
    LoggedRow& row = sides_[side].log().at(place);
    queues_[side].push(RowDue(&row));
    held_bytes_[side] += row.size();
    if (held_keys_) held_keys_->add(row.key(), row.hash);
    if (side == kLeft && bounds_.upper_expr) held_times_.emplace(row.time, row.number);
  }

  // One that was queued is held no longer.
  void let_go(std::size_t side, const LoggedRow& row) {
    held_bytes_[side] -= row.size();
    if (held_keys_) held_keys_->remove(row.key(), row.hash);
    if (side == kLeft && bounds_.upper_expr) held_times_.erase({row.time, row.number});
  }

  std::size_t side_to_go() const {
    const DueRows& left = queues_[kLeft];
    const DueRows& right = queues_[kRight];
    if (left.empty() || right.empty()) return left.empty() ? kRight : kLeft;
    return left.top() < right.top() ? kLeft : kRight;
  }
  // The row that goes next, or null.
  const RowDue* next_to_go() const {
    const DueRows& queue = queues_[side_to_go()];
    return queue.empty() ? nullptr : &queue.top();
  }

  void expire(Timestamp now, Emitter& out) {
    for (const RowDue* next = next_to_go(); next && next->due < now; next = next_to_go()) {
      retire(out);
    }
  }

  // The row that goes next.
  void retire(Emitter& out) {
    const std::size_t side = side_to_go();
    write_alone(side, *queues_[side].top().row, false, out);
    remove_next();
  }

  void remove_next() {
    const std::size_t side = side_to_go();
    DueRows& queue = queues_[side];
    if (const RowDue* next = queue.ahead(4)) __builtin_prefetch(next->row);
    const LoggedRow& row = *queue.top().row;
    queue.pop();
    if (!row.done) let_go(side, row);
    if (one_is_enough()) drop_done();
  }

  void write_alone(std::size_t side, const LoggedRow& row, bool partial, Emitter& out) {
    if (row.done || row.matched) return;
    if (side == kLeft && writes_left_alone()) output_.write_left(row.text(), partial, out);
    if (side == kRight && writes_right_alone()) {
      output_.write_right(row.head(), row.text(), partial, out);
    }
  }

  // True if less than half of the log is held, and what is not takes much memory.
  bool is_mostly_gone(std::size_t side) const {
    constexpr std::size_t kMuch = std::size_t{1} << 20;
    return sides_[side].log().bytes() > 2 * held_bytes_[side] + kMuch;
  }

  void compact(std::size_t side) {
    sides_[side].compact();
    if (!is_queued(side)) return;
    queues_[side].clear();
    sides_[side].log().for_each_held(
        watermark_, [&](LoggedRow& row, JoinLog::Place) { queues_[side].push(RowDue(&row)); });
  }

  JoinOptions options_;
  JoinBounds bounds_;
  bool unbounded_;
  JoinKeyReader keys_[2];
  JoinOutput output_;
  Evaluator evaluator_;
  TimeParser parser_;
  Failures failures_{"the upper bound of 'within'"};
  std::string mismatch_;
  MemoryWarning warning_;
  Foreseen<JoinKey> foreseen_[2];

  // Of the event that has come: scratch.
  std::string head_;
  std::string flat_;
  std::string whole_;
  std::array<std::string_view, 2> text_;

  JoinSide sides_[2] = {{kLeft, LogRows::write, lasts(kLeft)},
                        {kRight, LogRows::write, lasts(kRight)}};
  DueRows queues_[2] = {DueRows(width_of_queues()), DueRows(width_of_queues())};
  std::size_t held_bytes_[2] = {};  // of rows in a queue that are not done
  std::optional<JoinHeldKeys> held_keys_;
  // Of LEFT, where expiry does not go by time.
  absl::btree_set<std::pair<Timestamp, std::uint64_t>> held_times_;
  std::uint64_t number_ = 0;
  Timestamp watermark_ = kMinTime;

  JoinFates fates_;
  std::uint64_t image_number_ = 0;  // of the first row that is not in the last image
};

// Only keys that stand in the line as they are: nearly all.
void IntervalJoin::foresee_input(std::size_t input, std::span<const Record> records) {
  Foreseen<JoinKey>& foreseen = foreseen_[input];
  foreseen.clear();
  for (const Record& record : records) {
    const auto key = keys_[input].read_in_line(record);
    read_to_end(input, record);
    if (!key || !record.ok()) continue;
    const std::uint32_t hash = GroupTable::hash_of(*key);
    for (const JoinSide& side : sides_) side.prefetch_slot(hash);
    foreseen.add(record.line(), {*key, hash});
  }
  for (const JoinSide& side : sides_) {
    foreseen.for_each([&](const JoinKey& key) { side.bring_slot_near(key.hash); });
  }
  const JoinSide& others = sides_[input == kLeft ? kRight : kLeft];
  foreseen.for_each([&](const JoinKey& key) { others.prefetch_row(key.hash); });
}

void IntervalJoin::save_head(SnapshotWriter& out) const {
  out.entry("join").field("number", number_).field("watermark", watermark_);
}

void IntervalJoin::save(SnapshotWriter& out) const {
  save_head(out);
  for (const std::size_t side : {kLeft, kRight}) {
    LogRows rows(out, side);
    sides_[side].log().for_each_held(
        watermark_, [&rows](LoggedRow& row, JoinLog::Place) { rows.put(row, row.matched); });
  }
}

// Of rows that are there.
void IntervalJoin::restore_fates(SnapshotReader& in) {
  if (!in.next_is(JoinFates::kEntry)) return;
  while (in.next_row()) {
    const std::string key = restore_bytes(in, 4);
    const std::uint32_t hash = GroupTable::hash_of(key);
    const std::size_t side = in.unsigned_integer(std::size_t{0}) == kLeft ? kLeft : kRight;
    const Timestamp time = from_nanos(in.integer(1));
    const std::uint64_t number = in.unsigned_integer(2);
    const auto rows = sides_[side].find(key, hash, time, time);
    const auto found = std::ranges::find(rows, number, &FoundRow::number);
    if (found == rows.end()) return in.fail("what becomes of a row that is not there");
    found->row->matched = true;
    if (in.unsigned_integer(3) != 0) set_done(hash, *found);
  }
  drop_done();
}

Status IntervalJoin::restore(SnapshotReader& in) {
  if (!in.next_is("join")) return Error{"no entry 'join'"};
  number_ = in.unsigned_integer("number");
  watermark_ = in.time("watermark");
  restore_fates(in);
  for (const RowDue* next = next_to_go(); next && next->due < watermark_; next = next_to_go()) {
    remove_next();
  }
  for (JoinSide& side : sides_) side.set_watermark(watermark_);
  while (in.next_is(LogRows::kEntry)) {
    const std::size_t side = in.unsigned_integer("side") == kLeft ? kLeft : kRight;
    RowNumbers numbers;
    while (in.next_row()) restore_row(side, numbers, in);
  }
  return in.status();
}

// numbers: of the row before.
void IntervalJoin::restore_row(std::size_t side, RowNumbers& numbers, SnapshotReader& in) {
  numbers.time += static_cast<std::uint64_t>(in.integer(0));
  numbers.lasts += static_cast<std::uint64_t>(in.integer(1));
  numbers.number += static_cast<std::uint64_t>(in.integer(2));
  const std::string key = restore_bytes(in, 4);
  const std::string head = restore_bytes(in, 5);
  const std::string text = restore_bytes(in, 6);
  const LoggedRow row{.time = from_nanos(static_cast<std::int64_t>(numbers.time)),
                      .expiry = from_nanos(static_cast<std::int64_t>(numbers.time + numbers.lasts)),
                      .number = numbers.number,
                      .hash = GroupTable::hash_of(key),
                      .matched = in.unsigned_integer(3) != 0};
  insert(side, row, {key, head, {text, {}}});
}

}  // namespace

OperatorPtr make_interval_join(JoinOptions options) {
  return std::make_unique<IntervalJoin>(std::move(options));
}

}  // namespace streamutils
