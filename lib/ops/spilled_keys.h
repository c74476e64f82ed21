// SpilledKeys: which keys --max-keys has let into a window, or a part of one, whose groups are not
// all in its pane: --mem moves them to disk, and a sealed slice of overlapping windows has given
// them to the queues of their keys.
//
// A pane knows the keys of the groups that it holds.  Of the others, fingerprints are kept, as
// sdedup keeps them (fingerprint.h): there are at most as many as --max-keys says, at about 26
// bytes each.
// An inside header of lib/ops.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "base/siphash.h"
#include "ops/fingerprint_table.h"
#include "ops/window_pane.h"

namespace streamutils {

class SpilledKeys {
 public:
  // The groups of the pane leave it.
  void note(const Pane& pane) {
    for (const Group* group : pane.groups()) prints_.find_or_insert(print_of(group->key()));
    are_spilled_ = true;
  }
  // A group of this key is elsewhere.
  void note(std::string_view key) {
    prints_.find_or_insert(print_of(key));
    are_spilled_ = true;
  }
  // The group has been restored in the pane.
  void note(const Group& group) {
    if (are_spilled_) prints_.find_or_insert(print_of(group.key()));
  }

  // True if the key is one of the pane or of those on disk, or may be one more of `most`.  Then a
  // group of it is to be made in the pane.
  bool admit(const GroupKey& key, const Pane& pane, std::size_t most) {
    if (!are_spilled_) return pane.groups().size() < most || pane.find(key.canonical);
    return pane.find(key.canonical) || admit(key, most);
  }
  // The same where no pane is there any more.
  bool admit(const GroupKey& key, std::size_t most) {
    const Fingerprint print = print_of(key.canonical);
    if (prints_.find(print)) return true;
    if (prints_.size() >= most) return false;
    prints_.insert(print);
    return true;
  }

 private:
  struct Nothing {};

  Fingerprint print_of(std::string_view key) const { return storable(siphash128(secret_, key)); }

  SipKey secret_ = SipKey::random();
  FingerprintTable<Nothing> prints_;  // once something is spilled, of all keys
  bool are_spilled_ = false;
};

}  // namespace streamutils
