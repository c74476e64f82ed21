// SPDX-License-Identifier: Apache-2.0
#include "json/shape_tree.h"

#include <algorithm>

#include "json/grammar.h"
#include "json/string_text.h"

namespace streamutils {
namespace {

constexpr std::size_t kMaxNodes = 2048;
constexpr std::size_t kMaxNames = 1024;
constexpr std::size_t kMaxSteps = 256;   // of one line
constexpr std::size_t kMaxSiblings = 8;  // a line is compared with so many

constexpr int kLearningCost = 16;  // of credit

// Where most lines leave the tree it only costs time, and is left alone for a while.
constexpr int kFailureWeight = 3;
constexpr int kMaxFailures = 1024;
constexpr unsigned kPause = 8192;

}  // namespace

ShapeTree::ShapeTree()
    : walk_shape_(walk_shape()), string_facts_(string_facts()), credit_(kMaxCredit) {
  lasting_.fill(ShapeNode::kNoSlot);
  start_over();
}

std::string_view ShapeTree::find(ShapeWalk& walk, const WantedName& name) {
  const std::uint16_t slot = slot_of(name);
  if (slot == ShapeNode::kNoSlot) return {};
  if (walk.version != version_) start_anew(walk);
  const bool is_passed = walk.has(slot) || walk_shape_(walk, slot);
  return is_passed ? passed_value(walk, slot) : learn_and_find(walk, slot);
}

std::string_view ShapeTree::learn_and_find(ShapeWalk& walk, std::uint16_t slot) {
  return learn_and_walk(walk, slot) ? passed_value(walk, slot) : std::string_view();
}

// What was passed may be passed otherwise now: a value may be wanted, or end where nothing known
// followed before.
void ShapeTree::start_anew(ShapeWalk& walk) {
  walk.version = version_;
  walk.slots = &lasting_;
  if (walk.value_count != slot_count_) {
    walk.values = std::make_unique<ShapeValue[]>(slot_count_);
    walk.value_count = slot_count_;
  }
  walk.node = root_;
  walk.at = walk.begin;
}

void ShapeTree::reset_seldom(ShapeWalk& walk, std::string_view line) {
  walk.are_valid = false;
  if (pause_ > 0) {
    --pause_;
    return;
  }
  if (line.size() >= std::uint32_t(-1)) return;
  if (walk.is_trial()) end_trial(walk);
  begin(walk, line);
}

void ShapeTree::end_trial(ShapeWalk& walk) const {
  if (walk.version == version_) walk.node->note_stay();
}

bool ShapeTree::learn_and_walk(ShapeWalk& walk, std::uint16_t slot) {
  failures_ += kFailureWeight;
  if (failures_ > kMaxFailures) {
    failures_ = 0;
    pause_ = kPause;
  }
  return credit_ >= kLearningCost && learn(walk) && walk_shape_(walk, slot);
}

// Forgets all lines.
void ShapeTree::start_over() {
  nodes_.resize(1);
  rests_.resize(1);
  root_ = &nodes_.front();
  *root_ = ShapeNode();
  root_->rest = &rests_.front();
  ++version_;
}

// --- Names ---------------------------------------------------------------------------------------

// kNoSlot if there are too many.
std::uint16_t ShapeTree::find_slot(const WantedName& name) {
  const std::uint32_t number = name.number();
  if (number > 0 && number < lasting_.size()) {
    return lasting_[number] = slot_of_text(name.text());
  }
  Asked& known = asked(name);
  const bool is_free = known.slot == ShapeNode::kNoSlot;
  if (!is_free && known.wanted == name) return known.slot;
  const std::uint16_t slot = slot_of_text(name.text());
  if (is_free) {
    known.name = name.text();
    known.wanted = WantedName(known.name);
    known.slot = slot;
  }
  return slot;
}

std::uint16_t ShapeTree::slot_of_text(std::string_view name) {
  const std::uint16_t number = number_of(name);
  if (number == ShapeRest::kNoName) return ShapeNode::kNoSlot;
  if (slots_[number] == ShapeNode::kNoSlot) {
    slots_[number] = static_cast<std::uint16_t>(slot_count_++);
    for (ShapeNode& node : nodes_) set_slots(node);
    for (ShapeNode& node : nodes_) node.note_child();
    ++version_;
  }
  return slots_[number];
}

// kNoName if there are too many.
std::uint16_t ShapeTree::number_of(std::string_view name) {
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  if (slots_.size() == kMaxNames) return ShapeRest::kNoName;
  const auto number = static_cast<std::uint16_t>(slots_.size());
  numbers_.emplace(name, number);
  slots_.push_back(ShapeNode::kNoSlot);
  return number;
}

void ShapeTree::set_slots(ShapeNode& node) const {
  ShapeRest& rest = *node.rest;
  if (rest.name != ShapeRest::kNoName) node.slot = slots_[rest.name];
  bool has_mark = false;
  for (ShapeRest::Mark& mark : rest.marks) {
    mark.slot = slots_[mark.name];
    has_mark |= mark.slot != ShapeNode::kNoSlot;
  }
  node.step = rest.last ? ShapeNode::Step::last : ShapeNode::Step::usual;
  if (has_mark || rest.literal.size() > ShapeNode::kMostUsual) node.step = ShapeNode::Step::other;
}

// --- Learning ------------------------------------------------------------------------------------

// Cuts a line, which is well-formed JSON, into the literals of nodes.
class ShapeTree::Learner {
 public:
  Learner(ShapeTree& tree, std::string_view line) : tree_(tree), line_(line), node_(tree.root_) {}

  // False if the line is too long, or has values that the walk cannot pass.
  bool run() {
    while (i_ < line_.size()) {
      if (is_json_space(line_[i_])) {
        ++i_;
      } else if (!take(line_[i_])) {
        return false;
      }
    }
    add_node(true, ShapeNode::kVaries);
    return true;
  }

 private:
  bool take(char c) {
    switch (c) {
      case '{':
      case '[':
        open(c);
        return true;
      case '}':
      case ']':
        close();
        return true;
      case ',':
      case ':':
        expects_name_ = c == ',' && brackets_.back() == '{';
        ++i_;
        return true;
      default:
        return expects_name_ ? take_name() : take_scalar();
    }
  }

  void open(char bracket) {
    if (is_top()) marks_.push_back({name_, true, offset()});
    brackets_.push_back(bracket);
    expects_name_ = bracket == '{';
    ++i_;
    if (is_top()) members_end_ = i_;
  }

  void close() {
    brackets_.pop_back();
    ++i_;
    if (!is_top()) return;
    marks_.push_back({name_, false, offset()});
    members_end_ = i_;
  }

  bool take_name() {
    const std::size_t size = check_string(line_.substr(i_)).size;
    if (is_top()) {
      std::string name;
      append_unescaped(name, line_.substr(i_ + 1, size - 2));
      name_ = tree_.number_of(name);
      if (name_ == ShapeRest::kNoName) return false;
      is_repeated_ = std::find(names_.begin(), names_.end(), name_) != names_.end();
      repeats_ |= is_repeated_;
      names_.push_back(name_);
    }
    i_ += size;
    return true;
  }

  bool take_scalar() {
    const char* const end = line_.data() + line_.size();
    const char* const behind = skip_scalar(line_.data() + i_, end);
    if (behind == nullptr || ++steps_ == kMaxSteps) return false;
    const std::size_t size = line_[i_] == '"' ? behind - line_.data() - i_ - 2 : ShapeNode::kVaries;
    if (!add_node(false, std::min<std::size_t>(size, ShapeNode::kVaries))) return false;
    i_ = begin_ = static_cast<std::size_t>(behind - line_.data());
    if (!is_top()) return true;
    members_end_ = i_;
    return true;
  }

  // The literal ends at i_.  size: ShapeNode::steady.
  bool add_node(bool last, std::size_t size) {
    const std::string_view literal = line_.substr(begin_, i_ - begin_);
    ShapeNode** link = &node_->child;
    for (std::size_t siblings = 0; *link != nullptr; link = &(*link)->rest->sibling) {
      if ((*link)->rest->last == last && (*link)->rest->literal == literal) break;
      if (++siblings == kMaxSiblings) return false;
    }
    if (*link == nullptr) {
      *link = append_node(literal, last);
      (*link)->steady = static_cast<std::uint8_t>(size);
      (*link)->changed = static_cast<std::uint32_t>(tree_.lines_) - ShapeNode::kFewLines;
    }
    node_->note_child();
    node_ = *link;
    marks_.clear();
    return true;
  }

  ShapeNode* append_node(std::string_view literal, bool last) {
    ShapeRest& rest = tree_.rests_.emplace_back();
    rest.literal = literal;
    rest.marks = marks_;
    rest.members_end = static_cast<std::uint32_t>(last ? members_end_ - begin_ : 0);
    rest.name = !last && is_top() && !is_repeated_ ? name_ : ShapeRest::kNoName;
    rest.last = last;
    rest.repeats = repeats_;
    ShapeNode& node = tree_.nodes_.emplace_back();
    const std::size_t head = std::min(literal.size(), ShapeNode::kHead);
    std::copy_n(literal.data(), head, node.head.data());
    node.head_size = static_cast<std::uint8_t>(head);
    node.compared = static_cast<std::uint32_t>((std::uint64_t{1} << head) - 1);
    node.rest = &rest;
    tree_.set_slots(node);
    return &node;
  }

  // Inside the object of the line, and in nothing inside it.
  bool is_top() const { return brackets_.size() == 1; }
  std::uint32_t offset() const { return static_cast<std::uint32_t>(i_ - begin_); }

  ShapeTree& tree_;
  std::string_view line_;
  std::size_t begin_ = 0;  // of the current literal
  std::size_t i_ = 0;
  ShapeNode* node_;       // the last one
  std::string brackets_;  // that are open
  std::vector<ShapeRest::Mark> marks_;
  std::size_t steps_ = 0;
  std::size_t members_end_ = 0;
  std::uint16_t name_ = ShapeRest::kNoName;  // of the current member
  bool is_repeated_ = false;                 // it was the name of one before it
  bool repeats_ = false;                     // that was so of any member
  std::vector<std::uint16_t> names_;         // of the top level, so far
  bool expects_name_ = false;
};

bool ShapeTree::learn(ShapeWalk& walk) {
  credit_ -= kLearningCost;
  if (nodes_.size() + kMaxSteps > kMaxNodes) start_over();
  start_anew(walk);
  const std::string_view line(walk.begin, static_cast<std::size_t>(walk.end - walk.begin));
  return damage_in_object(line, brackets_).empty() && Learner(*this, line).run();
}

}  // namespace streamutils
