// ColdKeys: what is known of keys that memory has no room for, each as a text on disk.
//
// Runs that are merged later (spill_runs.h) are for states that nobody asks for before their window
// closes.  Rolling windows and windows of rows ask for the past of a key with each event of it.  So
// here a key is found by one look into memory and one into the file, where texts are put behind one
// another in the order in which keys were given:
//
//     in memory     fingerprint of the key | where its text is, age, when it may be forgotten
//     in the file   text | text | text | ...
//
// That is 53 bytes for each key in memory, and 32 more where keys are forgotten by time.  Texts
// that were taken out leave holes; when these come to more than what is left, that moves to a new
// file: so the file is at most about twice as large as what it holds, and a byte is moved about
// once. (Rosenblum and Ousterhout: The Design and Implementation of a Log-Structured File System,
// SOSP 1991; Sheehy and Smith: Bitcask, 2010, keeps keys in memory in the same way.)
//
// If the disk is full, texts stay in memory (steady_scratch.h).
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "base/time.h"
#include "ops/fingerprint_table.h"
#include "ops/keyed.h"
#include "ops/spill_tools.h"
#include "ops/steady_scratch.h"
#include "ops/time_buckets.h"

namespace streamutils {

class ColdKeys {
 public:
  // tools must outlive it.  timers: about how far apart the times are at which keys are forgotten.
  explicit ColdKeys(const SpillTools& tools, Duration timers = Duration(1))
      : tools_(tools), scratch_(tools.room.fresh()), timers_(timers) {}

  std::size_t size() const { return places_.size(); }
  bool has(std::string_view key) const { return places_.find(print_of(key)) != nullptr; }

  // What is known of a key that is not there.  age: different for each key.  due: from when on
  // forget() drops it; kMaxTime: never.
  void put(std::string_view key, std::string_view text, std::uint64_t age, Timestamp due);
  // To be called behind some of them.
  void finish_puts();

  // Takes the text of a key out; false if there is none, or it cannot be read.
  bool take(std::string_view key, std::string& text) { return take(print_of(key), text); }
  bool take(const Fingerprint& print, std::string& text);

  void forget(Timestamp now);

  bool disk_is_full() const { return scratch_->is_full(); }
  // Something could not be read again.
  bool has_failed() const { return has_failed_; }

  // Calls visit for each text, by age.  False if one cannot be read.  Changes nothing, and may be
  // called in a process that was forked from the one that put them there.
  using Visit =
      std::function<void(const Fingerprint& print, std::uint64_t age, std::string_view text)>;
  bool visit(const Visit& visit) const;

 private:
  struct Place {
    std::uint64_t offset;
    std::uint64_t age;
    Timestamp due;
    std::uint64_t length;
  };
  using Table = FingerprintTable<Place>;
  using Timer = TimerFor<Fingerprint>;

  Fingerprint print_of(std::string_view key) const { return storable(siphash128(secret_, key)); }
  // All of them, by this number.
  std::vector<Table::Slot*> sorted(std::uint64_t Place::*number) const;
  void drop(Table::Slot* slot);
  void flush();
  void move_to_new_file();

  const SpillTools& tools_;
  std::shared_ptr<SteadyScratch> scratch_;
  std::string behind_;  // texts that are not in the file yet
  SipKey secret_ = SipKey::random();
  Table places_;
  TimeBuckets<Timer> timers_;
  std::uint64_t bytes_ = 0;  // of all texts
  bool has_failed_ = false;
};

// Calls visit_group(group) for each of the groups, which stand in the order of their first_seen,
// and visit_text(text) for each of the cold keys, if there are any, all by age.  False if a text
// cannot be read.
template <typename VisitGroup, typename VisitText>
bool visit_by_age(const std::vector<Group*>& groups, const std::optional<ColdKeys>& cold,
                  const VisitGroup& visit_group, const VisitText& visit_text) {
  auto next = groups.begin();
  const bool ok =
      !cold || cold->visit([&](const Fingerprint&, std::uint64_t age, std::string_view text) {
        for (; next != groups.end() && (*next)->first_seen < age; ++next) visit_group(*next);
        visit_text(text);
      });
  for (; next != groups.end(); ++next) visit_group(*next);
  return ok;
}

}  // namespace streamutils
