// SPDX-License-Identifier: Apache-2.0
#include "ops/window_spill.h"

#include <algorithm>
#include <utility>

namespace streamutils {
namespace {

constexpr std::size_t kFan = 16;  // runs that are joined to one

}  // namespace

std::vector<Run> SpilledGroups::runs() const {
  std::vector<Run> runs;
  for (const Level& level : runs_) runs.push_back(level.run);
  return runs;
}

std::uint64_t SpilledGroups::bytes() const {
  std::uint64_t bytes = 0;
  for (const Level& level : runs_) bytes += level.run.size();
  return bytes;
}

void SpilledGroups::spill(Pane& pane, Revisions& revisions) {
  add(write_groups(pane, revisions, tools_.aggregates, tools_.room.for_run()), 0);
  revisions.clear();
  pane.clear();
}

void SpilledGroups::spill(Pane& pane) {
  Revisions none;
  spill(pane, none);
}

void SpilledGroups::absorb(SpilledGroups& other) {
  for (Level& level : other.runs_) add(std::move(level.run), 0);
  other.runs_.clear();
  disk_is_full_ = disk_is_full_ || other.disk_is_full_;
}

void SpilledGroups::add(Run run, unsigned level) {
  disk_is_full_ = disk_is_full_ || run.scratch->is_full();
  runs_.push_back({std::move(run), level});
  const auto last_are_alike = [&] {
    return runs_.size() >= kFan &&
           std::all_of(runs_.end() - kFan, runs_.end(),
                       [&](const Level& one) { return one.level == runs_.back().level; });
  };
  while (last_are_alike() && runs_.back().level != kUnreadable) join_last();
}

// What cannot be read stays as it is, and is told when the window leaves.
void SpilledGroups::join_last() {
  const auto first = runs_.end() - kFan;
  std::vector<Run> parts;
  for (auto one = first; one != runs_.end(); ++one) parts.push_back(one->run);
  auto joined = join_to_run(parts, tools_.aggregates, tools_.room.for_run());
  if (!joined) {
    for (auto one = first; one != runs_.end(); ++one) one->level = kUnreadable;
    return;
  }
  disk_is_full_ = disk_is_full_ || joined->scratch->is_full();
  const unsigned level = runs_.back().level + 1;
  runs_.resize(runs_.size() - kFan);
  runs_.push_back({*std::move(joined), level});
}

bool SpilledGroups::visit(const Pane& rest, const Revisions& revisions, const VisitKey& by_key,
                          const VisitGroup& by_age) const {
  const std::shared_ptr<SteadyScratch> scratch = tools_.room.fresh();
  std::vector<Run> all = runs();
  if (!rest.groups().empty()) {
    all.push_back(write_groups(rest, revisions, tools_.aggregates, scratch));
  }
  return visit_groups(all, tools_.aggregates, scratch, tools_.buffer, by_key, by_age);
}

bool SpilledGroups::visit(const Pane& rest, const VisitGroup& by_age) const {
  return visit(rest, {}, nullptr, by_age);
}

bool SpilledGroups::find(std::string_view key, FoundGroup& found) const {
  return std::ranges::all_of(runs_, [&](const Level& level) { return found.add(level.run, key); });
}

}  // namespace streamutils
