// LineEdits: members of the top level of one event set, dropped, renamed or kept, in its line; all
// other bytes stay.
//
// The quick way for what MemberText does in general: the line is never taken apart, but copied in
// few pieces with what was changed between them.  A member that exists is replaced where it stands,
// a new one goes behind the last.  What is seldom (spaces around members, names twice in one line,
// names spelled with escapes, paths into objects) is not for it: then it says so, and nothing has
// been done.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expr/value.h"
#include "json/path.h"
#include "json/record.h"

namespace streamutils {

class LineEdits {
 public:
  // What becomes of a member, beside being set.
  struct Change {
    enum class Kind : std::uint8_t { none, dropped, renamed, kept };
    Path path;
    Kind kind = Kind::none;
    std::string new_name = {};
  };

  // False if one depends on another: if two are of one name, or if a path leads into what is set or
  // gets a name.  A path of several steps cannot be set or be a pointer.
  static bool can_make(const std::vector<Change>& changes);

  // keeps_set: what is set is kept too.  If anything is kept, or keeps_set, all else is dropped.
  // REQUIRES: can_make(changes).
  LineEdits(const std::vector<Change>& changes, bool keeps_set);
  LineEdits(const LineEdits&) = delete;
  LineEdits& operator=(const LineEdits&) = delete;

  // Starts on another line, of which nothing is set.  The record is read to its end at once, so
  // that whatever else is asked of it has been passed.
  enum class Begun : std::uint8_t { yes, damaged, other };  // other: not for this
  Begun begin(const Record& record);

  // Sets the member of changes[i] to the JSON text that the caller appends to the string.  Valid
  // until begin().
  std::string& set(std::size_t i) {
    Edit& edit = edits_[i];
    edit.is_set = true;
    edit.number_size = 0;
    edit.text.resize(edit.key_size);
    return edit.text;
  }
  // Sets it to a number; false, and nothing done, if that is not finite.  REQUIRES: it is numeric.
  bool set_number(std::size_t i, expr::Value value);
  // Takes it back.
  void unset(std::size_t i) { edits_[i].is_set = false; }

  // The line with the changes, in pieces that together are it.  Valid until begin(), and as long as
  // the record is.
  std::span<const std::string_view> pieces();

 private:
  struct Edit {
    explicit Edit(const Change& change);

    std::string_view member() const {
      return number_size == 0 ? std::string_view(text)
                              : std::string_view(number).substr(0, number_size);
    }
    std::string_view value() const { return member().substr(key_size); }
    // As it stands in the line: "name": and its value.  REQUIRES: the line has it.
    const char* begin() const { return place.data() - (key_size - 1); }
    const char* end() const { return place.data() + place.size(); }
    bool is_first() const { return begin()[-1] == '{'; }

    std::vector<WantedName> names;  // under which the path may begin; the first is all of it
    Change::Kind kind;
    WantedName new_name;
    std::string new_key;          // "name":
    std::string text;             // ,"name":value
    std::string number;           // the same with room for any number behind the colon
    std::size_t number_size = 0;  // with the name; 0: it is in text
    std::size_t key_size = 0;     // of ,"name":
    bool is_set = false;
    std::string_view place;  // Record::place_of
  };
  using InOrder = std::span<Edit* const>;

  bool find(Edit& edit, const Record& record) const;
  bool stands_plainly(const Edit& edit) const;
  bool stays(const Edit& edit) const {
    return edit.kind == Change::Kind::kept || (keeps_set_ && edit.is_set);
  }
  template <typename Is>
  InOrder in_order(const Is& is);

  void add(const char* begin, const char* end);
  void add(std::string_view text) { add(text.data(), text.data() + text.size()); }
  void copy_to(const char* end);
  void drop(const Edit& edit);
  void change_line();
  void change_one();
  void pick();

  std::vector<Edit> edits_;
  bool keeps_set_;
  bool picks_ = false;    // what is not kept is dropped
  bool removes_ = false;  // members go, or get another name
  std::string_view line_;
  std::vector<Edit*> in_order_;           // of their places; scratch
  std::vector<std::string_view> pieces_;  // as many as there may be
  std::string_view* piece_ = nullptr;     // behind the last one
  const char* at_ = nullptr;              // what stands behind it in the line is still to be copied
  bool is_empty_ = false;                 // all that stood before it was dropped
};

}  // namespace streamutils
