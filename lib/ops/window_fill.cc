// SPDX-License-Identifier: Apache-2.0
#include "ops/window_fill.h"

#include <algorithm>
#include <cstring>

namespace streamutils {
namespace {

void save_known(SnapshotWriter& out, const Group& group) {
  Timestamp last_end;
  std::memcpy(&last_end, group.state(), sizeof last_end);
  out.entry("known").field("last_end", last_end);
  save_key(out, group);
}

std::size_t size_of(const Group& group) {
  const auto* const begin = reinterpret_cast<const std::byte*>(&group);
  return static_cast<std::size_t>(group.state() - begin) + KnownPart::kState;
}

}  // namespace

bool KnownPart::add(const Group& group) {
  const std::size_t size = size_of(group);
  std::byte* const to = CopiedPart::add(size);
  if (to != nullptr) std::memcpy(to, &group, size);
  return to != nullptr;
}

void KnownPart::write(SnapshotWriter& out) {
  for (std::byte* at = begin(); at < end();) {
    const auto& group = *reinterpret_cast<const Group*>(at);
    save_known(out, group);
    at += size_of(group);
  }
}

KnownKeys::KnownKeys(WindowParts& parts, std::optional<Duration> fill_for)
    : parts_(parts),
      fill_for_(fill_for),
      table_(KnownPart::kState),
      pool_(parts.aggregates),
      nothing_(pool_.make()) {}

KnownKeys::~KnownKeys() { pool_.free(nothing_); }

void KnownKeys::note(const GroupKey& key, Timestamp end) {
  begin_change();
  note_one(key, end);
}

void KnownKeys::note_one(const GroupKey& key, Timestamp end) {
  const GroupTable::Found found = table_.find_or_add(key);
  if (found.is_new) groups_.push_back(found.group);
  last_end(found.group) = end;
}

void KnownKeys::note(std::span<Group* const> groups, Timestamp end) {
  begin_change();
  for (const Group* group : groups) note_one(group->group_key(), end);
}

void KnownKeys::write_missing(Timestamp start, Timestamp end, Emitter& out) {
  begin_change();
  parts_.rows.begin_window(start, end);
  std::erase_if(groups_, [&](Group* group) {
    if (last_end(group) >= end) return false;
    if (fill_for_ && minus(end, *fill_for_) > last_end(group)) {
      table_.erase(group);
      return true;
    }
    parts_.rows.write(*group, nothing_, {}, out);
    return false;
  });
}

void KnownKeys::save(SnapshotWriter& out) const {
  for (const Group* group : groups_) save_known(out, *group);
}

bool KnownKeys::restore_some(SnapshotReader& in) {
  bool is_any = false;
  for (; in.next_is("known"); is_any = true) note(SavedKey(in).key(), in.time("last_end"));
  return is_any;
}

void KnownKeys::begin_image(SnapshotWriter& out) {
  have_changed_ = false;
  image_out_ = &out;
  image_next_ = 0;
}

bool KnownKeys::continue_image(std::size_t& keys) {
  if (image_out_ == nullptr) return true;
  const auto make = [this] { return std::make_unique<KnownPart>(memory_); };
  for (; image_next_ < groups_.size() && keys > 0; ++image_next_, --keys) {
    image_parts_.add(*image_out_, make, *groups_[image_next_]);
  }
  if (image_next_ < groups_.size()) return false;
  image_parts_.hand_over(*image_out_);
  image_out_ = nullptr;
  return true;
}

void KnownKeys::begin_change() {
  have_changed_ = true;
  std::size_t all = groups_.size() + 1;
  continue_image(all);
}

}  // namespace streamutils
