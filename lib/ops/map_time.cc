// The changes are followed in their order with the name that the member has by then.
// SPDX-License-Identifier: Apache-2.0
#include "ops/map_time.h"

#include <algorithm>
#include <string>

namespace streamutils {
namespace {

using Steps = std::vector<std::string>;

// True if what is at `inner` is, or is part of, what is at `outer`.
bool covers(const Steps& outer, const Steps& inner) {
  return outer.size() <= inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

bool touches(const Path& path, const Path& member) {
  return covers(path.steps(), member.steps()) || covers(member.steps(), path.steps());
}

template <typename Paths, typename ToPath>
bool any_covers(const Paths& paths, const Path& member, ToPath to_path) {
  return std::any_of(paths.begin(), paths.end(),
                     [&](const auto& one) { return covers(to_path(one).steps(), member.steps()); });
}

bool names(const std::vector<Path>& paths, const Path& member) {
  return any_covers(paths, member, [](const Path& path) -> const Path& { return path; });
}

// The name of a member below `from` once that is called `to`.
Path moved(const Path& member, const MapRename& rename) {
  std::string text = rename.to.text();
  for (std::size_t i = rename.from.steps().size(); i < member.steps().size(); ++i) {
    (text += rename.to.is_pointer() ? '/' : '.') += member.steps()[i];
  }
  auto path = Path::parse(text);
  return path ? std::move(*path) : rename.to;
}

bool is_dropped(const Path& member, const std::vector<const Path*>& assigned,
                const MapOptions& options) {
  const bool is_assigned =
      any_covers(assigned, member, [](const Path* path) -> const Path& { return *path; });
  return options.only && !is_assigned && !names(options.keep, member);
}

}  // namespace

std::optional<MemberChange> change_of_time(const Path& member,
                                           const std::vector<const Path*>& assigned,
                                           const MapOptions& options) {
  const MemberChange dropped{.name = {}, .anew = true};
  bool anew = std::any_of(assigned.begin(), assigned.end(),
                          [&](const Path* path) { return touches(*path, member); });
  if (is_dropped(member, assigned, options)) return dropped;
  Path current = member;
  for (const MapRename& one : options.renames) {
    if (covers(one.from.steps(), current.steps())) {
      current = moved(current, one);
    } else if (touches(one.to, current)) {
      anew = true;
    }
  }
  if (names(options.drop, current)) return dropped;
  if (!options.only && !options.keep.empty() && !names(options.keep, current)) return dropped;
  if (!anew && current == member) return std::nullopt;
  return MemberChange{.name = current.text(), .anew = anew};
}

}  // namespace streamutils
