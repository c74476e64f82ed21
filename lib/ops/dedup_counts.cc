// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_counts.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  // In snapshots, where the row says which group it is of.
  void forget_place() {
    if (!is_once()) set_ref(0);
  }
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
  static constexpr std::string_view kColumns =
      R"(["turn","first","least","greatest","repeats","low","high","key"])";
  static std::size_t head_size() { return sizeof(Tally); }
  static void write(const HeldLines::Row& row, RowText& text) {
    Tally tally;
    std::memcpy(&tally, row.head, sizeof tally);
    text.put(to_nanos(row.time));
    text.put(to_nanos(tally.first));
    text.put(to_nanos(tally.least));
    text.put(to_nanos(tally.greatest));
    text.put(tally.repeats);
    text.put(tally.print.low);
    text.put(tally.print.high);
    save_bytes(text, row.line);
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
      place(*print, t).set_distance(distance_of(t));
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
    const std::int64_t slice = slice_of(minus(now, reach_.length()));
    while (!map().empty() && map().begin()->first.slice < slice) {
      size_ -= map().begin()->second.size();
      erase(map().begin());
    }
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
  void erase(SliceTables<Once>::Map::iterator table) {
    images_.before_end(table->second);
    map().erase(table);
  }

  // A slot for a group whose turn is t.  One that is complete and has stood there is not looked for
  // any more.
  Slot& place(const Fingerprint& print, Timestamp t) {
    const std::int64_t slice = slice_of(t);
    const auto end = tables_.behind(slice);
    for (auto at = tables_.from(slice); at != end; ++at) {
      Slot* const slot = at->second.find(print);
      if (slot == nullptr) continue;
      before_change(at->second, *slot);
      return *slot;
    }
    ++size_;
    return tables_.table_for(slice).insert(print);
  }

  void displace(const SlicePlace& place, const Fingerprint& print) {
    const auto table = map().find(place);
    images_.before_end(table->second);
    table->second.erase(table->second.find(print));
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
    if (!is_first) take_out(found, print);
    if (next) take_out(*next, print);
    const Ref ref = rows_.add(turn_of(tally), members);
    std::memcpy(rows_.edit_head(ref), &tally, sizeof tally);
    place(print, turn_of(tally)).set_ref(ref);
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

  // Rows move when one goes: where the other one's stands is asked again.
  void take_out(const Found& found, const Fingerprint& print) {
    const Slot* slot = map().find(found.place)->second.find(print);
    const auto ref = ref_of(*slot);
    displace(found.place, print);
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
    while (!map().empty()) erase(map().begin());
    size_ = 0;
    while (!rows_.empty()) tell_first(partial, out);
  }

  // The oldest table goes, and what it has to tell is told.
  void make_room(Emitter& out) {
    if (!options_.max_keys || size_ < *options_.max_keys) return;
    const auto oldest = map().begin();
    const std::size_t n = oldest->second.size();
    if (out.count(kPushedOut, n)) out.say(words_of_pushed_out(*options_.max_keys));
    std::vector<std::pair<Timestamp, Fingerprint>> told;
    oldest->second.for_each([&](const Slot& slot) {
      if (!slot.is_once()) told.emplace_back(turn_of(tally_at(slot.ref())), slot.print);
    });
    std::sort(told.begin(), told.end());
    for (const auto& [turn, print] : told) {
      const Ref ref = oldest->second.find(print)->ref();
      tell(ref, false, out);
      rows_.remove(ref, moved_);
    }
    size_ -= n;
    erase(oldest);
  }

  std::optional<Ref> restore_row(SnapshotReader& in, std::uint32_t chunk, Timestamp turn);
  void restore_slice(SnapshotReader& in);
  void point_to(const std::vector<Ref>& rows, SnapshotReader& in);
  void save_head(SnapshotWriter& out) const {
    out.entry("dedup_counts").field("watermark", reach_.now()).field("events", events_);
    tables_.save(out);
    keys_.save(out);
  }

  DedupOptions options_;
  DedupReach reach_;
  FingerprintReader keys_;
  CountRow counts_;
  TimeStyle style_;
  std::uint64_t events_ = 0;
  SliceTables<Once> tables_;
  std::size_t size_ = 0;  // of all tables
  HeldLines rows_;        // by their turns

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
  save_head(out);
  images_.begin(map(), out);
  image_.begin(out);
}

// Of the current row; gives where it stands.
std::optional<Ref> DedupCounts::restore_row(SnapshotReader& in, std::uint32_t chunk,
                                            Timestamp turn) {
  const Tally tally{from_nanos(in.integer(1)),
                    from_nanos(in.integer(2)),
                    from_nanos(in.integer(3)),
                    in.unsigned_integer(4),
                    {in.unsigned_integer(5), in.unsigned_integer(6)}};
  const std::string members = restore_bytes(in, 7);
  if (members.find('\n') != std::string::npos) in.fail("a key that is told has a line end");
  if (!in.status().ok()) return std::nullopt;
  const auto ref = rows_.restore_row(chunk, turn, members);
  if (ref) {
    std::memcpy(rows_.edit_head(*ref), &tally, sizeof tally);
  } else {
    in.fail("a row is not held where it says");
  }
  return ref;
}

void DedupCounts::restore_slice(SnapshotReader& in) {
  Table& table = map()[SlicePlace(in)];
  const std::size_t size = table.size();
  restore_slots(in, table);
  size_ += table.size() - size;
}

// Slots say that there is a row; once all are there, where.
Status DedupCounts::restore(SnapshotReader& in) {
  if (!in.next_is("dedup_counts")) return Error{"the snapshot has no entry 'dedup_counts'"};
  reach_.set_now(in.time("watermark"));
  events_ = in.unsigned_integer("events");
  tables_.restore(in);
  keys_.restore(in);
  std::vector<Ref> rows;
  HeldLinesRestorer lines(
      in, rows_, TallyFormat::head_size(),
      [&](std::uint32_t chunk, Timestamp turn) {
        if (const auto row = restore_row(in, chunk, turn)) rows.push_back(*row);
      },
      [](const HeldLines::Row&) {});
  while (in.status().ok() && in.next_is("slice")) restore_slice(in);
  lines.begin();
  for (bool more = true; more && in.status().ok();) {
    more = lines.take_chunk();
    if (more || !in.next_is("slice")) continue;
    restore_slice(in);
    more = true;
  }
  if (!in.status().ok()) return in.status();
  lines.end();
  point_to(rows, in);
  return in.status();
}

void DedupCounts::point_to(const std::vector<Ref>& rows, SnapshotReader& in) {
  std::size_t found = 0;
  for (const Ref ref : rows) {
    Slot* const slot = slot_of(0, tally_at(ref)).second;
    if (slot == nullptr) continue;
    slot->set_ref(ref);
    ++found;
  }
  std::size_t repeated = 0;
  for (const auto& [place, table] : map()) {
    table.for_each([&](const Slot& slot) { repeated += slot.is_once() ? 0 : 1; });
  }
  if (repeated != found) in.fail("a group has repeats, and no row says which");
}

}  // namespace

OperatorPtr make_dedup_counts(DedupOptions options) {
  return std::make_unique<DedupCounts>(std::move(options));
}

}  // namespace streamutils
