// SPDX-License-Identifier: Apache-2.0
#include "ops/group_runs.h"

#include <algorithm>
#include <utility>

namespace streamutils {
namespace {

using AgeRecord = SpilledRecord<GroupAge>;

struct Older {
  bool operator()(const GroupAge& a, const GroupAge& b) const {
    return a.first_seen < b.first_seen;
  }
};

}  // namespace

bool join_runs(const std::vector<Run>& runs, const AggregateList& aggregates,
               const VisitRecord& visit) {
  auto merge = merge_by_key<GroupAge>(runs);
  StateBlock whole(aggregates);
  std::string key;
  std::string spelling;
  std::string text;
  while (merge.current()) {
    const AgeRecord& first = *merge.current();
    key = first.key.canonical;
    spelling = first.key.spelling;
    text = first.states;
    GroupAge age = first.numbers;
    bool is_alone = true;
    for (merge.next(); merge.current() && merge.current()->key.canonical == key; merge.next()) {
      const AgeRecord& part = *merge.current();
      if (is_alone && !whole.merge(text)) return false;
      is_alone = false;
      if (!whole.merge(part.states)) return false;
      if (part.numbers.first_seen < age.first_seen) spelling = part.key.spelling;
      age.first_seen = std::min(age.first_seen, part.numbers.first_seen);
      age.revisions += part.numbers.revisions;
    }
    if (!is_alone) {
      text = whole.text();
      whole.clear();
    }
    visit(AgeRecord{age, {key, spelling}, text});
  }
  return !merge.has_failed();
}

std::optional<Run> join_to_run(const std::vector<Run>& runs, const AggregateList& aggregates,
                               std::shared_ptr<SteadyScratch> scratch) {
  RunWriter<GroupAge> writer(std::move(scratch));
  const bool ok = join_runs(runs, aggregates, [&](const AgeRecord& record) { writer.add(record); });
  Run joined = writer.finish();
  return ok ? std::optional(std::move(joined)) : std::nullopt;
}

Run write_groups(const Pane& pane, const Revisions& revisions, const AggregateList& aggregates,
                 std::shared_ptr<SteadyScratch> scratch) {
  std::vector<const Group*> groups(pane.groups().begin(), pane.groups().end());
  std::ranges::sort(groups, {}, &Group::key);
  RunWriter<GroupAge> writer(std::move(scratch));
  StatesText states(aggregates);
  for (const Group* group : groups) {
    const auto revised = revisions.find(group);
    const std::uint64_t times = revised == revisions.end() ? 0 : revised->second;
    writer.add({{group->first_seen, times}, group->group_key(), states.of(group->state())});
  }
  return writer.finish();
}

bool visit_groups(const std::vector<Run>& runs, const AggregateList& aggregates,
                  std::shared_ptr<SteadyScratch> scratch, std::size_t buffer,
                  const VisitKey& by_key, const VisitGroup& by_age) {
  RecordSorter<GroupAge, Older> sorter(std::move(scratch), buffer);
  const bool could_join = join_runs(runs, aggregates, [&](const AgeRecord& record) {
    if (by_key) by_key(record.key, record.numbers);
    sorter.add(record);
  });
  if (!could_join) return false;
  LoneGroup group(aggregates);
  const auto show = [&](const Group& whole, const GroupAge& age) { by_age(whole, age.revisions); };
  const bool could_sort = sorter.visit([&](const AgeRecord& record) { group.show(record, show); });
  return could_sort && group.ok();
}

bool LoneGroup::make(const GroupKey& key, std::uint64_t first_seen, std::string_view states) {
  forget();
  group_ = table_.find_or_add(key).group;
  group_->first_seen = first_seen;
  aggregates_.create(group_->state());
  return text_.read(states, group_->state());
}

void LoneGroup::forget() {
  if (!group_) return;
  aggregates_.destroy(group_->state());
  table_.erase(group_);
  group_ = nullptr;
}

bool FoundGroup::add(const Run& run, std::string_view key) {
  bool ok = true;
  const bool read = find_in_run<GroupAge>(run, key, [&](const AgeRecord& part) {
    ok = ok && states_.merge(part.states);
    if (part.numbers.first_seen < age_.first_seen) spelling_ = part.key.spelling;
    age_.first_seen = std::min(age_.first_seen, part.numbers.first_seen);
    age_.revisions += part.numbers.revisions;
  });
  return read && ok;
}

void FoundGroup::add(const Group& group, std::uint64_t revisions) {
  aggregates_.merge(states_.get(), group.state());
  if (group.first_seen < age_.first_seen) spelling_ = group.group_key().spelling;
  age_.first_seen = std::min(age_.first_seen, group.first_seen);
  age_.revisions += revisions;
}

}  // namespace streamutils
