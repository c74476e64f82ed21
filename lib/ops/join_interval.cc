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
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "absl/container/btree_set.h"
#include "json/writer.h"
#include "ops/expression.h"
#include "ops/foreseen.h"
#include "ops/join_fates.h"
#include "ops/join_output.h"
#include "ops/join_parts.h"
#include "ops/join_rows.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

// What a group holds.
struct Sides {
  JoinList lists[2];

  bool empty() const { return lists[kLeft].empty() && lists[kRight].empty(); }
};
static_assert(sizeof(Sides) % 16 == 0);

// For GroupTable::prefetch.
struct HashesOf {
  const Foreseen<GroupKey>& foreseen;

  template <typename Visit>
  void for_each_hash(const Visit& visit) const {
    foreseen.for_each([&](const GroupKey& key) { visit(*key.hash); });
  }
};

Sides& sides_of(Group& group) { return *reinterpret_cast<Sides*>(group.state()); }

constexpr std::string_view kRows = "rows";

void write_rows(const JoinPart& part, SnapshotWriter& out) {
  out.entry(kRows).json("columns",
                        R"(["side","time","expiry","number","matched","key","head","text"])");
  part.for_each([&out](const JoinPart::Copy& copy) {
    RowText& row = out.row();
    row.put(std::uint64_t{copy.side});
    row.put(to_nanos(copy.time));
    row.put(to_nanos(copy.expiry));
    row.put(copy.number);
    row.put(std::uint64_t{copy.matched});
    save_bytes(row, copy.key());
    save_bytes(row, copy.head());
    save_bytes(row, copy.text());
  });
}

std::string bound_mismatch(const Path& lower, const Path& time) {
  return "'within' begins at '" + lower.text() + "', but the time of LEFT is '" + time.text() +
         "' (use -t)";
}

class IntervalJoin final : public Operator {
 public:
  explicit IntervalJoin(JoinOptions options)
      : options_(std::move(options)),
        bounds_(options_.arguments.bounds),
        unbounded_(options_.arguments.kind == JoinKind::unbounded),
        keys_{JoinKeyReader(options_.arguments.left_keys),
              JoinKeyReader(options_.arguments.right_keys)},
        output_(options_),
        parser_(options_.time_syntax),
        groups_(sizeof(Sides)) {}

  // The lists are in the groups, which know nothing of them.
  ~IntervalJoin() override {
    for (JoinRow* row : rows_.all()) {
      if (!row->done) forget(row);
    }
  }
  IntervalJoin(const IntervalJoin&) = delete;
  IntervalJoin& operator=(const IntervalJoin&) = delete;

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
    expire(watermark_, out);
    const std::size_t bytes = rows_.bytes() + groups_.bytes();
    warning_.check(bytes, "--stats shows how many there are", out);
    return {};
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    watermark_ = now;
    expire(now, out);
  }

  // What is kept without end has met everybody as well.
  void on_end(Emitter& out) override {
    while (const JoinDue* next = next_to_go()) retire(next->row, out);
  }

  void on_interrupt(Emitter& out) override {
    std::vector<JoinRow*> rows = rows_.all();
    std::ranges::sort(rows, expires_before);
    for (const JoinRow* row : rows) write_alone(*row, true, out);
  }

  Timestamp least_time_to_come(Timestamp w) const override {
    Timestamp least = w;
    if (bounds_.upper_expr && !held_times_.empty()) {
      least = std::min(least, held_times_.begin()->first);
    } else if (!bounds_.upper_expr && !queues_[kLeft].empty()) {
      least = std::min(least, queues_[kLeft].top().row->time);
    }
    if (writes_right_alone() && !queues_[kRight].empty()) {
      least = std::min(least, queues_[kRight].top().row->time);
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

  bool foresees_inputs() const override { return groups_.is_large(); }
  void foresee_input(std::size_t input, std::span<const Record> records) override;

  bool has_state() const override { return true; }

  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    save_head(out);
    fates_.begin();
    rows_.begin_image(out, number_);
  }
  bool has_changes() const override { return fates_.is_known() && are_few(changes(), held()); }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    fates_.write(out);
    fates_.begin();
    rows_.begin_changes(out, number_);
  }
  bool continue_image(std::size_t entries) override { return rows_.continue_image(entries); }

  void describe_state(std::string& json) const override {
    json += "\"left\":" + std::to_string(counts_[kLeft]);
    json += ",\"right\":" + std::to_string(counts_[kRight]);
    json += ",\"keys\":" + std::to_string(groups_.size());
    json += ",\"bytes\":" + std::to_string(rows_.bytes() + groups_.bytes());
  }

 private:
  void save_head(SnapshotWriter& out) const;
  void restore_fates(SnapshotReader& in);
  JoinRow* restore_row(SnapshotReader& in);

  Duration width_of_queues() const {
    const bool is_fixed = !unbounded_ && !bounds_.upper_expr;
    return bucket_width(is_fixed ? bounds_.upper - bounds_.lower : Duration::zero());
  }

  std::size_t held() const { return counts_[kLeft] + counts_[kRight]; }
  std::size_t changes() const {
    return static_cast<std::size_t>(number_ - rows_.image_end()) + fates_.size();
  }
  void note_fate(const JoinRow& row) {
    if (row.number < rows_.image_end()) fates_.note(row, held());
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
  std::optional<GroupKey> read(std::size_t side, const Record& record) {
    if (const GroupKey* seen = foreseen_[side].take(record.line())) return *seen;
    read_to_end(side, record);
    const auto key = keys_[side].read(record);
    if (!key) return std::nullopt;
    return GroupKey{*key, {}};
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
    text_.clear();
    if (side == kLeft) {
      text_ = record.line();
    } else if (!one_is_enough()) {
      output_.append_right(text_, record);
      if (writes_right_alone()) output_.append_head(head_, record);
    }
  }

  // An event without a key, or without a bound, has no partner.
  Outcome meet_nobody(std::size_t side, bool has_key, Emitter& out) {
    const bool wanted = side == kLeft ? writes_left_alone() : writes_right_alone();
    if (wanted && side == kLeft) output_.write_left(text_, false, out);
    if (wanted && side == kRight) output_.write_right(head_, text_, false, out);
    if (!has_key) out.count(side == kLeft ? "LEFT without a key" : "RIGHT without a key");
    return {.fate = wanted ? Fate::used : Fate::dropped};
  }

  bool is_full(const GroupKey& key) const {
    return options_.max_keys && groups_.size() >= *options_.max_keys &&
           groups_.find(key) == nullptr;
  }

  void meet(std::size_t side, GroupKey key, Timestamp time, Timestamp expiry, Emitter& out) {
    if (!key.hash) key.hash = GroupTable::hash_of(key.canonical);
    const auto [group, is_new] = groups_.find_or_add(key);
    if (is_new) new (group->state()) Sides{};
    JoinRow* row = rows_.make(head_, text_);
    row->time = time;
    row->expiry = expiry;
    row->number = number_++;
    row->group = group;
    row->hash = *key.hash;
    row->side = static_cast<std::uint8_t>(side);
    if (side == kLeft) {
      meet_right(*row, out);
    } else {
      meet_left(*row, out);
    }
    keep(side, row);
  }

  void meet_right(JoinRow& left, Emitter& out) {
    const Timestamp first = unbounded_ ? kMinTime : plus(left.time, bounds_.lower);
    const JoinList& list = sides_of(*left.group).lists[kRight];
    list.each_within(first, left.expiry, [&](const ListedRow& right) {
      pair(left, *right.row, out);
      return !one_is_enough();
    });
  }

  void meet_left(JoinRow& right, Emitter& out) {
    const bool fixed = !bounds_.upper_expr && !unbounded_;
    const Timestamp first = fixed ? minus(right.time, bounds_.upper) : kMinTime;
    const Timestamp last = unbounded_ ? kMaxTime : minus(right.time, bounds_.lower);
    JoinList& list = sides_of(*right.group).lists[kLeft];
    list.each_within(first, last, [&](const ListedRow& left) {
      if (left.row->expiry >= right.time) pair(*left.row, right, out);
      return true;
    });
    if (one_is_enough()) release_matched(list, first, last);
  }

  void pair(JoinRow& left, JoinRow& right, Emitter& out) {
    if (options_.type == JoinType::semi) {
      output_.write_left(left.text(), false, out);
    } else if (options_.type != JoinType::anti) {
      output_.write_match(left.text(), right.text(), out);
    }
    set_matched(left);
    set_matched(right);
  }

  void set_matched(JoinRow& row) {
    if (row.matched) return;
    rows_.keep_for_image(row);
    row.matched = true;
    note_fate(row);
  }

  // Those of a semi or anti join that have had a partner are not to meet another.
  void release_matched(JoinList& list, Timestamp first, Timestamp last) {
    list.remove_within(first, last, [&](const ListedRow& left) {
      if (left.row->matched) set_done(left.row);
      return left.row->matched;
    });
    drop_done();
  }

  void set_done(JoinRow* row) {
    rows_.keep_for_image(*row);
    row->done = true;
    note_fate(*row);
    --counts_[kLeft];
    if (bounds_.upper_expr) held_times_.erase({row->time, row->number});
  }

  // So that the oldest row in the queue is one that is held.
  void drop_done() {
    JoinQueue& queue = queues_[kLeft];
    while (!queue.empty() && queue.top().row->done) {
      JoinRow* row = queue.top().row;
      queue.pop();
      rows_.free(row);
    }
  }

  void keep(std::size_t side, JoinRow* row) {
    if (side == kLeft && row->matched && one_is_enough()) {
      erase_if_empty(*row);
      return rows_.free(row);
    }
    insert(side, row);
  }

  void insert(std::size_t side, JoinRow* row) {
    sides_of(*row->group).lists[side].add({row->time, row});
    queues_[side].push(JoinDue(row));
    ++counts_[side];
    if (side == kLeft && bounds_.upper_expr) held_times_.emplace(row->time, row->number);
  }

  // The row that goes next, or null.
  const JoinDue* next_to_go() const {
    const JoinQueue& left = queues_[kLeft];
    const JoinQueue& right = queues_[kRight];
    if (left.empty()) return right.empty() ? nullptr : &right.top();
    if (right.empty()) return &left.top();
    return left.top() < right.top() ? &left.top() : &right.top();
  }

  void expire(Timestamp now, Emitter& out) {
    for (const JoinDue* next = next_to_go(); next && next->due < now; next = next_to_go()) {
      retire(next->row, out);
    }
  }

  void retire(JoinRow* row, Emitter& out) {
    write_alone(*row, false, out);
    remove_next(row);
  }

  // REQUIRES: it is the row that goes next.
  void remove_next(JoinRow* row) {
    const std::size_t side = row->side;
    queues_[side].pop();
    prepare_to_retire(queues_[side]);
    rows_.keep_for_image(*row);
    if (!row->done) {
      --counts_[side];
      if (side == kLeft && bounds_.upper_expr) held_times_.erase({row->time, row->number});
      forget(row);
    }
    rows_.free(row);
    if (side == kLeft) drop_done();
  }

  // What the rows to come will look at as they go: each step needs what the one before has brought.
  // Between two of them much else is done, so that a few rows ahead is early enough.
  void prepare_to_retire(const JoinQueue& queue) const {
    if (const JoinDue* next = queue.ahead(6)) {
      __builtin_prefetch(next->row, 1);
      __builtin_prefetch(&next->row->taken, 1);  // it may stand in two cache lines
    }
    if (const JoinDue* next = queue.ahead(4)) fetch_sides(*next->row->group);
    if (const JoinDue* next = queue.ahead(2); next && !next->row->done) {
      groups_.prefetch(next->row->hash);
      sides_of(*next->row->group).lists[next->row->side].prefetch();
    }
  }

  // All cache lines of the group, if its key is short.
  static void fetch_sides(const Group& group) {
    const auto* const begin = reinterpret_cast<const std::byte*>(&group);
    constexpr std::size_t kSize = sizeof(Group) + 16 + sizeof(Sides);
    for (std::size_t at = 0; at < kSize; at += 64) __builtin_prefetch(begin + at, 1);
    __builtin_prefetch(begin + kSize - 1, 1);
  }

  void write_alone(const JoinRow& row, bool partial, Emitter& out) {
    if (row.done || row.matched) return;
    if (row.side == kLeft && writes_left_alone()) output_.write_left(row.text(), partial, out);
    if (row.side == kRight && writes_right_alone()) {
      output_.write_right(row.head(), row.text(), partial, out);
    }
  }

  // Takes the row out of its list, and its group away if that is empty.
  void forget(JoinRow* row) {
    sides_of(*row->group).lists[row->side].remove({row->time, row});
    erase_if_empty(*row);
  }

  void erase_if_empty(const JoinRow& row) {
    Sides& sides = sides_of(*row.group);
    if (!sides.empty()) return;
    std::destroy_at(&sides);
    groups_.erase(row.group, row.hash);
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
  Foreseen<GroupKey> foreseen_[2];
  std::string head_;  // scratch
  std::string text_;

  JoinRows rows_{write_rows};
  GroupTable groups_;
  JoinQueue queues_[2] = {JoinQueue(width_of_queues()), JoinQueue(width_of_queues())};
  std::size_t counts_[2] = {};  // rows that are held and not done
  // Of LEFT, where expiry does not go by time.
  absl::btree_set<std::pair<Timestamp, std::uint64_t>> held_times_;
  std::uint64_t number_ = 0;
  Timestamp watermark_ = kMinTime;

  JoinFates fates_;
};

// Only keys that stand in the line as they are: nearly all.
void IntervalJoin::foresee_input(std::size_t input, std::span<const Record> records) {
  Foreseen<GroupKey>& foreseen = foreseen_[input];
  foreseen.clear();
  for (const Record& record : records) {
    const auto key = keys_[input].read_in_line(record);
    read_to_end(input, record);
    if (!key || !record.ok()) continue;
    foreseen.add(record.line(), {*key, {}, GroupTable::hash_of(*key)});
  }
  groups_.prefetch(HashesOf{foreseen});
  groups_.for_each_likely(HashesOf{foreseen}, [](const Group* group) { fetch_sides(*group); });
}

void IntervalJoin::save_head(SnapshotWriter& out) const {
  out.entry("join").field("number", number_).field("watermark", watermark_);
}

void IntervalJoin::save(SnapshotWriter& out) const {
  save_head(out);
  const auto memory = std::make_shared<PartMemory>();
  std::unique_ptr<JoinPart> part;
  for (const JoinRow* row : rows_.all()) {
    if (row->done || (part && part->add(*row))) continue;
    if (part) part->write(out);
    part = std::make_unique<JoinPart>(memory, write_rows);
    part->add(*row);
  }
  if (part) part->write(out);
}

// Of rows that are there.
void IntervalJoin::restore_fates(SnapshotReader& in) {
  if (!in.next_is(JoinFates::kEntry)) return;
  while (in.next_row()) {
    Group* group = groups_.find(restore_bytes(in, 4));
    const std::size_t side = in.unsigned_integer(std::size_t{0}) == kLeft ? kLeft : kRight;
    const Timestamp time = from_nanos(in.integer(1));
    const std::uint64_t number = in.unsigned_integer(2);
    JoinRow* row = nullptr;
    if (group) {
      sides_of(*group).lists[side].each_within(time, time, [&](const ListedRow& listed) {
        if (listed.row->number == number) row = listed.row;
        return row == nullptr;
      });
    }
    if (row == nullptr) return in.fail("what becomes of a row that is not there");
    row->matched = true;
    if (in.unsigned_integer(3) == 0) continue;
    sides_of(*group).lists[side].remove({time, row});
    set_done(row);
    erase_if_empty(*row);
  }
  drop_done();
}

// Rows of an image come in any order; lists take them by number.
Status IntervalJoin::restore(SnapshotReader& in) {
  if (!in.next_is("join")) return Error{"no entry 'join'"};
  number_ = in.unsigned_integer("number");
  watermark_ = in.time("watermark");
  restore_fates(in);
  for (const JoinDue* next = next_to_go(); next && next->due < watermark_; next = next_to_go()) {
    remove_next(next->row);
  }
  std::vector<JoinRow*> rows;
  while (in.next_is(kRows)) {
    while (in.next_row()) rows.push_back(restore_row(in));
  }
  std::ranges::sort(rows, {}, &JoinRow::number);
  for (JoinRow* row : rows) insert(row->side, row);
  return in.status();
}

JoinRow* IntervalJoin::restore_row(SnapshotReader& in) {
  const auto [group, is_new] = groups_.find_or_add({restore_bytes(in, 5), {}});
  if (is_new) new (group->state()) Sides{};
  JoinRow* row = rows_.make(restore_bytes(in, 6), restore_bytes(in, 7));
  row->side = in.unsigned_integer(std::size_t{0}) == kLeft ? kLeft : kRight;
  row->time = from_nanos(in.integer(1));
  row->expiry = from_nanos(in.integer(2));
  row->number = in.unsigned_integer(3);
  row->matched = in.unsigned_integer(4) != 0;
  row->group = group;
  row->hash = GroupTable::hash_of(group->key());
  return row;
}

}  // namespace

OperatorPtr make_interval_join(JoinOptions options) {
  return std::make_unique<IntervalJoin>(std::move(options));
}

}  // namespace streamutils
