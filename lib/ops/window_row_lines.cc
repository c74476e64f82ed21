// SPDX-License-Identifier: Apache-2.0
#include "ops/window_row_lines.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/copy.h"
#include "ops/memory_watch.h"

namespace streamutils {
namespace {

constexpr const char* kApart = "slices of a key do not stand together";

// The columns of a row.
constexpr std::size_t kOpened = SliceFacts::kCount;
constexpr std::size_t kSlice = kOpened + 1;
constexpr std::size_t kSlices = kSlice + 1;
constexpr std::size_t kRows = kSlices + 1;
constexpr std::size_t kLast = kRows + 1;
constexpr std::size_t kKeySeen = kLast + 1;
static_assert(kKeySeen + 1 == RowLineFacts::kCount);

// Rows of slices, with what is known of their key.
template <typename Rows>
class WithLine {
 public:
  // first_open: where the first open window begins.
  WithLine(const RowLine& line, const FixedWindows& windows, std::int64_t first_open, Rows& rows)
      : line_(line), windows_(windows), first_open_(first_open), rows_(rows) {}

  template <typename Visit>
  void write_in_order(const Group& group, const Visit& visit) {
    rows_.write_in_order(group, [&](const auto& put) {
      number_ = opened_ = 0;
      visit([&](const SliceFacts& slice, const std::byte* states) {
        put(facts_of(slice, group), states);
      });
    });
  }
  // Of a key without slices.
  void write(const Group& group, const std::byte* nothing) {
    rows_.write(facts_of({}, group), group, nothing);
  }

 private:
  RowLineFacts facts_of(const SliceFacts& slice, const Group& group) {
    RowLineFacts facts{slice,      number_++,        line_.slices.size(), line_.rows,
                       line_.last, group.first_seen, Timestamp{},         false};
    const bool has_more = opened_ < line_.starts.size();
    const auto open = first_open_ + static_cast<std::int64_t>(opened_);
    if (has_more && windows_.start(open) == slice.start) {
      facts.opened = line_.starts[opened_++];
      facts.opens = true;
    }
    return facts;
  }

  const RowLine& line_;
  const FixedWindows& windows_;
  std::int64_t first_open_;
  Rows& rows_;
  std::size_t number_ = 0;  // slices that have been written
  std::size_t opened_ = 0;  // windows that have been written
};

}  // namespace

char* RowLineFacts::write(char* to) const {
  to = of_slice.write(to);
  to = opens ? write_value(to, to_nanos(opened)) : copy_bytes(to, "null,");
  to = write_value(write_value(to, slice), slices);
  return write_value(write_value(write_value(to, rows), to_nanos(last)), key_seen);
}

RowLines::RowLines(const AggregateList& aggregates, BlockPool& pool, const FixedWindows& windows,
                   const SpillTools* spill_tools)
    : windows_(windows), tools_{aggregates, pool}, spill_tools_(spill_tools), image_(aggregates) {
  if (spill_tools_) cold_.emplace(*spill_tools_);
}

RowLines::~RowLines() {
  for (Group* group : keys_image_.all()) of(group).slices.clear(tools_);
}

Group* RowLines::find(const GroupKey& key) {
  Group* const group = keys_.find(key);
  std::string text;
  if (group || !cold_ || !cold_->take(key.canonical, text)) return group;
  return warm_up(text);
}

Group* RowLines::group_within(std::size_t limit, const GroupKey& key, std::uint64_t event) {
  if (cold_ && cold_->size() > 0) {
    Group* const known = find(key);
    if (known) return known;
    limit -= std::min(limit, cold_->size());
  }
  Group* const group = keys_.group_within(limit, key, event);
  if (group) keys_image_.enter(*group);
  return group;
}

void RowLines::forget(Group* group) {
  keys_image_.forget(*group);
  of(group).slices.clear(tools_);
  keys_.erase(group);
}

void RowLines::clear() {
  while (!keys_image_.all().empty()) forget(keys_image_.all().back());
  if (cold_) cold_.emplace(*spill_tools_);
}

std::int64_t RowLines::first_open(const RowLine& line) const {
  return std::max<std::int64_t>(0, windows_.first(place(line.rows)));
}

// --- On disk -------------------------------------------------------------------------------------

std::size_t RowLines::bytes_of(Group* group) const {
  constexpr std::size_t kSlot = 16;  // half used
  const RowLine& line = of(group);
  return kSlot + sizeof(Group) + group->key_size + group->spelling_size + sizeof(RowLine) +
         line.starts.capacity() * sizeof(Timestamp) + line.slices.bytes(tools_);
}

// Down to half, so that there is not one key to be written with each event.  Memory of keys that
// have gone counts for others.
void RowLines::make_room(std::size_t most) {
  const std::vector<Group*> groups = keys_image_.all();
  std::size_t held = 0;
  for (Group* group : groups) held += bytes_of(group);
  if (held <= most) return;
  SnapshotWriter text;
  GroupRows<RowLineFacts> rows(tools_.aggregates, text);
  text.take();  // the columns are known
  for (Group* group : groups) {
    if (held <= most / 2) break;
    if (of(group).waiting > 0) continue;
    held -= bytes_of(group);
    save_line(group, rows);
    cold_->put(group->key(), text.take(), group->first_seen, kMaxTime);
    forget(group);
  }
  cold_->finish_puts();
}

Group* RowLines::warm_up(std::string_view text) {
  SnapshotReader in{std::string(text)};
  Group* group = nullptr;
  while (in.next_row()) group = restore_row(in);
  return group;
}

bool RowLines::visit_cold(const VisitCold& visit) {
  return !cold_ ||
         cold_->visit([&](const Fingerprint& print, std::uint64_t, std::string_view text) {
           Group* const group = warm_up(text);
           if (!group) return;
           visit(group, print);
           forget(group);
         });
}

Group* RowLines::take_cold(const Fingerprint& print) {
  std::string text;
  return cold_->take(print, text) ? warm_up(text) : nullptr;
}

// --- Snapshots -----------------------------------------------------------------------------------

template <typename Rows>
void RowLines::save_line(Group* group, Rows& rows) const {
  const RowLine& line = of(group);
  WithLine<Rows> with_line(line, windows_, first_open(line), rows);
  if (!line.slices.is_empty()) return line.slices.save(with_line, *group);
  std::byte* const nothing = tools_.pool.make();
  with_line.write(*group, nothing);
  tools_.pool.free(nothing);
}

void RowLines::save(SnapshotWriter& out) const {
  GroupRows<RowLineFacts> rows(tools_.aggregates, out);
  const bool ok = visit_by_age(
      keys_.groups(), cold_, [&](Group* group) { save_line(group, rows); },
      [&](std::string_view text) { out.lines(text); });
  if (!ok) out.fail(kSpillUnreadable);
}

bool RowLines::restore_some(SnapshotReader& in, const std::function<void()>& then) {
  if (!in.next_is(RowLineFacts::kEntry)) return false;
  while (in.next_row()) {
    const bool begins_line = slices_read_ >= slices_;
    if (cold_ && begins_line) find(key_of_row(in).key());  // it comes back
    if (restore_row(in) == nullptr) return false;
    if (slices_read_ >= slices_) then();
  }
  return true;
}

void RowLines::finish_restore(SnapshotReader& in) {
  if (slices_read_ < slices_) in.fail(kApart);
  reading_ = nullptr;
  slices_ = slices_read_ = 0;
}

SavedKey RowLines::key_of_row(SnapshotReader& in) const {
  return SavedKey(in, RowLineFacts::kCount + tools_.aggregates.state_count());
}

// It does not look for the key on disk.
Group* RowLines::restore_row(SnapshotReader& in) {
  const SavedKey saved = key_of_row(in);
  const std::uint64_t slice = in.unsigned_integer(kSlice);
  const bool is_complete = slices_read_ >= slices_;
  if (slice == 0 && is_complete) begin_line(saved.key(), in);
  if (slice != 0 && (is_complete || reading_->key() != saved.canonical)) in.fail(kApart);
  if (slice != slices_read_) in.fail(kApart);
  if (!in.status().ok()) return nullptr;
  RowLine& line = of(reading_);
  if (slices_ > 0) restore_slice(line, in);
  if (slices_read_ >= slices_) check_open_windows(line, in);
  return in.status().ok() ? reading_ : nullptr;
}

void RowLines::restore_slice(RowLine& line, SnapshotReader& in) {
  ++slices_read_;
  line.slices.restore_row(in, tools_, RowLineFacts::kCount);
  if (in.json(kOpened).is(Kind::null)) return;
  const std::int64_t open = first_open(line) + static_cast<std::int64_t>(line.starts.size());
  const bool begins_here = windows_.start(open) == from_nanos(in.integer(std::size_t{0}));
  if (!begins_here) in.fail("a window opens where none begins");
  line.starts.push_back(from_nanos(in.integer(kOpened)));
}

// What is known of it goes.
void RowLines::begin_line(const GroupKey& key, SnapshotReader& in) {
  const std::uint64_t seen = in.unsigned_integer(kKeySeen);
  reading_ = keys_.group(key, seen);
  keys_image_.enter(*reading_);
  reading_->first_seen = seen;
  slices_ = in.unsigned_integer(kSlices);
  slices_read_ = 0;
  RowLine& line = of(reading_);
  line.slices.clear(tools_);
  line.starts.clear();
  line.rows = in.integer(kRows);
  line.last = from_nanos(in.integer(kLast));
}

// A damaged count would make windows without end.
void RowLines::check_open_windows(const RowLine& line, SnapshotReader& in) const {
  const std::int64_t open =
      line.rows == 0 ? 0 : windows_.last(place(line.rows - 1)) - first_open(line) + 1;
  const bool plausible =
      line.rows >= 0 && std::cmp_equal(std::max<std::int64_t>(open, 0), line.starts.size());
  if (!plausible) in.fail("'rows' does not go with the open windows");
}

// --- Images --------------------------------------------------------------------------------------

void RowLines::begin_image(SnapshotWriter& out) {
  image_.begin(out);
  keys_image_.begin_whole();
}

void RowLines::begin_changes(SnapshotWriter& out) {
  keys_image_.begin_changes(out);
  image_.begin(out);
}

void RowLines::bring_near(Group* group, int steps) {
  if (steps == 3) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(group);
    for (std::size_t at = 0; at <= 128; at += 64) __builtin_prefetch(bytes + at);
  }
  if (steps == 2) {
    of(group).slices.prefetch();
    __builtin_prefetch(of(group).starts.data());
  }
  if (steps == 1) of(group).slices.prefetch_states();
}

}  // namespace streamutils
