// SPDX-License-Identifier: Apache-2.0
#include "ops/join_side.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace streamutils {
namespace {

// A search may pass so many rows more than it finds before the key is hot.
constexpr std::size_t kMostPassed = 64;

// A slot is looked at again before what it points to could be so far back that another row seems to
// stand there: a quarter of what places can tell apart.
constexpr JoinLog::Place kLongestUnseen = JoinLog::Place{1} << 30;

bool goes_first(const FoundRow& a, const FoundRow& b) {
  return a.time != b.time ? a.time < b.time : a.number < b.number;
}

}  // namespace

JoinSide::JoinSide(std::uint8_t side, LogPart::Write write, std::optional<Duration> lasts,
                   std::uint64_t first_chunk)
    : log_(side, write, first_chunk), lasts_(lasts), looked_at_(log_.back()) {}

JoinLog::Place JoinSide::add(const LoggedRow& facts, const LoggedText& text) {
  const JoinLog::Place place = log_.add(facts, text);
  link(log_.at(place), place);
  return place;
}

void JoinSide::link(LoggedRow& row, JoinLog::Place place) {
  const auto leads = [this](const Slot& slot) { return leads_to_row(slot); };
  if (place - looked_at_ > kLongestUnseen) {
    slots_.drop_idle(leads);
    looked_at_ = place;
  }
  Slot& slot = slots_.slot_for(row.hash, leads);
  const std::uint32_t newest = std::exchange(slot.newest, static_cast<std::uint32_t>(place));
  row.previous = log_.contains(newest) ? newest : 0;
  if (InOrder* hot = hot_rows(row.hash)) {
    drop_expired(*hot);
    hot->add({row.time, row.number, &row, place});
  }
}

// If not, the slot goes, and what is known of its hash.
bool JoinSide::leads_to_row(const Slot& slot) {
  if (log_.contains(slot.newest)) return true;
  if (!hot_.empty()) hot_.erase(slot.hash);
  return false;
}

// Rows of a hot key are in order of expiry, too.
void JoinSide::drop_expired(InOrder& rows) const {
  const Timestamp first_held = minus(watermark_, *lasts_);
  while (!rows.empty() && rows.first().time < first_held) rows.remove(FoundRow(rows.first()));
}

bool JoinSide::is_held(const Slot& slot) const {
  for (std::uint32_t place = slot.newest; log_.contains(place); place = log_.at(place).previous) {
    if (is_held(log_.at(place))) return true;
  }
  return false;
}

void JoinSide::clear() {
  hot_.clear();
  log_.clear();
  slots_.clear();
}

void JoinSide::compact() {
  hot_.clear();
  log_.compact(watermark_);
  slots_.clear();
  log_.for_each_from(log_.front(), [this](LoggedRow& row, JoinLog::Place at) { link(row, at); });
}

// --- Searches ------------------------------------------------------------------------------------

std::span<const FoundRow> JoinSide::find(std::string_view key, std::uint32_t hash, Timestamp first,
                                         Timestamp last) {
  found_.clear();
  InOrder* const hot = hot_rows(hash);
  if (hot == nullptr) {
    walk(hash, key, first, last);
    return found_;
  }
  drop_expired(*hot);
  hot->each_within(first, last, [&](const FoundRow& row) {
    if (row.row->key() == key) found_.push_back(row);
    return true;
  });
  return found_;
}

// Takes rows out of the chain that are not held any more.
void JoinSide::walk(std::uint32_t hash, std::string_view key, Timestamp first, Timestamp last) {
  std::uint32_t* next = &slots_.find(hash).newest;
  if (*next == 0) return;
  std::size_t passed = 0;
  // The slot keeps a place, even of one that has gone: it is found by that.
  for (std::uint32_t place = *next; log_.contains(place); place = *next) {
    LoggedRow& row = log_.at(place);
    if (!is_held(row) && log_.contains(row.previous)) {
      *next = row.previous;
      continue;
    }
    if (is_held(row) && row.time >= first && row.time <= last && row.key() == key) {
      found_.push_back({row.time, row.number, &row, log_.whole(place)});
    } else {
      ++passed;
    }
    next = &row.previous;
  }
  std::reverse(found_.begin(), found_.end());
  if (!std::is_sorted(found_.begin(), found_.end(), goes_first)) {
    std::sort(found_.begin(), found_.end(), goes_first);
  }
  if (lasts_ && passed > kMostPassed + found_.size()) put_in_order(hash);
}

void JoinSide::put_in_order(std::uint32_t hash) {
  std::vector<FoundRow> rows;
  for (std::uint32_t place = slots_.find(hash).newest; log_.contains(place);) {
    LoggedRow& row = log_.at(place);
    if (is_held(row)) rows.push_back({row.time, row.number, &row, log_.whole(place)});
    place = row.previous;
  }
  std::sort(rows.begin(), rows.end(), goes_first);
  InOrder& hot = hot_[hash];
  for (const FoundRow& row : rows) hot.add(row);
}

void JoinSide::forget(std::uint32_t hash, const FoundRow& row) {
  if (InOrder* hot = hot_rows(hash)) hot->remove(row);
}

}  // namespace streamutils
