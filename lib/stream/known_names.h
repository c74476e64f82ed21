// KnownNames: what is known of names of which there may be any number while few are in use, such as
// those of the files that swrite writes.
//
// A state that holds them must not grow with all names that there ever were.  So those that have
// not been used for long go to notes beside the state, and come back when they are used again.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace streamutils {

// What is known of a name; what the numbers say is up to who asks.
using NameFacts = std::array<std::uint64_t, 2>;

// Where the others go.  What is noted is there when the state of that moment is restored, and
// nothing that came later.
class NameNotes {
 public:
  virtual ~NameNotes() = default;
  // kind: tells what the facts are, so that several may be known of one name.
  virtual void note(std::string_view kind, std::string_view name, const NameFacts& facts) = 0;
  // What was noted last.
  virtual std::optional<NameFacts> recall(std::string_view kind, std::string_view name) = 0;
  // How many states have been saved: names that were used since the last few are kept.
  std::uint64_t saves() const { return saves_; }

 protected:
  std::uint64_t saves_ = 0;
};

class KnownNames {
 public:
  // notes: null if there is no such place; then all names are kept.  At least so many are.
  explicit KnownNames(std::string kind, std::shared_ptr<NameNotes> notes = nullptr,
                      std::size_t keeps = 64)
      : kind_(std::move(kind)), notes_(std::move(notes)), keeps_(keeps) {}

  // Null if nothing is known.  The name is the one used last then.  Valid until the next call.
  NameFacts* find(std::string_view name);
  // REQUIRES: find() has just given null.
  NameFacts& add(std::string_view name, const NameFacts& facts);
  // In place of what is known.
  void set(std::string_view name, const NameFacts& facts);

  // Of those that have not gone to the notes, the one used last at the end.
  void for_each(
      const std::function<void(const std::string& name, const NameFacts& facts)>& visit) const;
  std::size_t size() const { return names_.size(); }

 private:
  static constexpr std::uint64_t kSaves = 10;

  struct Name {
    std::string name;
    NameFacts facts;
    std::uint64_t used;  // how many states had been saved
  };

  void note_old();
  std::uint64_t now() const { return notes_ ? notes_->saves() : 0; }

  std::string kind_;
  std::shared_ptr<NameNotes> notes_;
  std::size_t keeps_;
  std::list<Name> names_;  // the one used last at the end
  std::unordered_map<std::string_view, std::list<Name>::iterator> by_name_;
};

}  // namespace streamutils
