// The as-of join: each event of LEFT with the version of RIGHT that held at its time.
//
//     RIGHT   v1--------v2-----------v3----->     the rates of a currency
//     LEFT        l1         l2   l3              l1 with v1, l2 and l3 with v2
//
// Which version is the newest with a time <= t is known once the watermark W has passed t.  So an
// event of LEFT waits until then, and events leave in the order of their times.  Of the versions of
// a key those before the newest that W has passed can never be asked for again, and go.
//
// A version that comes late, its time < W, cannot reach the events that have left.  It counts for
// those to come if no newer one is known that W has passed.
//
// An image of changes (stream/operator.h) holds the events and versions that have come: which of
// the others have left is known by the watermark.  But a version that says there is none goes when
// the watermark passes it, and takes those before it along: so it is told that it has been.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "ops/change_count.h"
#include "ops/foreseen.h"
#include "ops/image_parts.h"
#include "ops/join_output.h"
#include "ops/join_parts.h"
#include "ops/join_rows.h"
#include "ops/keyed.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

struct alignas(16) Versions {
  JoinList list;
};

JoinList& versions_of(Group& group) { return reinterpret_cast<Versions*>(group.state())->list; }

constexpr std::string_view kRows = "rows";
constexpr std::string_view kDeleted = "deleted";

// The key of an event is its head.
void write_rows(const JoinPart& part, SnapshotWriter& out) {
  out.entry(kRows).json("columns", R"(["side","time","number","deletes","passed","key","text"])");
  part.for_each([&out](const JoinPart::Copy& copy) {
    RowText& row = out.row();
    row.put(std::uint64_t{copy.side});
    row.put(to_nanos(copy.time));
    row.put(copy.number);
    row.put(std::uint64_t{copy.deletes});
    row.put(std::uint64_t{copy.passed});
    save_bytes(row, copy.side == kLeft ? copy.head() : copy.key());
    save_bytes(row, copy.text());
  });
}

// As GroupTable::prefetch() wants them.
struct ForeseenKeys {
  const Foreseen<GroupKey>& keys;

  template <typename Visit>
  void for_each_hash(const Visit& visit) const {
    keys.for_each([&visit](const GroupKey& key) { visit(*key.hash); });
  }
};

class AsofJoin final : public Operator {
 public:
  explicit AsofJoin(JoinOptions options)
      : options_(std::move(options)),
        keys_{JoinKeyReader(options_.arguments.left_keys),
              JoinKeyReader(options_.arguments.right_keys)},
        output_(options_),
        tombstones_(options_.arguments.right_keys),
        groups_(sizeof(Versions)) {}

  // The lists are in the groups, which know nothing of them.
  ~AsofJoin() override {
    for (const JoinRow* row : rows_.all()) {
      if (row->side == kRight && !row->done) versions_of(*row->group).clear();
    }
  }
  AsofJoin(const AsofJoin&) = delete;
  AsofJoin& operator=(const AsofJoin&) = delete;

  Outcome on_record(const Record& record, Emitter& out) override {
    const Outcome outcome =
        record.input() == kLeft ? on_event(record, out) : on_version(record, out);
    warning_.check(rows_.bytes() + groups_.bytes(), "--stats shows how many there are", out);
    return outcome;
  }

  // Events first: they may ask for versions that go.
  void on_watermark(Timestamp now, Emitter& out) override {
    watermark_ = now;
    while (release_some(now, out)) {
    }
    pass_until(now);
  }

  void on_end(Emitter& out) override {
    while (release_some(kMaxTime, out)) {
    }
  }

  void on_interrupt(Emitter& out) override {
    std::vector<JoinRow*> rows = rows_.all();
    std::erase_if(rows, [](const JoinRow* row) { return row->side == kRight; });
    std::ranges::sort(rows, expires_before);
    for (const JoinRow* row : rows) answer(*row, key_of(row->head()), true, out);
  }

  Timestamp least_time_to_come(Timestamp w) const override {
    return events_.empty() ? w : std::min(w, events_.top().row->time);
  }

  void set_time_style(TimeStyle style) override { output_.set_time_style(style); }
  void set_time_member(std::size_t input, const Path& member) override {
    output_.set_time_member(input, member);
    if (input == kRight) tombstones_.set_time_member(member);
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
    rows_.begin_image(out, number_);
    begin_deletions();
  }
  bool has_changes() const override {
    return deletions_.are_known() && are_few(rows_.fresh() + deletions_.size(), rows_.size());
  }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    out.entry(kDeleted).json("columns", R"(["time","number","key"])");
    out.lines(deleted_.take());
    rows_.begin_changes(out, number_);
    begin_deletions();
  }
  bool continue_image(std::size_t entries) override { return rows_.continue_image(entries); }

  void describe_state(std::string& json) const override {
    json += "\"left\":" + std::to_string(events_.size());
    json += ",\"right\":" + std::to_string(versions_);
    json += ",\"keys\":" + std::to_string(groups_.size());
    json += ",\"bytes\":" + std::to_string(rows_.bytes() + groups_.bytes());
  }

 private:
  static constexpr std::size_t kAtOnce = 32;

  bool writes_pairs() const {
    return options_.type == JoinType::inner || options_.type == JoinType::left;
  }

  Outcome on_event(const Record& record, Emitter& out) {
    const auto key = keys_[kLeft].read(record);
    output_.read_left(record);
    if (!record.ok()) return {.fate = Fate::bad};
    if (record.time() < watermark_) {
      return {.fate = Fate::late, .deadline = plus(record.time(), Duration(1))};
    }
    if (!key) {
      out.count("LEFT without a key");
      if (options_.type == JoinType::inner || options_.type == JoinType::semi) {
        return {.fate = Fate::dropped};
      }
    }
    JoinRow* row = rows_.make(key.value_or(std::string_view()), record.line());
    row->side = kLeft;
    row->time = row->expiry = record.time();
    row->number = number_++;
    events_.push(JoinDue(row));
    return {};
  }

  static GroupKey key_of(std::string_view key) { return {key, {}, GroupTable::hash_of(key)}; }

  // The key of a version, if it has one.
  std::optional<GroupKey> read_key(const Record& record) {
    if (const GroupKey* seen = foreseen_.take(record.line())) return *seen;
    const auto key = keys_[kRight].read(record);
    return key ? std::optional(key_of(*key)) : std::nullopt;
  }

  Outcome on_version(const Record& record, Emitter& out) {
    const auto key = read_key(record);
    const bool deletes = key && tombstones_.deletes(record);
    text_.clear();
    if (key && !deletes && writes_pairs()) {
      output_.read_right(record);
      output_.append_right(text_, record);
    }
    if (!record.ok()) return {.fate = Fate::bad};
    if (!key) {
      out.count("RIGHT without a key");
      return {.fate = Fate::dropped};
    }
    const bool late = record.time() < watermark_;
    const Timestamp deadline = plus(record.time(), Duration(1));
    if (late && is_outdated(*key, record.time())) {
      return {.fate = Fate::late, .deadline = deadline};
    }
    const bool full = options_.max_keys && groups_.size() >= *options_.max_keys;
    if (full && groups_.find(*key) == nullptr) {
      return {.fate = Fate::bad, .reason = kTooManyKeys};
    }
    JoinRow* row = rows_.make({}, text_);
    row->time = row->expiry = record.time();
    row->number = number_++;
    row->deletes = deletes;
    insert(*key, row);
    queue_.push(JoinDue(row));
    return {.late_partly = late, .deadline = late ? deadline : kMaxTime};
  }

  // A newer version holds already, or it is too old for any event to come.
  bool is_outdated(const GroupKey& key, Timestamp t) const {
    const auto& within = options_.arguments.within;
    if (within && plus(t, *within) < watermark_) return true;
    Group* group = groups_.find(key);
    if (group == nullptr) return false;
    const JoinList& list = versions_of(*group);
    const ListedRow next = list.after(t);
    return next && next.time < watermark_;
  }

  void save_head(SnapshotWriter& out) const {
    out.entry("asof").field("number", number_).field("watermark", watermark_);
  }
  void restore_deletions(SnapshotReader& in);
  void restore_row(SnapshotReader& in);

  void insert(const GroupKey& key, JoinRow* row) {
    const auto [group, is_new] = groups_.find_or_add(key);
    if (is_new) new (group->state()) Versions{};
    row->side = kRight;
    row->group = group;
    versions_of(*group).add({row->time, row});
    ++versions_;
  }

  // Those that are due come near together.  False if there was none.
  bool release_some(Timestamp now, Emitter& out) {
    HashedKeys<kAtOnce> keys;
    JoinRow* rows[kAtOnce];
    std::size_t n = 0;
    while (n < kAtOnce && !events_.empty() && events_.top().due < now) {
      rows[n] = events_.top().row;
      keys.add({rows[n++]->head(), {}});
      events_.pop();
    }
    if (groups_.is_large()) groups_.prefetch(keys);
    for (std::size_t i = 0; i < n; ++i) {
      answer(*rows[i], keys[i], false, out);
      rows_.free(rows[i]);
    }
    return n > 0;
  }
  void forget_event() {
    JoinRow* row = events_.top().row;
    events_.pop();
    rows_.free(row);
  }

  void answer(const JoinRow& event, const GroupKey& key, bool partial, Emitter& out) {
    const JoinRow* version = version_at(key, event.time);
    if (version != nullptr && writes_pairs()) {
      output_.write_match(event.text(), version->text(), out, partial);
    } else if (options_.type == (version != nullptr ? JoinType::semi : JoinType::anti) ||
               (version == nullptr && options_.type == JoinType::left)) {
      output_.write_left(event.text(), partial, out);
    }
  }

  // Null if there is none.
  const JoinRow* version_at(const GroupKey& key, Timestamp t) const {
    Group* group = key.canonical.empty() ? nullptr : groups_.find(key);
    if (group == nullptr) return nullptr;
    const JoinList& list = versions_of(*group);
    const JoinRow* row = list.until(t).row;
    if (row == nullptr) return nullptr;
    const auto& within = options_.arguments.within;
    const bool too_old = within && plus(row->time, *within) < t;
    return row->deletes || too_old ? nullptr : row;
  }

  void pass_until(Timestamp now) {
    while (!queue_.empty() && queue_.top().due < now) pass(queue_.top().row);
  }

  // The watermark has passed a version: it holds, and those before it do not matter any more.  The
  // second time it is too old itself.
  void pass(JoinRow* row) {
    queue_.pop();
    if (row->done) return rows_.free(row);
    rows_.keep_for_image(*row);
    JoinList& list = versions_of(*row->group);
    if (row->deletes && list.first().row != row) note_deletion(*row);
    drop_before(list, row);
    if (row->passed || row->deletes) {
      list.remove({row->time, row});
      --versions_;
      if (list.empty()) forget(row->group);
      return rows_.free(row);
    }
    row->passed = true;
    if (options_.arguments.within) queue_again(row);
  }

  void queue_again(JoinRow* row) {
    row->expiry = plus(row->time, *options_.arguments.within);
    queue_.push(JoinDue(row));
  }

  // What stands in front of the row has been passed too: either it waits in the queue a second
  // time, or it is nowhere but in the list.
  void drop_before(JoinList& list, const JoinRow* row) {
    while (list.first().row != row) drop_first(list);
  }
  void drop_first(JoinList& list) {
    JoinRow* const old = list.first().row;
    list.remove(list.first());
    rows_.keep_for_image(*old);
    old->done = true;
    if (old->passed && !options_.arguments.within) rows_.free(old);
    --versions_;
  }

  void begin_deletions() {
    deletions_.begin();
    deleted_.take();
  }
  void note_deletion(const JoinRow& row) {
    if (!deletions_.are_known()) return;
    RowText& text = deleted_.row();
    text.put(to_nanos(row.time));
    text.put(row.number);
    save_bytes(text, row.group->key());
    if (!deletions_.add(rows_.size())) deleted_.take();
  }

  void forget(Group* group) {
    std::destroy_at(&versions_of(*group));
    groups_.erase(group);
  }

  JoinOptions options_;
  JoinKeyReader keys_[2];
  JoinOutput output_;
  Tombstones tombstones_;
  MemoryWarning warning_;
  std::string text_;             // scratch
  Foreseen<GroupKey> foreseen_;  // keys of versions
  JoinRows rows_{write_rows};
  GroupTable groups_;
  JoinQueue events_{bucket_width({})};  // of LEFT
  JoinQueue queue_{bucket_width({})};   // versions that the watermark has yet to pass
  std::size_t versions_ = 0;
  std::uint64_t number_ = 0;
  Timestamp watermark_ = kMinTime;
  // Since the last image was begun: versions that took others along.
  ChangeCount deletions_;
  SnapshotWriter deleted_;
};

// Only keys that stand in the line as they are: nearly all.
void AsofJoin::foresee_input(std::size_t input, std::span<const Record> records) {
  if (input != kRight) return;
  foreseen_.clear();
  for (const Record& record : records) {
    const auto key = keys_[kRight].read_in_line(record);
    if (!key || !record.ok()) continue;
    groups_.prefetch(*foreseen_.add(record.line(), key_of(*key)).hash);
  }
  groups_.prefetch(ForeseenKeys{foreseen_});
}

void AsofJoin::save(SnapshotWriter& out) const {
  save_head(out);
  const auto memory = std::make_shared<PartMemory>();
  const auto make = [&memory] { return std::make_unique<JoinPart>(memory, write_rows); };
  ImageParts<JoinPart> parts;
  for (const JoinRow* row : rows_.all()) {
    if (!row->done) parts.add(out, make, *row);
  }
  parts.hand_over(out);
}

Status AsofJoin::restore(SnapshotReader& in) {
  if (!in.next_is("asof")) return Error{"no entry 'asof'"};
  number_ = in.unsigned_integer("number");
  const Timestamp before = std::exchange(watermark_, in.time("watermark"));
  while (!events_.empty() && events_.top().due < watermark_) forget_event();
  // One that came late waits until the watermark grows.
  if (watermark_ > before) pass_until(watermark_);
  if (in.next_is(kDeleted)) restore_deletions(in);
  while (in.next_is(kRows)) {
    while (in.next_row()) restore_row(in);
  }
  return in.status();
}

void AsofJoin::restore_deletions(SnapshotReader& in) {
  while (in.next_row()) {
    const Timestamp time = from_nanos(in.integer(std::size_t{0}));
    const std::uint64_t number = in.unsigned_integer(1);
    Group* const group = groups_.find(restore_bytes(in, 2));
    if (group == nullptr) continue;
    JoinList& list = versions_of(*group);
    const auto goes = [&](const JoinRow& row) {
      return std::pair(row.time, row.number) < std::pair(time, number);
    };
    while (!list.empty() && goes(*list.first().row)) drop_first(list);
    if (list.empty()) forget(group);
  }
}

void AsofJoin::restore_row(SnapshotReader& in) {
  const bool is_event = in.unsigned_integer(std::size_t{0}) == kLeft;
  const std::string key = restore_bytes(in, 5);
  JoinRow* row = rows_.make(is_event ? key : std::string(), restore_bytes(in, 6));
  row->time = row->expiry = from_nanos(in.integer(1));
  row->number = in.unsigned_integer(2);
  if (is_event) {
    row->side = kLeft;
    return events_.push(JoinDue(row));
  }
  row->deletes = in.unsigned_integer(3) != 0;
  row->passed = in.unsigned_integer(4) != 0;
  insert(key_of(key), row);
  if (!row->passed) return queue_.push(JoinDue(row));
  drop_before(versions_of(*row->group), row);
  if (options_.arguments.within) queue_again(row);
}

}  // namespace

OperatorPtr make_asof_join(JoinOptions options) {
  return std::make_unique<AsofJoin>(std::move(options));
}

}  // namespace streamutils
