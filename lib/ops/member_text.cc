// SPDX-License-Identifier: Apache-2.0
#include "ops/member_text.h"

#include <algorithm>
#include <charconv>

#include "json/value.h"
#include "json/writer.h"

namespace streamutils {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

bool is_container(std::string_view json) { return json.front() == '{' || json.front() == '['; }

// The bytes from the end of one view to the beginning of another, in one text.
std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// One behind the string that begins here, in well-formed JSON.
const char* skip_string(const char* at) {
  for (++at; *at != '"'; ++at) at += *at == '\\';
  return at + 1;
}

// One behind the value that begins here, in well-formed JSON that goes on behind it.
const char* skip_value(const char* at) {
  if (*at == '"') return skip_string(at);
  if (*at != '{' && *at != '[') {
    while (std::string_view(",]} \t\r\n").find(*at) == std::string_view::npos) ++at;
    return at;
  }
  for (int depth = 0;;) {
    if (*at == '"') {
      at = skip_string(at);
      continue;
    }
    depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
    ++at;
    if (depth == 0) return at;
  }
}

const char* skip_spaces(const char* at) {
  while (kSpaces.find(*at) != std::string_view::npos) ++at;
  return at;
}

// Copies texts; those that stand side by side in memory, as members do that nobody has changed, at
// once.
class Copied {
 public:
  explicit Copied(std::string& out) : out_(out) {}

  void add(std::string_view text) {
    if (text.empty()) return;
    if (text.data() != end_) {
      flush();
      begin_ = text.data();
    }
    end_ = text.data() + text.size();
  }
  // next: the text behind it, if it stands in memory behind one.
  void add_comma(const char* next) {
    const bool is_there = next != nullptr && next == end_ + 1 && *end_ == ',';
    add(is_there ? std::string_view(end_, 1) : ",");
  }
  void flush() { out_.append(begin_, static_cast<std::size_t>(end_ - begin_)); }

 private:
  std::string& out_;
  const char* begin_ = "";
  const char* end_ = begin_;
};

bool has_name(std::string_view key, std::string_view name) {
  const std::string_view inner = key.substr(1, key.size() - 2);
  if (inner.find('\\') == inner.npos) return inner == name;
  std::string scratch;
  return Value(Kind::string, key).text(scratch) == name;
}

std::string joined(const Path& path, std::size_t at, std::size_t n) {
  std::string name = path.steps()[at];
  for (std::size_t i = 1; i < n; ++i) (name += '.') += path.steps()[at + i];
  return name;
}

std::optional<std::size_t> to_index(const std::string& step) {
  std::size_t i = 0;
  const char* const last = step.data() + step.size();
  const auto [end, error] = std::from_chars(step.data(), last, i);
  return error == std::errc() && end == last ? std::optional(i) : std::nullopt;
}

}  // namespace

// --- Reading -------------------------------------------------------------------------------------

bool MemberText::read(const Record& record) {
  items_.clear();
  record.for_each([&](std::string_view key, Value value) {
    const std::string_view raw = value.raw();
    items_.push_back({{}, key, between(key.end(), raw.begin()), raw, {}});
    return true;
  });
  if (!record.ok()) return false;
  const std::string_view line = record.line();
  const char* const close = line.data() + line.rfind('}');
  const char* at = line.data() + line.find('{') + 1;
  head_ = between(line.data(), at);
  tail_ = between(close, line.end());
  blank_ = items_.empty() ? between(at, close) : std::string_view();
  for (std::size_t i = 0; i < items_.size(); ++i) {
    Item& item = items_[i];
    item.before = between(at, item.key.data());
    const char* const end = i + 1 < items_.size() ? skip_spaces(item.value.end()) : close;
    item.after = between(item.value.end(), end);
    at = end + 1;
  }
  return true;
}

void MemberText::read(std::string_view container) {
  items_.clear();
  const bool array = container.front() == '[';
  const char* const close = container.end() - 1;
  head_ = container.substr(0, 1);
  tail_ = container.substr(container.size() - 1);
  const char* at = container.data() + 1;
  if (skip_spaces(at) == close) {
    blank_ = between(at, close);
    return;
  }
  blank_ = {};
  while (at <= close) {
    Item item;
    const char* const begin = skip_spaces(at);
    const char* value = begin;
    item.before = between(at, begin);
    if (!array) {
      const char* const key_end = skip_string(begin);
      value = skip_spaces(skip_spaces(key_end) + 1);
      item.key = between(begin, key_end);
      item.colon = between(key_end, value);
    }
    const char* const end = skip_value(value);
    item.value = between(value, end);
    at = skip_spaces(end);
    item.after = between(end, at);
    items_.push_back(item);
    ++at;
  }
}

// --- Paths ---------------------------------------------------------------------------------------

std::optional<std::size_t> MemberText::find(std::string_view name) const {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (has_name(items_[i].key, name)) return i;
  }
  return std::nullopt;
}

std::optional<MemberText::Step> MemberText::step(const Path& path, std::size_t at) const {
  if (is_array()) {
    const auto i = to_index(path.steps()[at]);
    return i && *i < items_.size() ? std::optional(Step{*i, at + 1}) : std::nullopt;
  }
  for (std::size_t n = path.is_pointer() ? 1 : path.steps().size() - at; n > 0; --n) {
    if (const auto i = find(joined(path, at, n))) return Step{*i, at + n};
  }
  return std::nullopt;
}

std::optional<std::string_view> MemberText::member(std::string_view name) const {
  const auto i = find(name);
  return i ? std::optional(items_[*i].value) : std::nullopt;
}

std::optional<std::string_view> MemberText::get(const Path& path) const { return get(path, 0); }

std::optional<std::string_view> MemberText::get(const Path& path, std::size_t at) const {
  const auto found = step(path, at);
  if (!found) return std::nullopt;
  const std::string_view value = items_[found->item].value;
  if (found->next == path.steps().size()) return value;
  if (!is_container(value)) return std::nullopt;
  MemberText inner(*pool_);
  inner.read(value);
  return inner.get(path, found->next);
}

// --- Changes -------------------------------------------------------------------------------------

bool MemberText::set(const Path& path, std::string_view json) { return set(path, 0, json); }

bool MemberText::set(const Path& path, std::size_t at, std::string_view json) {
  const auto found = step(path, at);
  if (!found) return append(path, at, json);
  std::string_view& value = items_[found->item].value;
  if (found->next == path.steps().size()) {
    value = json;
    return true;
  }
  if (!is_container(value)) return false;
  MemberText inner(*pool_);
  inner.read(value);
  if (!inner.set(path, found->next, json)) return false;
  value = inner.written();
  return true;
}

// The rest of the path as a new item.
bool MemberText::append(const Path& path, std::size_t at, std::string_view json) {
  if (is_array() && to_index(path.steps()[at]) != items_.size()) return false;
  if (at + 1 < path.steps().size()) {
    MemberText inner(*pool_);
    inner.read("{}");
    inner.append(path, at + 1, json);
    json = inner.written();
  }
  std::string_view key;
  if (!is_array()) {
    std::string& text = pool_->make();
    append_json_string(text, path.steps()[at]);
    key = text;
  }
  append(key, json);
  return true;
}

// The spaces in front of the closing bracket stay there.
void MemberText::append(std::string_view key, std::string_view json) {
  Item item;
  item.key = key;
  if (!is_array()) item.colon = ":";
  item.value = json;
  std::swap(item.after, items_.empty() ? blank_ : items_.back().after);
  items_.push_back(item);
}

void MemberText::set_member(std::string_view key, std::string_view json) {
  std::string scratch;
  const auto i = find(Value(Kind::string, key).text(scratch));
  if (!i) return append(key, json);
  items_[*i].value = json;
}

void MemberText::drop(const Path& path) { drop(path, 0); }

void MemberText::drop(const Path& path, std::size_t at) {
  const auto found = step(path, at);
  if (!found) return;
  if (found->next == path.steps().size()) return drop_item(found->item);
  std::string_view& value = items_[found->item].value;
  if (!is_container(value)) return;
  MemberText inner(*pool_);
  inner.read(value);
  inner.drop(path, found->next);
  value = inner.written();
}

// With all others of its name, or one of them would take its place.
void MemberText::drop_item(std::size_t i) {
  const auto begin = items_.begin() + static_cast<std::ptrdiff_t>(i);
  if (is_array()) {
    items_.erase(begin);
    return;
  }
  std::string scratch;
  const std::string name(Value(Kind::string, begin->key).text(scratch));
  items_.erase(std::remove_if(begin, items_.end(),
                              [&](const Item& item) { return has_name(item.key, name); }),
               items_.end());
}

bool MemberText::rename(const Path& from, const Path& to) {
  const auto value = get(from);
  if (!value || from == to) return true;
  const auto found = step(from, 0);
  if (to.steps().size() > 1 || found->next < from.steps().size()) {
    MemberText moved = *this;
    moved.drop(from);
    if (!moved.set(to, *value)) return false;
    *this = std::move(moved);
    return true;
  }
  rename_item(found->item, to.steps().front());
  return true;
}

// Others of the old name were hidden behind this one, and must not come out now.
void MemberText::rename_item(std::size_t i, const std::string& name) {
  std::string& key = pool_->make();
  append_json_string(key, name);
  std::string scratch;
  const std::string old(Value(Kind::string, items_[i].key).text(scratch));
  std::vector<Item> kept;
  for (std::size_t k = 0; k < items_.size(); ++k) {
    const bool goes = has_name(items_[k].key, old) || has_name(items_[k].key, name);
    if (k == i || !goes) kept.push_back(items_[k]);
    if (k == i) kept.back().key = key;
  }
  items_ = std::move(kept);
}

void MemberText::keep(const std::vector<const Path*>& paths) {
  std::vector<Wanted> wanted;
  for (const Path* path : paths) wanted.push_back({path, 0});
  keep(wanted);
}

void MemberText::keep(const std::vector<Wanted>& wanted) {
  std::vector<bool> whole(items_.size());
  std::vector<std::vector<Wanted>> inside(items_.size());
  for (const Wanted& one : wanted) {
    const auto found = step(*one.path, one.next);
    if (!found) continue;
    if (found->next == one.path->steps().size()) whole[found->item] = true;
    inside[found->item].push_back({one.path, found->next});
  }
  std::vector<Item> kept;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    if (whole[i] || keep_inside(items_[i], inside[i])) kept.push_back(items_[i]);
  }
  items_ = std::move(kept);
}

// False if nothing of it is wanted.
bool MemberText::keep_inside(Item& item, const std::vector<Wanted>& wanted) {
  if (wanted.empty() || !is_container(item.value)) return false;
  MemberText inner(*pool_);
  inner.read(item.value);
  if (inner.is_array()) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const Wanted& one) {
      return inner.get(*one.path, one.next).has_value();
    });
  }
  inner.keep(wanted);
  item.value = inner.written();
  return !inner.items_.empty();
}

// --- Writing -------------------------------------------------------------------------------------

void MemberText::write(std::string& out) const {
  Copied copied(out);
  copied.add(head_);
  copied.add(blank_);
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    if (i > 0) copied.add_comma(item.before.data());
    for (const std::string_view piece : {item.before, item.key, item.colon, item.value, item.after})
      copied.add(piece);
  }
  copied.add(tail_);
  copied.flush();
}

std::string_view MemberText::written() const {
  std::string& text = pool_->make();
  write(text);
  return text;
}

}  // namespace streamutils
