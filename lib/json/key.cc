// The canonical spelling of values as keys.
//
// Scalars are one copy or nearly so.  For objects the members must be sorted at every level, and
// neither the depth of the nesting nor the number of members may make that slow or overflow a
// stack.  So the text is read once into a flat tree, objects are sorted in it, and the tree is
// written out; no step recurses, and the whole is O(n log n).
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "json/grammar.h"
#include "json/string_text.h"
#include "json/value.h"

namespace streamutils {
namespace {

std::string_view inner_of(std::string_view raw) { return raw.substr(1, raw.size() - 2); }

void append_string_key(std::string& out, std::string_view raw) {
  if (!has_escapes(inner_of(raw))) {
    out += raw;
    return;
  }
  out += '"';
  append_canonical(out, inner_of(raw));
  out += '"';
}

// True if the number is spelled as its key is: up to 18 digits and no "-0".
bool is_plain_integer(std::string_view raw) {
  if (raw.size() > 18) return false;
  for (const char c : raw.substr(raw.front() == '-' ? 1 : 0)) {
    if (c < '0' || c > '9') return false;
  }
  return raw != "-0";
}

void append_scalar_key(std::string& out, Kind kind, std::string_view raw) {
  if (kind == Kind::string) {
    append_string_key(out, raw);
  } else if (kind == Kind::number && !is_plain_integer(raw)) {
    append_canonical_number(out, raw);
  } else {
    out += raw;
  }
}

// A well-formed object or array as a tree.
class Tree {
 public:
  explicit Tree(std::string_view text) : text_(text) {
    read();
    list_children();
    for (Node& node : nodes_) {
      if (node.kind == Kind::object) sort_members(node);
    }
  }

  void append_to(std::string& out) const {
    std::vector<Open> open;
    append_start(out, 0, open);
    while (!open.empty()) append_next(out, open);
  }

 private:
  // A value; they stand in nodes_ in the order of the text, the outermost first.
  struct Node {
    Kind kind = Kind::missing;
    std::string_view raw;   // of a scalar
    std::string_view name;  // in an object: canonical, without quotes
    std::size_t parent = 0;
    std::size_t first_child = 0;  // in children_
    std::size_t child_count = 0;
  };
  // A container that is being written.
  struct Open {
    std::size_t node;
    std::size_t written;
  };

  void read();
  void add(Kind kind, std::string_view raw);
  void take_name(std::string_view raw);
  std::string_view take_string();
  std::string_view take_scalar();
  void list_children();
  void sort_members(Node& object);
  void append_start(std::string& out, std::size_t index, std::vector<Open>& open) const;
  void append_next(std::string& out, std::vector<Open>& open) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t parent_ = 0;  // the container that is open
  bool name_is_next_ = false;
  std::string_view name_;  // of the value to come
  std::vector<Node> nodes_;
  std::vector<std::size_t> children_;  // those of a container stand together
  std::deque<std::string> unescaped_;  // names that were spelled with escapes
};

void Tree::read() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const bool in_object = !nodes_.empty() && nodes_[parent_].kind == Kind::object;
    if (c == '"' && name_is_next_) {
      take_name(take_string());
    } else if (c == '"') {
      add(Kind::string, take_string());
    } else if (c == '{' || c == '[') {
      add(kind_by_first(c), {});
      ++at_;
    } else if (c == '}' || c == ']') {
      parent_ = nodes_[parent_].parent;
      ++at_;
    } else if (c == ',' || c == ':' || is_json_space(c)) {
      if (c == ',') name_is_next_ = in_object;
      ++at_;
    } else {
      add(kind_by_first(c), take_scalar());
    }
  }
}

void Tree::add(Kind kind, std::string_view raw) {
  const bool container = kind == Kind::object || kind == Kind::array;
  Node node;
  node.kind = kind;
  node.raw = raw;
  node.name = name_;
  node.parent = parent_;
  if (!nodes_.empty()) ++nodes_[parent_].child_count;
  if (container) {
    parent_ = nodes_.size();
    name_is_next_ = kind == Kind::object;
  }
  nodes_.push_back(node);
}

void Tree::take_name(std::string_view raw) {
  name_ = inner_of(raw);
  name_is_next_ = false;
  if (!has_escapes(name_)) return;
  append_canonical(unescaped_.emplace_back(), name_);
  name_ = unescaped_.back();
}

std::string_view Tree::take_string() {
  const std::size_t begin = at_++;
  while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
  ++at_;
  return text_.substr(begin, at_ - begin);
}

std::string_view Tree::take_scalar() {
  const std::size_t begin = at_;
  while (text_[at_] != ',' && text_[at_] != '}' && text_[at_] != ']' &&
         !is_json_space(text_[at_])) {
    ++at_;
  }
  return text_.substr(begin, at_ - begin);
}

// Gives every container its place in children_, and fills the places in the order of the text.
void Tree::list_children() {
  std::size_t place = 0;
  for (Node& node : nodes_) {
    node.first_child = place;
    place += node.child_count;
    node.child_count = 0;
  }
  children_.resize(place);
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    Node& parent = nodes_[nodes_[i].parent];
    children_[parent.first_child + parent.child_count++] = i;
  }
}

// By name; of equal names only the first stays.
void Tree::sort_members(Node& object) {
  const auto begin = children_.begin() + static_cast<std::ptrdiff_t>(object.first_child);
  const auto end = begin + static_cast<std::ptrdiff_t>(object.child_count);
  std::sort(begin, end, [&](std::size_t a, std::size_t b) {
    const int order = nodes_[a].name.compare(nodes_[b].name);
    return order != 0 ? order < 0 : a < b;
  });
  const auto same_name = [&](std::size_t a, std::size_t b) {
    return nodes_[a].name == nodes_[b].name;
  };
  object.child_count = static_cast<std::size_t>(std::unique(begin, end, same_name) - begin);
}

// A whole scalar, or the bracket that opens a container.
void Tree::append_start(std::string& out, std::size_t index, std::vector<Open>& open) const {
  const Node& node = nodes_[index];
  if (node.kind != Kind::object && node.kind != Kind::array) {
    append_scalar_key(out, node.kind, node.raw);
    return;
  }
  out += node.kind == Kind::object ? '{' : '[';
  open.push_back({index, 0});
}

// The next child of the innermost open container, or the bracket that closes it.
void Tree::append_next(std::string& out, std::vector<Open>& open) const {
  Open& innermost = open.back();
  const Node& node = nodes_[innermost.node];
  if (innermost.written == node.child_count) {
    out += node.kind == Kind::object ? '}' : ']';
    open.pop_back();
    return;
  }
  if (innermost.written > 0) out += ',';
  const std::size_t child = children_[node.first_child + innermost.written++];
  if (node.kind == Kind::object) out.append(1, '"').append(nodes_[child].name).append("\":");
  append_start(out, child, open);
}

}  // namespace

void append_key(std::string& out, Value value) {
  if (value.is(Kind::object) || value.is(Kind::array)) {
    Tree(value.raw()).append_to(out);
  } else {
    append_scalar_key(out, value.kind(), value.raw());
  }
}

}  // namespace streamutils
