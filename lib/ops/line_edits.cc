// SPDX-License-Identifier: Apache-2.0
#include "ops/line_edits.h"

#include "expr/number.h"
#include "json/writer.h"

namespace streamutils {

LineEdits::Edit::Edit(std::string_view name) : wanted(WantedName::lasting(name)), text(",") {
  append_json_string(text, name);
  text += ':';
  key_size = text.size();
  number = text + std::string(expr::kNumberRoom, ' ');
}

LineEdits::LineEdits(const std::vector<std::string>& names) {
  for (const std::string& name : names) edits_.emplace_back(name);
  in_order_.resize(edits_.size());
  pieces_.resize(2 * edits_.size() + 1);
}

bool LineEdits::begin(const Record& record) {
  line_ = record.line();
  for (Edit& edit : edits_) {
    edit.is_set = false;
    edit.place = record.place_of(edit.wanted);
  }
  return record.ok();
}

bool LineEdits::set_number(std::size_t i, expr::Value value) {
  Edit& edit = edits_[i];
  const char* const end = expr::write_number(edit.number.data() + edit.key_size, value);
  if (end == nullptr) return false;
  edit.is_set = true;
  edit.number_size = static_cast<std::size_t>(end - edit.number.data());
  return true;
}

// Nearly all that smap is used for.
std::span<const std::string_view> LineEdits::pieces_of_one() {
  const Edit& edit = edits_.front();
  if (!edit.is_set) {
    pieces_[0] = line_;
    return {pieces_.data(), 1};
  }
  const char* const at = edit.place.data();
  const char* const behind = at + edit.place.size();
  const bool is_only = at[-1] == '{';  // in an empty object
  pieces_[0] = {line_.data(), static_cast<std::size_t>(at - line_.data())};
  pieces_[1] = edit.place.empty() ? edit.member().substr(is_only ? 1 : 0) : edit.value();
  pieces_[2] = {behind, static_cast<std::size_t>(line_.data() + line_.size() - behind)};
  return {pieces_.data(), 3};
}

// New members all go to one place, behind the others.
std::span<const std::string_view> LineEdits::pieces() {
  if (edits_.size() == 1) return pieces_of_one();
  std::size_t count = 0;
  for (const Edit& edit : edits_) {
    if (!edit.is_set) continue;
    std::size_t i = count++;
    for (; i > 0 && in_order_[i - 1]->place.data() > edit.place.data(); --i) {
      in_order_[i] = in_order_[i - 1];
    }
    in_order_[i] = &edit;
  }
  std::string_view* piece = pieces_.data();
  const char* at = line_.data();
  const auto add_up_to = [&](const char* end) {
    *piece++ = {at, static_cast<std::size_t>(end - at)};
    at = end;
  };
  bool is_added = false;
  for (const Edit* edit : std::span(in_order_.data(), count)) {
    add_up_to(edit->place.data());
    if (!edit->place.empty()) {
      *piece++ = edit->value();
      at += edit->place.size();
    } else {
      const bool is_only = at[-1] == '{' && !is_added;  // in an empty object
      *piece++ = edit->member().substr(is_only ? 1 : 0);
      is_added = true;
    }
  }
  add_up_to(line_.data() + line_.size());
  return {pieces_.data(), piece};
}

}  // namespace streamutils
