// AbsentMembers: the members that a command line names and no event has.
//
// A key or an argument that is misspelled is no error: each event lacks it, as some events lack any
// member, and the result is empty or full of nulls.  Once the stream has ended it can be told from
// that: no event at all had the member.  Until an event has it, each one is asked; then no more, so
// what is spelled right costs nothing but for the first events.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/path.h"
#include "json/record.h"
#include "json/scan.h"

namespace streamutils {

// A member that a tool was told to read.
struct ExpectedMember {
  Path path;
  std::optional<std::size_t> input = {};  // in the events of this input alone
  // Nothing is wrong if no event has it (a filter is made for what is rare): it is told only if
  // there is a member of a similar name.
  bool may_lack = false;
};

class AbsentMembers {
 public:
  AbsentMembers() = default;
  explicit AbsentMembers(std::vector<ExpectedMember> expected);

  // False once each member has been seen.
  bool is_watching() const { return !absent_.empty(); }

  // A well-formed event.  Walks the record as far as it must, so it may find damage.
  void look(const Record& record);

  // A block of whole lines of which so many records are not looked at.  A member whose name stands
  // anywhere in it counts as seen.  REQUIRES: as TextScanner::scan.
  void pass(std::string_view block, std::uint64_t records, std::size_t input);

  // Watches no more: the events so far are not all that belong to the stream.
  void forget() { absent_.clear(); }

  // A sentence for each member that no event had, if there were events: "no event had 'usr' (12
  // read); is it spelled 'user'?".  inputs: their names.
  std::vector<std::string> describe(std::span<const std::string> inputs) const;

 private:
  // What was seen of an input.
  struct Seen {
    std::uint64_t records = 0;
    std::uint64_t named = 0;      // of them, those whose names were kept
    std::set<std::string> names;  // of members, and of theirs: "user", "user.id"
  };

  Seen& seen_of(std::size_t input);
  static void keep_names(const Record& record, const std::string& prefix, std::size_t depth,
                         Seen& seen);
  template <typename Visit>
  void for_inputs_of(const ExpectedMember& member, Visit visit) const;
  std::string_view similar_to(const ExpectedMember& member) const;

  std::vector<ExpectedMember> absent_;
  std::vector<ExpectedMember> expected_;  // all, for describe()
  std::size_t depth_ = 1;                 // of the longest path
  std::vector<Seen> seen_;                // by input
  std::vector<TextScanner::Line> lines_;  // scratch of pass()
};

}  // namespace streamutils
