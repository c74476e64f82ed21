// SPDX-License-Identifier: Apache-2.0
#include "stream/known_names.h"

#include <iterator>

namespace streamutils {

NameFacts* KnownNames::find(std::string_view name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    names_.splice(names_.end(), names_, found->second);
    found->second->used = now();
    return &found->second->facts;
  }
  const auto noted = notes_ ? notes_->recall(kind_, name) : std::nullopt;
  return noted ? &add(name, *noted) : nullptr;
}

void KnownNames::set(std::string_view name, const NameFacts& facts) {
  if (NameFacts* const known = find(name)) {
    *known = facts;
  } else {
    add(name, facts);
  }
}

NameFacts& KnownNames::add(std::string_view name, const NameFacts& facts) {
  note_old();
  names_.push_back({std::string(name), facts, now()});
  by_name_.emplace(names_.back().name, std::prev(names_.end()));
  return names_.back().facts;
}

// The ones of a burst go when others come.
void KnownNames::note_old() {
  while (notes_ && names_.size() >= keeps_ && names_.front().used + kSaves < now()) {
    const Name& oldest = names_.front();
    notes_->note(kind_, oldest.name, oldest.facts);
    by_name_.erase(oldest.name);
    names_.pop_front();
  }
}

void KnownNames::for_each(
    const std::function<void(const std::string& name, const NameFacts& facts)>& visit) const {
  for (const Name& name : names_) visit(name.name, name.facts);
}

}  // namespace streamutils
