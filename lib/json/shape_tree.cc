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

// Learning costs credit, which time gives back: a stream whose lines are never alike learns one in
// a hundred or so.
constexpr int kMaxCredit = 512;
constexpr int kLearningCost = 16;
constexpr std::uint64_t kLinesForCredit = 8;

// Where most lines leave the tree it only costs time, and is left alone for a while.
constexpr int kFailureWeight = 3;
constexpr int kMaxFailures = 1024;
constexpr unsigned kPause = 8192;

}  // namespace

ShapeTree::ShapeTree()
    : nodes_(1), walk_shape_(walk_shape()), string_facts_(string_facts()), credit_(kMaxCredit) {}

bool ShapeTree::reset(std::string_view line) {
  if (pause_ > 0) {
    --pause_;
    return false;
  }
  const std::uint64_t number = ++walk_.line_number;
  if (line.size() >= std::uint32_t(-1)) return false;
  walk_.begin = walk_.at = line.data();
  walk_.end = line.data() + line.size();
  walk_.node = &nodes_.front();
  if (failures_ > 0) --failures_;
  if (number % kLinesForCredit == 0 && credit_ < kMaxCredit) ++credit_;
  return true;
}

bool ShapeTree::learn_and_walk(std::uint16_t name) {
  failures_ += kFailureWeight;
  if (failures_ > kMaxFailures) {
    failures_ = 0;
    pause_ = kPause;
  }
  return credit_ >= kLearningCost && learn() && walk_shape_(walk_, name);
}

// --- Names ---------------------------------------------------------------------------------------

std::uint16_t ShapeTree::remember(const WantedName& name) {
  std::unique_ptr<Lookup>& lookup = lookup_of(name);
  const std::uint16_t number = number_of(name.text());
  if (!lookup) lookup = std::make_unique<Lookup>(std::string(name.text()), number);
  return number;
}

// kNoName if there are too many.
std::uint16_t ShapeTree::number_of(std::string_view name) {
  const auto known = numbers_.find(name);
  if (known != numbers_.end()) return known->second;
  if (values_.size() == kMaxNames) return ShapeNode::kNoName;
  const auto number = static_cast<std::uint16_t>(values_.size());
  numbers_.emplace(name, number);
  values_.emplace_back();
  walk_.values = values_.data();
  return number;
}

// --- Learning ------------------------------------------------------------------------------------

// Cuts a line, which is well-formed JSON, into the literals of nodes.
class ShapeTree::Learner {
 public:
  Learner(ShapeTree& tree, std::string_view line)
      : tree_(tree), line_(line), node_(&tree.nodes_.front()) {}

  // False if the line is too long, or has values that the walk cannot pass.
  bool run() {
    while (i_ < line_.size()) {
      if (is_json_space(line_[i_])) {
        ++i_;
      } else if (!take(line_[i_])) {
        return false;
      }
    }
    add_node(true);
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
    has_members_ = true;
    members_end_ = i_;
  }

  bool take_name() {
    const std::size_t size = check_string(line_.substr(i_)).size;
    if (is_top()) {
      std::string name;
      append_unescaped(name, line_.substr(i_ + 1, size - 2));
      name_ = tree_.number_of(name);
      if (name_ == ShapeNode::kNoName) return false;
      is_repeated_ = std::find(names_.begin(), names_.end(), name_) != names_.end();
      names_.push_back(name_);
    }
    i_ += size;
    return true;
  }

  bool take_scalar() {
    const char* const end = line_.data() + line_.size();
    const char* const behind = skip_scalar(line_.data() + i_, end);
    if (behind == nullptr || ++steps_ == kMaxSteps || !add_node(false)) return false;
    i_ = begin_ = static_cast<std::size_t>(behind - line_.data());
    if (!is_top()) return true;
    has_members_ = true;
    members_end_ = i_;
    return true;
  }

  // The literal ends at i_.
  bool add_node(bool last) {
    const std::string_view literal = line_.substr(begin_, i_ - begin_);
    ShapeNode** link = &node_->child;
    for (std::size_t siblings = 0; *link != nullptr; link = &(*link)->sibling) {
      if ((*link)->last == last && (*link)->rest->literal == literal) break;
      if (++siblings == kMaxSiblings) return false;
    }
    if (*link == nullptr) *link = append_node(literal, last);
    node_ = *link;
    marks_.clear();
    return true;
  }

  ShapeNode* append_node(std::string_view literal, bool last) {
    ShapeRest& rest = tree_.rests_.emplace_back();
    rest.literal = literal;
    rest.marks = marks_;
    rest.members_end = static_cast<std::uint32_t>(last ? members_end_ - begin_ : 0);
    rest.has_members = has_members_;
    ShapeNode& node = tree_.nodes_.emplace_back();
    for (std::size_t k = 0; k < ShapeNode::kHeads; ++k) {
      node.heads[k] = TextHead(literal.substr(std::min(8 * k, literal.size())));
    }
    node.rest = &rest;
    node.size = static_cast<std::uint32_t>(literal.size());
    node.name = !last && is_top() && !is_repeated_ ? name_ : ShapeNode::kNoName;
    node.last = last;
    node.more = last || !marks_.empty();
    node.usual =
        !node.more && node.name != ShapeNode::kNoName && literal.size() <= 8 * ShapeNode::kHeads;
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
  std::uint16_t name_ = ShapeNode::kNoName;  // of the current member
  bool is_repeated_ = false;                 // it was the name of one before it
  std::vector<std::uint16_t> names_;         // of the top level, so far
  bool expects_name_ = false;
  bool has_members_ = false;
};

bool ShapeTree::learn() {
  credit_ -= kLearningCost;
  if (nodes_.size() + kMaxSteps > kMaxNodes) {
    nodes_.resize(1);
    nodes_.front() = ShapeNode();
    rests_.clear();
  }
  // What was passed may be passed otherwise now: a value that nothing known followed counts.
  walk_.node = &nodes_.front();
  walk_.at = walk_.begin;
  const std::string_view line(walk_.begin, static_cast<std::size_t>(walk_.end - walk_.begin));
  return damage_in_object(line, brackets_).empty() && Learner(*this, line).run();
}

}  // namespace streamutils
