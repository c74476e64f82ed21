// SPDX-License-Identifier: Apache-2.0
#include "ops/line_edits.h"

#include <algorithm>
#include <set>

#include "expr/number.h"
#include "json/writer.h"

namespace streamutils {
namespace {

// Asked for, it makes a record read its line to the end: only a name with an escape could be this.
const WantedName& no_name() {
  static const WantedName name = WantedName::lasting("\"");
  return name;
}

std::string key_of(std::string_view name) {
  std::string key;
  append_json_string(key, name);
  return key + ':';
}

}  // namespace

LineEdits::Edit::Edit(const Change& change)
    : names(change.path.top_names()),
      kind(change.kind),
      new_name(WantedName::lasting(change.new_name)),
      new_key(key_of(change.new_name)),
      text(',' + key_of(names.front().text())),
      number(text + std::string(expr::kNumberRoom, ' ')),
      key_size(text.size()) {}

bool LineEdits::can_make(const std::vector<Change>& changes) {
  std::set<std::string_view> names;
  std::set<std::string_view> made;
  for (const Change& change : changes) {
    const Path& path = change.path;
    if (path.is_whole() || (path.is_pointer() && path.steps().size() > 1)) return false;
    if (!names.insert(path.top_names().front().text()).second) return false;
    if (change.kind == Change::Kind::renamed) {
      if (!names.insert(change.new_name).second) return false;
      made.insert(change.new_name);
    } else if (change.kind != Change::Kind::dropped) {
      made.insert(path.top_names().front().text());
    }
  }
  return std::all_of(changes.begin(), changes.end(), [&](const Change& change) {
    const std::vector<WantedName>& ways = change.path.top_names();
    return std::none_of(ways.begin() + 1, ways.end(),
                        [&](const WantedName& way) { return made.contains(way.text()); });
  });
}

LineEdits::LineEdits(const std::vector<Change>& changes, bool keeps_set)
    : keeps_set_(keeps_set), picks_(keeps_set) {
  for (const Change& change : changes) {
    edits_.emplace_back(change);
    picks_ |= change.kind == Change::Kind::kept;
    removes_ |= change.kind == Change::Kind::dropped || change.kind == Change::Kind::renamed;
  }
  in_order_.resize(edits_.size());
  pieces_.resize(3 * edits_.size() + 2);
}

LineEdits::Begun LineEdits::begin(const Record& record) {
  line_ = record.line();
  for (Edit& edit : edits_) {
    edit.is_set = false;
    if (!find(edit, record)) return record.ok() ? Begun::other : Begun::damaged;
  }
  if (!picks_ && !removes_) return Begun::yes;
  const char* const members_end = record.place_of(no_name()).data();
  if (!record.ok()) return Begun::damaged;
  const bool is_plain = line_.front() == '{' && line_.back() == '}' && *members_end == '}';
  return is_plain && !(removes_ && record.may_repeat_names()) ? Begun::yes : Begun::other;
}

// False if the record is damaged, or the path leads elsewhere in it.
bool LineEdits::find(Edit& edit, const Record& record) const {
  edit.place = record.place_of(edit.names.front());
  if (!record.ok()) return false;
  if (edit.place.empty()) {
    const auto begins = [&](const WantedName& name) { return !record.raw(name).empty(); };
    return edit.names.size() == 1 || std::none_of(edit.names.begin(), edit.names.end(), begins);
  }
  const bool is_hidden = edit.kind == Change::Kind::renamed && !record.raw(edit.new_name).empty();
  if (is_hidden) return false;  // what had the new name before goes
  if (edit.kind == Change::Kind::none && !keeps_set_) return true;
  return stands_plainly(edit) && record.checked(edit.place).exists();
}

// True if it stands in the line without spaces, and its name without escapes.
bool LineEdits::stands_plainly(const Edit& edit) const {
  const std::string_view key = std::string_view(edit.text).substr(1, edit.key_size - 1);
  if (edit.begin() <= line_.data() || std::string_view(edit.begin(), key.size()) != key)
    return false;
  const char before = edit.begin()[-1];
  return (before == ',' || before == '{') && (*edit.end() == ',' || *edit.end() == '}');
}

bool LineEdits::set_number(std::size_t i, expr::Value value) {
  Edit& edit = edits_[i];
  const char* const end = expr::write_number(edit.number.data() + edit.key_size, value);
  if (end == nullptr) return false;
  edit.is_set = true;
  edit.number_size = static_cast<std::size_t>(end - edit.number.data());
  return true;
}

std::span<const std::string_view> LineEdits::pieces() {
  piece_ = pieces_.data();
  at_ = line_.data();
  is_empty_ = false;
  if (picks_) {
    pick();
  } else if (edits_.size() == 1 && !removes_) {
    change_one();
  } else {
    change_line();
  }
  return {pieces_.data(), piece_};
}

// Those of which that is so, as they stand in the line; what is new stands behind all others.
template <typename Is>
LineEdits::InOrder LineEdits::in_order(const Is& is) {
  std::size_t count = 0;
  for (Edit& edit : edits_) {
    if (!is(edit)) continue;
    std::size_t i = count++;
    for (; i > 0 && in_order_[i - 1]->place.data() > edit.place.data(); --i) {
      in_order_[i] = in_order_[i - 1];
    }
    in_order_[i] = &edit;
  }
  return {in_order_.data(), count};
}

void LineEdits::add(const char* begin, const char* end) {
  *piece_++ = {begin, static_cast<std::size_t>(end - begin)};
}

void LineEdits::copy_to(const char* end) {
  if (end == at_) return;
  add(at_, end);
  at_ = end;
  is_empty_ = false;
}

// Nearly all that smap is used for.
void LineEdits::change_one() {
  const Edit& edit = edits_.front();
  if (edit.is_set) {
    copy_to(edit.place.data());
    const bool is_only = at_[-1] == '{';  // in an empty object
    add(edit.place.empty() ? edit.member().substr(is_only ? 1 : 0) : edit.value());
    at_ = edit.end();
  }
  copy_to(line_.data() + line_.size());
}

void LineEdits::change_line() {
  bool is_added = false;
  for (Edit* edit : in_order([](const Edit& e) { return e.is_set || !e.place.empty(); })) {
    const bool is_new = edit->place.empty();
    if (edit->kind == Change::Kind::dropped) {
      drop(*edit);
    } else if (edit->kind == Change::Kind::renamed) {
      copy_to(edit->begin());
      add(edit->new_key);
      at_ = edit->place.data();
    } else if (edit->is_set) {
      copy_to(edit->place.data());
      const bool is_only = (at_[-1] == '{' || is_empty_) && !is_added;
      add(is_new ? edit->member().substr(is_only ? 1 : 0) : edit->value());
      is_added |= is_new;
      at_ = edit->end();
    }
  }
  copy_to(line_.data() + line_.size());
}

// With the comma in front of it, or behind it if nothing is left there.
void LineEdits::drop(const Edit& edit) {
  const bool is_first = edit.is_first() || (is_empty_ && at_ == edit.begin());
  copy_to(edit.begin() - (is_first ? 0 : 1));
  at_ = edit.end() + (is_first && *edit.end() == ',' ? 1 : 0);
  is_empty_ = is_first;
}

void LineEdits::pick() {
  bool is_first = true;
  for (const Edit* edit : in_order([this](const Edit& e) { return stays(e); })) {
    if (edit->place.empty() && !edit->is_set) continue;
    if (is_first && !(!edit->place.empty() && edit->is_first())) add("{");
    if (edit->place.empty()) {
      add(edit->member().substr(is_first ? 1 : 0));
    } else {
      // With the bracket or comma in front of it, where that is to be there.
      const char* const begin = edit->begin() - (!is_first || edit->is_first() ? 1 : 0);
      const bool goes_on = piece_ != pieces_.data() && piece_[-1].end() == begin;
      edit->is_set ? add(begin, edit->place.data()) : add(begin, edit->end());
      if (goes_on) {
        const std::string_view last = *--piece_;
        piece_[-1] = {piece_[-1].data(), piece_[-1].size() + last.size()};
      }
      if (edit->is_set) add(edit->value());
    }
    is_first = false;
  }
  add(is_first ? "{}" : "}");
}

}  // namespace streamutils
