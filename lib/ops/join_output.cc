// SPDX-License-Identifier: Apache-2.0
#include "ops/join_output.h"

#include <algorithm>
#include <cstring>

#include "json/writer.h"
#include "ops/join.h"
#include "ops/join_parts.h"
#include "ops/line_end.h"

namespace streamutils {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// True if the text holds the name, or a backslash, and seldom else.  Two of the name's letters are
// compared, without a branch: the compiler makes SIMD of that.  No quote is: those are everywhere.
bool may_hold(std::string_view text, std::string_view name) {
  if (name.size() < 4 || text.size() < name.size()) return true;
  const char first = name[1];
  const char last = name[name.size() - 2];
  const char* const begin = text.data();
  const char* const end = begin + name.size() - 2;
  const std::size_t n = text.size() - name.size() + 1;
  unsigned char found = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_name = bool((begin[i + 1] == first) & (end[i] == last));
    found |= static_cast<unsigned char>(is_name | (begin[i] == '\\'));
  }
  return found != 0 || text.find('\\', n) != std::string_view::npos;
}

// An object without its closing bracket.
std::string_view without_end(std::string_view object) {
  object = object.substr(0, object.rfind('}'));
  while (is_space(object.back())) object.remove_suffix(1);
  return object;
}

std::string quoted(std::string_view name) {
  std::string text;
  append_json_string(text, name);
  return text;
}

}  // namespace

JoinOutput::JoinOutput(const JoinOptions& options)
    : left_keys_(options.arguments.left_keys),
      right_keys_(options.arguments.right_keys),
      flat_(options.flat_prefix.has_value()),
      label_(quoted(options.as) + ":"),
      member_(WantedName::lasting(options.as)) {
  for (const Path& key : left_keys_) key_labels_.push_back(quoted(key.text()) + ":");
  if (!flat_) return;
  prefix_ = quoted(*options.flat_prefix);
  prefix_.pop_back();
}

bool JoinOutput::is_key(std::string_view raw_name) const {
  return std::any_of(right_keys_.begin(), right_keys_.end(),
                     [&](const Path& key) { return is_name_of(raw_name, key); });
}

// To the end of the line, through the structure of its top level.
void JoinOutput::read_whole(const Record& record) const {
  const bool stops_early = !record.place_of(member_).empty();
  if (stops_early) record.for_each([](std::string_view, Value) { return true; });
}

void JoinOutput::read_left(const Record& record) const {
  if (!ends_in_scalar_member(record.line())) read_whole(record);
}

void JoinOutput::append_right(std::string& out, const Record& record) const {
  if (!flat_) {
    out += label_;
    out += trim(record.line());
    return;
  }
  const std::size_t begin = out.size();
  record.for_each([&](std::string_view raw_name, Value value) {
    if (is_key(raw_name)) return true;
    if (out.size() > begin) out += ',';
    out += prefix_;
    out += raw_name.substr(1);
    out += ':';
    out += value.raw();
    return true;
  });
}

std::array<std::string_view, 2> JoinOutput::right_pieces(std::string& scratch,
                                                         const Record& record) const {
  if (!flat_) return {label_, trim(record.line())};
  scratch.clear();
  append_right(scratch, record);
  return {scratch, {}};
}

// The time stands where that of LEFT does: there the stream has its time.
void JoinOutput::append_head(std::string& out, const Record& record) const {
  const std::optional<Path>& member = members_[0] ? members_[0] : members_[1];
  bool time_is_key = false;
  const auto separate = [&out] { out += out.ends_with('{') ? "" : ","; };
  out += '{';
  for (std::size_t i = 0; i < right_keys_.size(); ++i) {
    time_is_key = time_is_key || (member && left_keys_[i] == *member);
    const Value value = record.get(right_keys_[i]);
    if (!value.exists()) continue;
    separate();
    out += key_labels_[i];
    out += value.raw();
  }
  if (!member || time_is_key) return;
  separate();
  append_json_string(out, member->text());
  out += ':';
  // A window's end stands for the instant before it.
  const bool is_end = member->steps().back() == "window_end";
  append_time(out, is_end ? plus(record.time(), Duration(1)) : record.time(), style_);
}

// Whether the event may have a member of the name, or of one with the prefix: rarely.
bool JoinOutput::may_clash(std::string_view left) const {
  const std::string_view name =
      flat_ ? prefix_ : std::string_view(label_).substr(0, label_.size() - 1);
  if (!may_hold(left, name)) return false;
  return left.find(name) != std::string_view::npos || left.find("\\u") != std::string_view::npos;
}

// An object without its end, ready for another member.
void JoinOutput::open(std::string_view object) {
  row_ = without_end(object);
  if (row_.back() != '{') row_ += ',';
}

void JoinOutput::close(bool partial, Emitter& out) {
  if (row_.back() == ',') row_.pop_back();
  if (partial) row_ += row_.ends_with('{') ? "\"partial\":true" : ",\"partial\":true";
  row_ += '}';
  out.emit(row_);
}

void JoinOutput::write_match(std::string_view left, std::string_view right, Emitter& out,
                             bool partial) {
  if (may_clash(left) && replace_members(left, right, partial, out)) return;
  if (partial) {
    open(left);
    row_ += right;
    return close(partial, out);
  }
  const std::string_view begin = without_end(left);
  const bool is_first = begin.back() == '{' || right.empty();
  const std::string_view pieces[] = {begin, is_first ? "" : ",", right, "}"};
  out.emit_pieces(pieces);
}

void JoinOutput::write_left(std::string_view left, bool partial, Emitter& out) {
  if (!partial) return out.emit(left);
  open(left);
  close(true, out);
}

void JoinOutput::write_right(std::string_view head, std::string_view right, bool partial,
                             Emitter& out) {
  row_ = head;
  if (!row_.ends_with('{') && !right.empty()) row_ += ',';
  row_ += right;
  close(partial, out);
}

// False if LEFT cannot be taken apart.
bool JoinOutput::replace_members(std::string_view left, std::string_view right, bool partial,
                                 Emitter& out) {
  pool_.reset();
  scratch_ = left;
  scratch_.append(Record::kPadding, ' ');
  record_.reset(std::string_view(scratch_).substr(0, left.size()));
  MemberText row(pool_);
  if (!row.read(record_)) return false;
  const std::size_t before = row.items().size();
  std::string& object = pool_.make();
  object = "{";
  object += right;
  object += '}';
  MemberText members(pool_);
  members.read(object);
  for (const MemberText::Item& item : members.items()) row.set_member(item.key, item.value);
  if (partial) row.set_member("\"partial\"", "true");
  const bool clash = row.items().size() < before + members.items().size() + (partial ? 1 : 0);
  if (clash && out.count("a member of LEFT gave way to one of RIGHT")) {
    out.say("LEFT has a member that the join sets: the one of RIGHT takes its place (see --as)");
  }
  row_.clear();
  row.write(row_);
  out.emit(row_);
  return true;
}

}  // namespace streamutils
