// MemberText: an object (or array) of an event as the pieces of its text, to be changed member by
// member.
//
// What is not changed leaves as the bytes that came in: order, spaces, spellings, duplicate names.
// A new member goes behind the last one.  Of duplicate names the first is the member that is read
// and replaced; to drop a name drops all of them.
//
// Everything here is views: on the text that was read, and on what was set.  Both must outlive it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/path.h"
#include "json/record.h"

namespace streamutils {

// Texts that are made for one event, at places that do not change.
class TextPool {
 public:
  // An empty text, valid until reset().
  std::string& make() {
    if (used_ == texts_.size()) texts_.emplace_back();
    texts_[used_].clear();
    return texts_[used_++];
  }
  void reset() {
    if (used_ > kKept) texts_.resize(kKept);
    used_ = 0;
  }

 private:
  static constexpr std::size_t kKept =
      256;  // so that one huge event does not occupy memory for ever

  std::deque<std::string> texts_;
  std::size_t used_ = 0;
};

class MemberText {
 public:
  // A member, or an element, whose key and colon are empty.  Spaces belong to the piece that they
  // stand in.
  struct Item {
    std::string_view before;  // spaces
    std::string_view key;     // with its quotes
    std::string_view colon;   // and spaces around it
    std::string_view value;
    std::string_view after;  // spaces
  };

  explicit MemberText(TextPool& pool) : pool_(&pool) {}

  // The members of the event.  False if the record is damaged.
  bool read(const Record& record);
  // REQUIRES: a well-formed object or array without spaces around it.
  void read(std::string_view container);

  const std::vector<Item>& items() const { return items_; }
  // True for what ends in ']'.
  bool is_array() const { return tail_.front() == ']'; }

  // The value at a path, found as Record::get finds it.
  std::optional<std::string_view> get(const Path& path) const;

  // The first member of that name.
  std::optional<std::string_view> member(std::string_view name) const;

  // Sets the member at a path, as Evaluator::assign does: makes objects on the way where there are
  // none; an array index must exist, or be the length.  False, with nothing changed, if the path
  // leads through a value that has no members.
  bool set(const Path& path, std::string_view json);

  // Sets a member by its raw key.
  void set_member(std::string_view key, std::string_view json);

  // Drops what is at the path, if there is anything.
  void drop(const Path& path);

  // Gives what is at the path another name.  Inside of the event's top level it stays at its place;
  // in any other case it is dropped and set.  What had the name before is dropped.  False, with
  // nothing changed, if the new path cannot be set.
  bool rename(const Path& from, const Path& to);

  // Keeps only what is at the paths, and the objects around it.  An array that a path leads into is
  // kept whole.
  void keep(const std::vector<const Path*>& paths);

  void write(std::string& out) const;

 private:
  // Where a path goes on: into which item, and with which step.
  struct Step {
    std::size_t item;
    std::size_t next;
  };
  struct Wanted {
    const Path* path;
    std::size_t next;
  };

  std::optional<Step> step(const Path& path, std::size_t at) const;
  std::optional<std::size_t> find(std::string_view name) const;
  std::optional<std::string_view> get(const Path& path, std::size_t at) const;
  bool set(const Path& path, std::size_t at, std::string_view json);
  bool append(const Path& path, std::size_t at, std::string_view json);
  void append(std::string_view key, std::string_view json);
  void drop(const Path& path, std::size_t at);
  void drop_item(std::size_t i);
  void rename_item(std::size_t i, const std::string& name);
  void keep(const std::vector<Wanted>& wanted);
  bool keep_inside(Item& item, const std::vector<Wanted>& wanted);
  std::string_view written() const;

  TextPool* pool_;
  std::string_view head_;   // up to the opening bracket
  std::string_view tail_;   // from the closing one on
  std::string_view blank_;  // the spaces of a container without items
  std::vector<Item> items_;
};

}  // namespace streamutils
