// SPDX-License-Identifier: Apache-2.0
#include "formats/row.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "formats/event_text.h"

namespace streamutils {
namespace {

// Two columns of one name, as no header has them: what save() says of one that was refused.
constexpr std::string_view kRefused("?\0?\0", 4);

}  // namespace

Columns::Columns(std::vector<std::string> names, NumberMembers numbers)
    : numbers_(std::move(numbers)), given_(!names.empty()) {
  if (!names.empty()) (void)set(names);
}

std::string_view Columns::set(const std::vector<std::string>& names) {
  std::vector<Key> keys;
  const std::string_view reason = read(names, keys);
  refused_ = !reason.empty();
  if (!refused_) keys_ = std::move(keys);
  return reason;
}

std::string_view Columns::read(const std::vector<std::string>& names, std::vector<Key>& keys) {
  for (const std::string& name : names) {
    if (name.empty()) return "a column of the header has no name (--columns names them)";
    if (name.find('\0') != name.npos) return "a column of the header has a NUL in its name";
    if (std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; })) {
      reason_ = fmt::format("the header has {} twice (--columns names them)", quote(name));
      return reason_;
    }
    Key key{name, {}, numbers_.has(name)};
    append_json_string(key.json, name);
    keys.push_back(std::move(key));
  }
  return {};
}

LineDecoder::Decoded Columns::decode(const std::vector<std::string_view>& fields,
                                     std::string& event) {
  if (refused_) return {LineDecoder::Kind::bad, "the header above was refused"};
  if (fields.size() != keys_.size()) {
    reason_ = fmt::format("expected {1} fields, found {0}", fields.size(), keys_.size());
    return {LineDecoder::Kind::bad, reason_};
  }
  EventText members(event);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    members.quoted_key(keys_[i].json);
    if (keys_[i].number) {
      members.number_or_text(fields[i]);
    } else {
      members.text(fields[i]);
    }
  }
  members.end();
  return {};
}

std::string Columns::save() const {
  if (refused_) return std::string(kRefused);
  std::string saved;
  for (const Key& key : keys_) {
    saved += key.name;
    saved += '\0';
  }
  return saved;
}

void Columns::restore(std::string_view saved) {
  std::vector<std::string> names;
  while (!saved.empty()) {
    const std::size_t end = saved.find('\0');
    names.emplace_back(saved.substr(0, end));
    saved.remove_prefix(std::min(saved.size(), end == saved.npos ? end : end + 1));
  }
  keys_.clear();
  (void)set(names);
}

}  // namespace streamutils
