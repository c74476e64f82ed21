// Runs of groups: what window_spill.h and window_slice_tree.h keep on disk, and how groups leave
// it.
//
// Groups are joined by key and leave by age: an external merge sort by key, which joins the states
// of a key, and then one by first_seen.
//
//     runs        a b d | a c | b c d          by key
//     joined      a b c d                      states merged, the least first_seen
//     to leave    b d a | c                    runs by first_seen
//     rows        b c d a
//
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

#include "ops/aggregate_list.h"
#include "ops/keyed.h"
#include "ops/spill_runs.h"
#include "ops/spill_states.h"
#include "ops/window_pane.h"

namespace streamutils {

// What is kept of a group beside its key and its states.
struct GroupAge {
  std::uint64_t first_seen = 0;
  std::uint64_t revisions = 0;  // how often its row has been written again
};

// Calls visit for each key of the runs, with the states of all of them joined, those of the first
// run first.  False if something cannot be read.
using VisitRecord = std::function<void(const SpilledRecord<GroupAge>& record)>;
bool join_runs(const std::vector<Run>& runs, const AggregateList& aggregates,
               const VisitRecord& visit);

// The same as a run; nullopt if something cannot be read.
std::optional<Run> join_to_run(const std::vector<Run>& runs, const AggregateList& aggregates,
                               std::shared_ptr<SteadyScratch> scratch);

// Writes the groups of the pane as a run.
Run write_groups(const Pane& pane, const Revisions& revisions, const AggregateList& aggregates,
                 std::shared_ptr<SteadyScratch> scratch);

// Calls by_key (if it is not null) for each group of the runs in the order of keys, without its
// states, then by_age for each in the order of first_seen, its states beside it.  What is sorted is
// kept in `scratch` beyond `buffer` bytes.  False if something cannot be read: then some have not
// been visited.
using VisitKey = std::function<void(const GroupKey& key, const GroupAge& age)>;
using VisitGroup = std::function<void(const Group& group, std::uint64_t revisions)>;
bool visit_groups(const std::vector<Run>& runs, const AggregateList& aggregates,
                  std::shared_ptr<SteadyScratch> scratch, std::size_t buffer,
                  const VisitKey& by_key, const VisitGroup& by_age);

// A group that is in no pane, with its states.
class LoneGroup {
 public:
  explicit LoneGroup(const AggregateList& aggregates)
      : aggregates_(aggregates), text_(aggregates), table_(aggregates.block_size()) {}
  ~LoneGroup() { forget(); }
  LoneGroup(const LoneGroup&) = delete;
  LoneGroup& operator=(const LoneGroup&) = delete;

  // Makes it the group of the record, and calls visit(group, numbers).  Once the states of one
  // could not be read, does nothing.
  template <typename Numbers, typename Visit>
  void show(const SpilledRecord<Numbers>& record, const Visit& visit) {
    ok_ = ok_ && make(record.key, record.numbers.first_seen, record.states);
    if (ok_) visit(*group_, record.numbers);
  }
  bool ok() const { return ok_; }

 private:
  bool make(const GroupKey& key, std::uint64_t first_seen, std::string_view states);
  void forget();

  const AggregateList& aggregates_;
  StatesText text_;
  GroupTable table_;
  Group* group_ = nullptr;
  bool ok_ = true;
};

// What has been found of one key.
class FoundGroup {
 public:
  explicit FoundGroup(const AggregateList& aggregates)
      : aggregates_(aggregates), states_(aggregates), name_(0) {}

  // Adds what stands in the run under the key.  False if it cannot be read.
  bool add(const Run& run, std::string_view key);
  // Adds a group in memory, which is later than what was added before.
  void add(const Group& group, std::uint64_t revisions);

  bool is_empty() const { return age_.first_seen == UINT64_MAX; }
  const std::byte* states() const { return states_.get(); }
  std::uint64_t revisions() const { return age_.revisions; }
  // Its key as the earliest spells it, without states.  REQUIRES: !is_empty().
  const Group& name(std::string_view key) { return *name_.find_or_add({key, spelling_}).group; }

 private:
  const AggregateList& aggregates_;
  StateBlock states_;
  GroupAge age_{UINT64_MAX, 0};
  std::string spelling_;
  GroupTable name_;
};

}  // namespace streamutils
