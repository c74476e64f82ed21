// SPDX-License-Identifier: Apache-2.0
#include "ops/window_slice_tree.h"

#include <algorithm>

namespace streamutils {

// Each slide holds one slice, or two (windower.h).
std::int64_t SliceTree::number(Timestamp slice) const {
  const std::int64_t slide = windows_.last(slice);
  return slide * 2 + (windows_.start(slide) == slice ? 0 : 1);
}

void SliceTree::add(Timestamp slice, Pane& pane) {
  if (pane.groups().empty()) return;
  const std::int64_t n = number(slice);
  SpilledGroups& groups =
      slices_.try_emplace(n, Slice{slice, SpilledGroups(tools_)}).first->second.groups;
  groups.spill(pane);
  disk_is_full_ = disk_is_full_ || groups.disk_is_full();
  std::erase_if(joined_,
                [n](const auto& entry) { return n >> entry.first.level == entry.first.place; });
}

void SliceTree::drop_first() {
  const std::int64_t dropped = slices_.begin()->first;
  slices_.erase(slices_.begin());
  std::erase_if(joined_, [dropped](const auto& entry) {
    return (entry.first.place << entry.first.level) <= dropped;
  });
}

bool SliceTree::take(const Node& node, std::vector<Run>& runs) {
  const std::int64_t begin = node.place << node.level;
  const std::int64_t end = begin + (std::int64_t{1} << node.level);
  const auto first = slices_.lower_bound(begin);
  if (first == slices_.end() || first->first >= end) return true;
  const auto second = std::next(first);
  if (second == slices_.end() || second->first >= end) {
    for (Run& run : first->second.groups.runs()) runs.push_back(std::move(run));
    return true;
  }
  const std::int64_t middle = begin + (std::int64_t{1} << (node.level - 1));
  if (first->first >= middle) return take({node.level - 1, node.place * 2 + 1}, runs);
  if (std::prev(slices_.lower_bound(end))->first < middle) {
    return take({node.level - 1, node.place * 2}, runs);
  }
  auto known = joined_.find(node);
  if (known == joined_.end()) {
    std::vector<Run> parts;
    if (!take({node.level - 1, node.place * 2}, parts)) return false;
    if (!take({node.level - 1, node.place * 2 + 1}, parts)) return false;
    auto joined = join_to_run(parts, tools_.aggregates, tools_.room.for_run());
    if (!joined) return false;
    disk_is_full_ = disk_is_full_ || joined->scratch->is_full();
    known = joined_.emplace(node, *std::move(joined)).first;
  }
  runs.push_back(known->second);
  return true;
}

bool SliceTree::visit(Timestamp begin, Timestamp end, const VisitKey& by_key,
                      const VisitGroup& by_age) {
  const auto start = [](const auto& entry) { return entry.second.start; };
  const auto first = std::ranges::lower_bound(slices_, begin, {}, start);
  const auto last = std::ranges::lower_bound(slices_, end, {}, start);
  if (first == last) return true;
  std::int64_t at = first->first;
  const std::int64_t behind = std::prev(last)->first + 1;
  std::vector<Run> runs;
  while (at < behind) {  // the greatest node that begins here and does not reach beyond
    unsigned level = 0;
    while (level < 62 && (at >> (level + 1)) << (level + 1) == at &&
           at + (std::int64_t{2} << level) <= behind) {
      ++level;
    }
    if (!take({level, at >> level}, runs)) return false;
    at += std::int64_t{1} << level;
  }
  return visit_groups(runs, tools_.aggregates, tools_.room.fresh(), tools_.buffer, by_key, by_age);
}

bool SliceTree::visit_slice(Timestamp slice, const Pane& rest, const VisitGroup& by_age) const {
  const auto known = slices_.find(number(slice));
  if (known != slices_.end()) return known->second.groups.visit(rest, by_age);
  for (const Group* group : rest.groups()) by_age(*group, 0);
  return true;
}

std::vector<Timestamp> SliceTree::slices() const {
  std::vector<Timestamp> starts;
  for (const auto& [number, slice] : slices_) starts.push_back(slice.start);
  return starts;
}

bool SliceTree::find(Timestamp begin, Timestamp end, std::string_view key,
                     FoundGroup& found) const {
  return std::ranges::all_of(slices_, [&](const auto& entry) {
    const Slice& slice = entry.second;
    return slice.start < begin || slice.start >= end || slice.groups.find(key, found);
  });
}

}  // namespace streamutils
