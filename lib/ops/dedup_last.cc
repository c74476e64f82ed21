// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_last.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "ops/dedup_count_row.h"
#include "ops/dedup_reach.h"
#include "ops/dedup_words.h"
#include "ops/fingerprint.h"
#include "ops/fingerprint_table.h"
#include "ops/held_lines.h"
#include "ops/held_lines_image.h"
#include "ops/held_lines_restorer.h"
#include "stream/row_text.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

using Ref = HeldLines::Ref;

// Where the last line of a group stands.
struct Held {
  unsigned char bytes[HeldLines::kRefBytes];

  Ref ref() const {
    Ref ref = 0;
    std::memcpy(&ref, bytes, sizeof bytes);
    return ref;
  }
  void set(Ref ref) { std::memcpy(bytes, &ref, sizeof bytes); }
};

struct Group {
  Timestamp first;            // the time of the first one that came; with refresh the least
  Timestamp least;            // with counts
  Timestamp greatest;         // that of the line that is held
  std::uint64_t repeats = 0;  // with counts
};

// How much later the last one is than the first stands in front of its line, where there is no head
// for it: six bits a byte, the low ones first, in bytes that neither begin nor end a line.
void append_distance(std::string& text, std::uint64_t distance) {
  for (; distance > 0; distance >>= 6) text += static_cast<char>(0xC0 | (distance & 63));
}

bool is_distance(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0xC0; }

std::uint64_t take_distance(std::string_view& text) {
  std::uint64_t distance = 0;
  for (unsigned shift = 0; !text.empty() && is_distance(text.front()); shift += 6) {
    distance |= std::uint64_t{static_cast<unsigned char>(text.front()) & 63U} << shift;
    text.remove_prefix(1);
  }
  return distance;
}

// How a group stands in its row.
class GroupFormat {
 public:
  explicit GroupFormat(const DedupOptions& options)
      : counts_(options.counts), refresh_(options.refresh), within_(options.within.has_value()) {}

  // Of the first and the least how long before the last they are.
  static constexpr std::string_view kColumns =
      R"(["place","last","first","least","repeats","line"])";

  std::size_t head_size() const {
    return counts_ ? sizeof(Head) : refresh_ ? sizeof(Timestamp) : 0;
  }

  // line: as it stands in the row; gives it as it came.
  Group read(Timestamp greatest, const char* head, std::string_view& line) const {
    Group group{greatest, greatest, greatest};
    if (counts_) {
      Head all;
      std::memcpy(&all, head, sizeof all);
      group = {all.first, all.least, greatest, all.repeats};
    } else if (refresh_) {
      std::memcpy(&group.first, head, sizeof group.first);
    } else {
      group.first = minus(greatest, Duration(static_cast<std::int64_t>(take_distance(line))));
    }
    return group;
  }

  void write_head(const Group& group, char* head) const {
    const Head all{group.first, group.least, group.repeats};
    if (counts_) {
      std::memcpy(head, &all, sizeof all);
    } else if (refresh_) {
      std::memcpy(head, &group.first, sizeof group.first);
    }
  }

  // The line as it is to stand there; maybe in `scratch`.
  std::string_view line(const Group& group, std::string_view line, std::string& scratch) const {
    if (head_size() > 0 || !within_ || group.first == group.greatest) return line;
    scratch.clear();
    append_distance(scratch, distance(group.first, group.greatest));
    return scratch += line;
  }

  // Of a snapshot.
  void write(const HeldLines::Row& row, RowText& text) const {
    std::string_view line = row.line;
    const Group group = read(row.time, row.head, line);
    const Timestamp least = counts_ ? group.least : group.first;
    text.put_values(4 * kValueRoom, [&](char* to) {
      to = write_value(to, to_nanos(group.greatest));
      to = write_value(to, distance(group.first, group.greatest));
      to = write_value(to, distance(least, group.greatest));
      return write_value(to, group.repeats);
    });
    save_bytes(text, line);
  }
  // Of the current row, behind the time of the last one.
  static Group read(SnapshotReader& in, Timestamp greatest) {
    return {before(greatest, in.unsigned_integer(2)), before(greatest, in.unsigned_integer(3)),
            greatest, in.unsigned_integer(4)};
  }

 private:
  struct Head {
    Timestamp first;
    Timestamp least;
    std::uint64_t repeats;
  };

  bool counts_;
  bool refresh_;
  bool within_;
};

class DedupLast final : public Operator {
 public:
  explicit DedupLast(DedupOptions options)
      : options_(std::move(options)),
        reach_(options_),
        keys_(options_.fields),
        counts_(options_.fields),
        format_(options_),
        lines_(format_.head_size()),
        image_(lines_, format_),
        moved_([this](Ref from, Ref to) { follow(from, to); }) {}
  DedupLast(const DedupLast&) = delete;
  DedupLast& operator=(const DedupLast&) = delete;

  Outcome on_record(const Record& record, Emitter& out) override {
    const auto print = keys_.read(record);
    if (!record.ok()) return {.fate = Fate::bad};
    const Timestamp t = record.time();
    if (!print) {
      out.count(kNoKey);
      out.emit(record.line());
      return {};
    }
    if (reach_.is_late(t)) {
      out.emit(record.line());
      return passed_late(t, reach_.length());
    }
    if (const auto found = find(*print, t)) {
      add_repeat(*print, *found, record, t);
      return {.fate = Fate::dropped};
    }
    make_room(out);
    const Group group{t, t, t};
    place(*print, group, hold(group, record.line()));
    return {};
  }

  bool foresees() const override { return true; }
  void foresee(std::span<const Record> records) override {
    keys_.foresee(records, [this](const Fingerprint& print) {
      if (!tables_.empty()) tables_.rbegin()->second.prefetch(print);
    });
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    reach_.set_now(now);
    while (!lines_.empty() && is_complete(group_at(lines_.first()))) release(false, out);
  }
  void on_end(Emitter& out) override { release_all(false, out); }
  void on_interrupt(Emitter& out) override { release_all(true, out); }

  Timestamp least_time_to_come(Timestamp w) const override {
    return lines_.empty() ? w : std::min(w, lines_.time(lines_.first()));
  }

  std::string_view fate_of_late() const override { return kLateOnes; }
  void set_time_style(TimeStyle style) override { style_ = style; }
  bool has_state() const override { return true; }
  std::string hash_seed() const override { return keys_.secret(); }
  void save(SnapshotWriter& out) const override {
    save_head(out);
    save_held_lines(out, format_, lines_);
  }
  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    save_head(out);
    image_.begin(out);
  }
  bool continue_image(std::size_t entries) override { return image_.go_on(entries); }
  bool has_changes() const override { return image_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    image_.begin_changes(out);
  }
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override {
    std::size_t bytes = lines_.bytes();
    for (const auto& [slice, table] : tables_) bytes += table.bytes();
    json_members += "\"keys\":" + std::to_string(lines_.size());
    json_members += ",\"bytes\":" + std::to_string(bytes);
  }

 private:
  using Table = FingerprintTable<Held>;
  // Groups
  // -----------------------------------------------------------------------------------------

  Group group_at(Ref ref) const {
    std::string_view line = lines_.line(ref);
    return format_.read(lines_.time(ref), lines_.head(ref), line);
  }

  std::string_view line_at(Ref ref) const {
    std::string_view line = lines_.line(ref);
    take_distance(line);
    return line;
  }

  void set_head(Ref ref, const Group& group) {
    if (format_.head_size() > 0) format_.write_head(group, lines_.edit_head(ref));
  }

  Ref hold(const Group& group, std::string_view line) {
    const Ref ref = lines_.add(group.greatest, format_.line(group, line, text_));
    set_head(ref, group);
    return ref;
  }

  Timestamp turn_of(const Group& group) const { return reach_.turn(group.first, group.greatest); }
  bool is_complete(const Group& group) const { return reach_.is_complete(turn_of(group)); }

  // Slots
  // ------------------------------------------------------------------------------------------

  std::int64_t slice_of(const Group& group) const { return reach_.slices().of(turn_of(group)); }

  // The earliest group that takes an event of time t.
  std::optional<Ref> find(const Fingerprint& print, Timestamp t) const {
    const std::int64_t slice = reach_.slices().of(t);
    for (auto at = tables_.lower_bound(reach_.first_slice(slice)); at != tables_.end(); ++at) {
      if (reach_.is_beyond(at->first, slice)) break;
      const auto* slot = at->second.find(print);
      if (slot == nullptr) continue;
      const Group group = group_at(slot->ref());
      if (reach_.takes(group.first, turn_of(group), t)) return slot->ref();
    }
    return std::nullopt;
  }

  // A group that is complete, and has stood there, is not looked for any more.
  void place(const Fingerprint& print, const Group& group, Ref ref) {
    Table& table = tables_[slice_of(group)];
    auto* slot = table.find(print);
    (slot == nullptr ? table.insert(print) : *slot).set(ref);
  }

  void displace(const Fingerprint& print, const Group& group, Ref ref) {
    const auto table = tables_.find(slice_of(group));
    if (table == tables_.end()) return;
    auto* slot = table->second.find(print);
    if (slot == nullptr || slot->ref() != ref) return;
    table->second.erase(slot);
    if (table->second.size() == 0) tables_.erase(table);
  }

  // A line has moved.
  void follow(Ref from, Ref to) {
    const auto print = keys_.read_line(line_at(to));
    const auto table = tables_.find(slice_of(group_at(to)));
    if (!print || table == tables_.end()) return;
    auto* slot = table->second.find(*print);
    if (slot != nullptr && slot->ref() == from) slot->set(to);
  }

  // Repeats
  // ----------------------------------------------------------------------------------------

  void add_repeat(const Fingerprint& print, Ref ref, const Record& record, Timestamp t) {
    const Group old = group_at(ref);
    Group group = old;
    ++group.repeats;
    group.least = std::min(old.least, t);
    if (options_.refresh) group.first = std::min(old.first, t);
    group.greatest = std::max(old.greatest, t);
    if (options_.refresh && absorb(print, old, group, ref)) return;
    if (t < old.greatest) return set_head(ref, group);
    displace(print, old, ref);
    lines_.remove(ref, moved_);
    place(print, group, hold(group, record.line()));
  }

  // A stretch that has grown may touch the next one, whose line is the later: both are one then.
  bool absorb(const Fingerprint& print, const Group& old, const Group& group, Ref ref) {
    for (auto at = tables_.upper_bound(slice_of(old)); at != tables_.end(); ++at) {
      const auto* slot = at->second.find(print);
      if (slot == nullptr) continue;
      const Ref next = slot->ref();
      Group later = group_at(next);
      if (is_complete(later) || reach_.are_apart(group.greatest, later.first)) return false;
      later.first = group.first;
      later.least = std::min(group.least, later.least);
      later.repeats += group.repeats + 1;
      set_head(next, later);
      displace(print, old, ref);
      lines_.remove(ref, moved_);
      return true;
    }
    return false;
  }

  void make_room(Emitter& out) {
    if (!options_.max_keys || lines_.size() < *options_.max_keys) return;
    if (out.count(kPushedOut)) out.say(words_of_pushed_out(*options_.max_keys));
    release(false, out);
  }

  // Leaving
  // ----------------------------------------------------------------------------------------

  // The group whose turn it is leaves.
  void release(bool partial, Emitter& out) {
    const Ref ref = lines_.first();
    write(ref, partial, out);
    if (const auto print = keys_.read_line(line_at(ref))) displace(*print, group_at(ref), ref);
    lines_.remove(ref, moved_);
  }

  // Nobody looks for any of them again.
  void release_all(bool partial, Emitter& out) {
    tables_.clear();
    while (!lines_.empty()) {
      write(lines_.first(), partial, out);
      lines_.remove(lines_.first(), moved_);
    }
  }

  void write(Ref ref, bool partial, Emitter& out) {
    text_ = line_at(ref);
    if (partial) mark_partial(text_);
    out.emit(text_);
    const Group group = group_at(ref);
    if (!options_.counts || group.repeats == 0) return;
    const std::string members = counts_.members_of(keys_.parse(line_at(ref)));
    out.emit_aside(CountRow::make(members, group.repeats, std::pair(group.least, group.greatest),
                                  style_, partial));
  }

  static void mark_partial(std::string& line) {
    const std::size_t brace = line.rfind('}');
    const bool empty = line.find_first_not_of(" \t", line.find('{') + 1) == brace;
    line.insert(brace, empty ? "\"partial\":true" : ",\"partial\":true");
  }

  void save_head(SnapshotWriter& out) const {
    out.entry("dedup_last").field("watermark", reach_.now());
    keys_.save(out);
  }
  void restore_group(SnapshotReader& in, RestoredRow row);

  DedupOptions options_;
  DedupReach reach_;
  FingerprintReader keys_;
  CountRow counts_;
  TimeStyle style_;
  GroupFormat format_;
  HeldLines lines_;
  HeldLinesImage<GroupFormat> image_;
  HeldLines::Moved moved_;
  std::map<std::int64_t, Table> tables_;  // by slice
  std::string text_;                      // scratch
};

// Of the current row.
void DedupLast::restore_group(SnapshotReader& in, RestoredRow row) {
  const Group group = GroupFormat::read(in, row.time());
  const std::string line = restore_bytes(in, 5);
  if (line.find('\n') != std::string::npos) in.fail("a line that is held is several");
  if (!in.status().ok()) return;
  const auto ref = row.put(format_.line(group, line, text_));
  if (!ref) return in.fail("a line is not held where it says");
  set_head(*ref, group);
  const auto print = keys_.read_line(line_at(*ref));
  if (!print) return in.fail("a line that is held has no key");
  if (!is_complete(group)) place(*print, group, *ref);
}

Status DedupLast::restore(SnapshotReader& in) {
  if (!in.next_is("dedup_last")) return Error{"the snapshot has no entry 'dedup_last'"};
  reach_.set_now(in.time("watermark"));
  keys_.restore(in);
  HeldLinesRestorer lines(
      in, lines_, format_.head_size(), [&](const RestoredRow& row) { restore_group(in, row); },
      [&](const HeldLines::Row& row) {
        const auto print = keys_.read_line(line_at(row.ref));
        if (print) displace(*print, group_at(row.ref), row.ref);
      });
  lines.begin();
  while (lines.take_chunk()) {
  }
  lines.end();
  return in.status();
}

}  // namespace

OperatorPtr make_dedup_last(DedupOptions options) {
  return std::make_unique<DedupLast>(std::move(options));
}

}  // namespace streamutils
