// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_counts.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ops/dedup_changes.h"
#include "ops/dedup_count_row.h"
#include "ops/dedup_image.h"
#include "ops/dedup_reach.h"
#include "ops/dedup_state.h"
#include "ops/dedup_tables.h"
#include "ops/dedup_words.h"
#include "ops/fingerprint.h"
#include "ops/fingerprint_table.h"
#include "ops/held_lines.h"
#include "ops/held_lines_image.h"
#include "ops/held_lines_restorer.h"
#include "ops/slice_images.h"
#include "stream/row_text.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

using Ref = HeldLines::Ref;

// Of a group without repeats: the time of its event, as a distance from the start of the slice, or
// without `within` its number.  Else where its row stands.
struct Once {
  std::uint64_t word;

  bool is_once() const { return (word & 1) == 0; }
  std::uint64_t distance() const { return word >> 1; }
  Ref ref() const { return word >> 1; }
  void set_distance(std::uint64_t distance) { word = distance << 1; }
  void set_ref(Ref ref) { word = ref << 1 | 1; }

  // In snapshots: the row says which group it is of; or, in changes, the group has gone.
  static constexpr Ref kNowhere = Ref{1} << 8 * HeldLines::kRefBytes;
  static constexpr Ref kGone = kNowhere + 1;
  void forget_place() {
    if (!is_once() && !is_gone()) set_ref(kNowhere);
  }
  bool is_gone() const { return !is_once() && ref() == kGone; }
  static constexpr bool kRefresh = false;  // what changes is noted each time (ops/dedup_changes.h)
};

// The head of the row of a group with repeats.
struct Tally {
  Timestamp first;  // the time of the first one that came; with refresh the least
  Timestamp least;
  Timestamp greatest;
  std::uint64_t repeats;
  Fingerprint print;
};

// How a group with repeats stands in a snapshot.
struct TallyFormat {
  // Of the least and the greatest how long before and behind the turn they are.
  static constexpr std::string_view kColumns =
      R"(["place","turn","before","behind","repeats","low","high","key"])";
  static std::size_t head_size() { return sizeof(Tally); }
  static void write(const HeldLines::Row& row, RowText& text) {
    Tally tally;
    std::memcpy(&tally, row.head, sizeof tally);
    text.put_values(6 * kValueRoom, [&](char* to) {
      to = write_value(to, to_nanos(row.time));
      to = write_value(to, distance(tally.least, row.time));
      to = write_value(to, distance(row.time, tally.greatest));
      to = write_value(to, tally.repeats);
      return write_value(write_value(to, tally.print.low), tally.print.high);
    });
    save_bytes(text, row.line);
  }
  // Of the current row.
  static Tally read(SnapshotReader& in, Timestamp turn, bool refresh) {
    const Timestamp least = before(turn, in.unsigned_integer(2));
    const Timestamp greatest = behind(turn, in.unsigned_integer(3));
    return {refresh ? least : turn,
            least,
            greatest,
            in.unsigned_integer(4),
            {in.unsigned_integer(5), in.unsigned_integer(6)}};
  }
};

class DedupCounts final : public Operator {
 public:
  explicit DedupCounts(DedupOptions options)
      : options_(std::move(options)),
        reach_(options_),
        keys_(options_.fields),
        counts_(options_.fields),
        tables_(options_.max_keys),
        rows_(sizeof(Tally)),
        image_(rows_, {}),
        moved_([this](Ref from, Ref to) { follow(from, to); }) {}
  DedupCounts(const DedupCounts&) = delete;
  DedupCounts& operator=(const DedupCounts&) = delete;

  Outcome on_record(const Record& record, Emitter& out) override {
    const auto print = keys_.read(record);
    if (!record.ok()) return {.fate = Fate::bad};
    // Without `within` groups are told in the order of their first events, and have no time.
    const Timestamp t =
        options_.within ? record.time() : from_nanos(static_cast<std::int64_t>(events_++));
    if (!print) {
      out.count(kNoKey);
    } else if (reach_.is_late(t)) {
      out.emit(record.line());
      return passed_late(t, reach_.length());
    } else if (const auto found = find(*print, t)) {
      add_repeat(*print, *found, record, t);
      return {.fate = Fate::dropped};
    } else {
      make_room(out);
      Once once;
      once.set_distance(distance_of(t));
      put(*print, t, once);
    }
    out.emit(record.line());
    return {};
  }

  bool foresees() const override { return true; }
  void foresee(std::span<const Record> records) override {
    keys_.foresee(records, [this](const Fingerprint& print) {
      if (!map().empty()) map().rbegin()->second.prefetch(print);
    });
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    reach_.set_now(now);
    if (!options_.within) return;
    while (!rows_.empty() && is_complete(tally_at(rows_.first()))) tell_first(false, out);
    drop_complete();
  }
  void on_end(Emitter& out) override { tell_all(false, out); }
  void on_interrupt(Emitter& out) override { tell_all(true, out); }

  std::string_view fate_of_late() const override { return kLateOnes; }
  void set_time_style(TimeStyle style) override { style_ = style; }
  bool has_state() const override { return true; }
  std::string hash_seed() const override { return keys_.secret(); }
  void save(SnapshotWriter& out) const override;
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override;
  bool has_changes() const override { return changed_.are_worth_it(size_) && image_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override;
  bool continue_image(std::size_t entries) override {
    return images_.go_on(entries) && image_.go_on(entries);
  }
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override {
    std::size_t bytes = rows_.bytes();
    for (const auto& [place, table] : tables_.map()) bytes += table.bytes();
    json_members += "\"keys\":" + std::to_string(size_);
    json_members += ",\"bytes\":" + std::to_string(bytes);
  }

 private:
  using Table = FingerprintTable<Once>;
  using Slot = Table::Slot;
  struct Found {
    SlicePlace place;  // of its table
    Tally tally;
    std::optional<Ref> ref;  // of its row
  };

  // Groups
  // -----------------------------------------------------------------------------------------

  SliceTables<Once>::Map& map() { return tables_.map(); }

  std::int64_t slice_of(Timestamp t) const { return reach_.slices().of(t); }
  std::uint64_t distance_of(Timestamp t) const {
    return static_cast<std::uint64_t>(to_nanos(t)) - reach_.slices().start(slice_of(t));
  }
  Timestamp turn_of(const Tally& tally) const { return reach_.turn(tally.first, tally.greatest); }

  Tally tally_at(Ref ref) const {
    Tally tally;
    std::memcpy(&tally, rows_.head(ref), sizeof tally);
    return tally;
  }
  Tally tally_of(const Slot& slot, std::int64_t slice) const {
    if (!slot.is_once()) return tally_at(slot.ref());
    const std::uint64_t start = reach_.slices().start(slice);
    const auto t = from_nanos(static_cast<std::int64_t>(start + slot.distance()));
    return {t, t, t, 0, slot.print};
  }

  bool is_complete(const Tally& tally) const { return reach_.is_complete(turn_of(tally)); }

  // The earliest group that takes an event of time t.
  std::optional<Found> find(const Fingerprint& print, Timestamp t) const {
    const std::int64_t slice = slice_of(t);
    const auto end = tables_.map().end();
    for (auto at = tables_.from(reach_.first_slice(slice)); at != end; ++at) {
      if (reach_.is_beyond(at->first.slice, slice)) break;
      const Slot* slot = at->second.find(print);
      if (slot == nullptr) continue;
      const Tally tally = tally_of(*slot, at->first.slice);
      if (reach_.takes(tally.first, turn_of(tally), t)) {
        return Found{at->first, tally, ref_of(*slot)};
      }
    }
    return std::nullopt;
  }
  static std::optional<Ref> ref_of(const Slot& slot) {
    return slot.is_once() ? std::nullopt : std::optional(slot.ref());
  }

  // Slots
  // ------------------------------------------------------------------------------------------

  // An image needs them as they were.
  void before_change(const Table& table, const Slot& slot) const {
    if (!images_.empty()) table.tell(slot);
  }
  void drop(SliceTables<Once>::Map::iterator table) {
    images_.before_end(table->second);
    changed_.drop(table->first);
    size_ -= table->second.size();
    map().erase(table);
  }
  // What nobody looks for any more.
  void drop_complete() {
    const std::int64_t slice = slice_of(minus(reach_.now(), reach_.length()));
    while (!map().empty() && map().begin()->first.slice < slice) drop(map().begin());
  }

  // The slot of a group whose turn is t.  One that is complete and has stood there is not looked
  // for any more.
  void put(const Fingerprint& print, Timestamp t, const Once& once) {
    const std::int64_t slice = slice_of(t);
    const auto end = tables_.behind(slice);
    for (auto at = tables_.from(slice); at != end; ++at) {
      Slot* const slot = at->second.find(print);
      if (slot == nullptr) continue;
      before_change(at->second, *slot);
      // Which row it is stands in no snapshot.
      const bool is_same = !slot->is_once() && !once.is_once();
      static_cast<Once&>(*slot) = once;
      if (!is_same) changed_.note(at->first, *slot, size_);
      return;
    }
    ++size_;
    Slot& slot = tables_.table_for(slice).insert(print);
    static_cast<Once&>(slot) = once;
    if (!changed_.are_known()) return;
    changed_.note(std::prev(tables_.behind(slice))->first, slot, size_);
  }

  void displace(const SlicePlace& place, const Fingerprint& print) {
    const auto table = map().find(place);
    images_.before_end(table->second);
    Slot* const slot = table->second.find(print);
    Slot gone = *slot;
    gone.set_ref(Once::kGone);
    changed_.note(place, gone, size_);
    table->second.erase(slot);
    --size_;
    if (table->second.size() == 0) map().erase(table);
  }

  // The slot that says that the row stands there, and its table; or null.
  std::pair<const SlicePlace*, Slot*> slot_of(Ref ref, const Tally& tally) {
    const std::int64_t slice = slice_of(turn_of(tally));
    const auto end = tables_.behind(slice);
    for (auto at = tables_.from(slice); at != end; ++at) {
      Slot* slot = at->second.find(tally.print);
      if (slot != nullptr && ref_of(*slot) == ref) return {&at->first, slot};
    }
    return {nullptr, nullptr};
  }

  void follow(Ref from, Ref to) {
    const auto [place, slot] = slot_of(from, tally_at(to));
    if (slot == nullptr) return;
    before_change(map().find(*place)->second, *slot);
    slot->set_ref(to);
  }

  // Repeats
  // ----------------------------------------------------------------------------------------

  void add_repeat(const Fingerprint& print, const Found& found, const Record& record, Timestamp t) {
    Tally tally = found.tally;
    ++tally.repeats;
    if (options_.within) {
      tally.least = std::min(tally.least, t);
      tally.greatest = std::max(tally.greatest, t);
      if (options_.refresh) tally.first = tally.least;
    }
    std::optional<Found> next;
    if (options_.refresh) next = touched(print, found.place, tally);
    if (found.ref && !next && turn_of(tally) == turn_of(found.tally)) {
      return static_cast<void>(std::memcpy(rows_.edit_head(*found.ref), &tally, sizeof tally));
    }
    std::string members;
    if (found.ref) members = rows_.line(*found.ref);
    if (next) absorb(tally, *next, members);
    if (members.empty()) members = counts_.members_of(record);
    const bool is_first = !found.ref && !next && turn_of(tally) == turn_of(found.tally);
    // With a limit it is to stand in the last table of the slice.
    const bool is_there = !options_.max_keys && slice_of(turn_of(tally)) == found.place.slice;
    take_out(found, print, is_first || is_there);
    if (next) take_out(*next, print, false);
    const Ref ref = rows_.add(turn_of(tally), members);
    std::memcpy(rows_.edit_head(ref), &tally, sizeof tally);
    Once repeated;
    repeated.set_ref(ref);
    put(print, turn_of(tally), repeated);
  }

  // A stretch that has grown may touch the next one: both are one then.
  std::optional<Found> touched(const Fingerprint& print, const SlicePlace& place,
                               const Tally& tally) {
    for (auto at = map().upper_bound(place); at != map().end(); ++at) {
      const Slot* slot = at->second.find(print);
      if (slot == nullptr) continue;
      const Tally later = tally_of(*slot, at->first.slice);
      if (is_complete(later) || reach_.are_apart(tally.greatest, later.first)) return std::nullopt;
      return Found{at->first, later, ref_of(*slot)};
    }
    return std::nullopt;
  }

  void absorb(Tally& tally, const Found& later, std::string& members) const {
    tally.repeats += later.tally.repeats;
    tally.greatest = later.tally.greatest;
    if (members.empty() && later.ref) members = rows_.line(*later.ref);
  }

  // The row, and its slot unless that stays.  Rows move when one goes: where the other one's stands
  // is asked again.
  void take_out(const Found& found, const Fingerprint& print, bool slot_stays) {
    const Slot* slot = map().find(found.place)->second.find(print);
    const auto ref = ref_of(*slot);
    if (!slot_stays) displace(found.place, print);
    if (ref) rows_.remove(*ref, moved_);
  }

  // Telling
  // ----------------------------------------------------------------------------------------

  void tell(Ref ref, bool partial, Emitter& out) {
    const Tally tally = tally_at(ref);
    std::optional<std::pair<Timestamp, Timestamp>> times;
    if (options_.within) times = {tally.least, tally.greatest};
    out.emit_aside(CountRow::make(rows_.line(ref), tally.repeats, times, style_, partial));
  }

  void tell_first(bool partial, Emitter& out) {
    const Ref ref = rows_.first();
    tell(ref, partial, out);
    const Tally tally = tally_at(ref);
    if (const SlicePlace* place = slot_of(ref, tally).first) {
      displace(SlicePlace(*place), tally.print);
    }
    rows_.remove(ref, moved_);
  }

  // Nobody looks for any of them again.
  void tell_all(bool partial, Emitter& out) {
    while (!map().empty()) drop(map().begin());
    while (!rows_.empty()) tell_first(partial, out);
  }

  // The oldest table goes, and what it has to tell is told.
  void make_room(Emitter& out) {
    if (!options_.max_keys || size_ < *options_.max_keys) return;
    const auto oldest = map().begin();
    const std::size_t n = oldest->second.size();
    if (out.count(kPushedOut, n)) out.say(words_of_pushed_out(*options_.max_keys));
    // By turn, of equal ones as they came.
    std::vector<std::tuple<Timestamp, HeldLines::Order, Fingerprint>> told;
    oldest->second.for_each([&](const Slot& slot) {
      if (slot.is_once()) return;
      const Ref ref = slot.ref();
      told.emplace_back(turn_of(tally_at(ref)), rows_.order_of(ref), slot.print);
    });
    std::sort(told.begin(), told.end());
    for (const auto& [turn, order, print] : told) {
      const Ref ref = oldest->second.find(print)->ref();
      tell(ref, false, out);
      rows_.remove(ref, moved_);
    }
    drop(oldest);
  }

  void save_head(SnapshotWriter& out, bool changes = false) const {
    out.entry("dedup_counts").field("watermark", reach_.now()).field("events", events_);
    if (changes) out.field("changes", true);
    tables_.save(out);
    keys_.save(out);
  }
  void restore_row(SnapshotReader& in, RestoredRow row, std::vector<Ref>& rows);
  void forget_row(const HeldLines::Row& row);
  void restore_slice(SnapshotReader& in, bool changes, std::set<SlicePlace>& named);
  void point_to(const std::vector<Ref>& rows, SnapshotReader& in);

  DedupOptions options_;
  DedupReach reach_;
  FingerprintReader keys_;
  CountRow counts_;
  TimeStyle style_;
  std::uint64_t events_ = 0;
  SliceTables<Once> tables_;
  std::size_t size_ = 0;  // of all tables
  HeldLines rows_;        // by their turns

  ChangedKeys<Once> changed_;  // slots, since the last image was begun

  // The image that is being taken: of the tables, then of the rows.
  SliceImages<SlotsImage<Once>> images_;
  HeldLinesImage<TallyFormat> image_;

  HeldLines::Moved moved_;
};

void DedupCounts::save(SnapshotWriter& out) const {
  save_head(out);
  for (const auto& [place, table] : tables_.map()) {
    place.save(out);
    save_slots(out, table);
  }
  save_held_lines(out, TallyFormat(), rows_);
}

// Slots are handed over before any row, so that they stand in front.
void DedupCounts::begin_image(SnapshotWriter& out) {
  changed_.begin();
  save_head(out);
  images_.begin(map(), out);
  image_.begin(out, size_);
}

// With a limit tables go that time has not passed: then all that there are are named.
void DedupCounts::begin_changes(SnapshotWriter& out) {
  save_head(out, true);
  if (options_.max_keys) {
    for (const auto& [place, table] : map()) place.save(out);
  }
  changed_.write(out);
  image_.begin_changes(out, size_);
}

// Of the current row.
void DedupCounts::restore_row(SnapshotReader& in, RestoredRow row, std::vector<Ref>& rows) {
  const Tally tally = TallyFormat::read(in, row.time(), options_.refresh);
  const std::string members = restore_bytes(in, 7);
  if (members.find('\n') != std::string::npos) in.fail("a key that is told has a line end");
  if (!in.status().ok()) return;
  const auto ref = row.put(members);
  if (!ref) return in.fail("a row is not held where it says");
  std::memcpy(rows_.edit_head(*ref), &tally, sizeof tally);
  rows.push_back(*ref);
}

// Its slot waits for another, or goes.
void DedupCounts::forget_row(const HeldLines::Row& row) {
  Tally tally;
  std::memcpy(&tally, row.head, sizeof tally);
  Slot* const slot = slot_of(row.ref, tally).second;
  if (slot != nullptr) slot->set_ref(Once::kNowhere);
}

void DedupCounts::restore_slice(SnapshotReader& in, bool changes, std::set<SlicePlace>& named) {
  const SlicePlace place(in);
  named.insert(place);
  Table& table = map()[place];
  size_ -= table.size();
  restore_slots(in, table, changes);
  size_ += table.size();
}

// Slots say that there is a row; once all are there, where.
Status DedupCounts::restore(SnapshotReader& in) {
  if (!in.next_is("dedup_counts")) return Error{"the snapshot has no entry 'dedup_counts'"};
  const bool changes = in.json("changes").exists();
  reach_.set_now(in.time("watermark"));
  if (changes && options_.within) drop_complete();
  events_ = in.unsigned_integer("events");
  tables_.restore(in);
  keys_.restore(in);
  std::vector<Ref> rows;
  HeldLinesRestorer lines(
      in, rows_, TallyFormat::head_size(),
      [&](const RestoredRow& row) { restore_row(in, row, rows); },
      [&](const HeldLines::Row& row) { forget_row(row); });
  std::set<SlicePlace> named;
  while (in.status().ok() && in.next_is("slice")) restore_slice(in, changes, named);
  lines.begin();
  for (bool more = true; more && in.status().ok();) {
    more = lines.take_chunk();
    if (more || !in.next_is("slice")) continue;
    restore_slice(in, changes, named);
    more = true;
  }
  if (!in.status().ok()) return in.status();
  lines.end();
  for (auto table = map().begin(); table != map().end();) {
    const auto next = std::next(table);
    const bool is_dropped = changes && options_.max_keys && !named.contains(table->first);
    if (is_dropped || table->second.size() == 0) drop(table);
    table = next;
  }
  point_to(rows, in);
  return in.status();
}

void DedupCounts::point_to(const std::vector<Ref>& rows, SnapshotReader& in) {
  for (const Ref ref : rows) {
    Slot* const slot = slot_of(Once::kNowhere, tally_at(ref)).second;
    if (slot != nullptr) slot->set_ref(ref);
  }
  for (const auto& [place, table] : map()) {
    table.for_each([&](const Slot& slot) {
      if (ref_of(slot) == Once::kNowhere) in.fail("a group has repeats, and no row says which");
    });
  }
}

}  // namespace

OperatorPtr make_dedup_counts(DedupOptions options) {
  return std::make_unique<DedupCounts>(std::move(options));
}

}  // namespace streamutils
