// How a record finds its members.
//
// The top level is walked once, as far as somebody asks: each member that is passed is kept as two
// slices and the first bytes of its name.  A member is looked for first among those that were
// passed, in their order, and then by walking on; so the first of duplicate names wins, in whatever
// order the members are asked for.  Nested objects and arrays are walked anew by every path that
// enters them: they are short, and most are never entered.
//
// Where a line begins like those before it, the walk is that of a ShapeTree, which finds the same
// and costs less.
//
// A path with dots may mean a key with dots.  At each object the longest join of steps that is a
// key wins; all joins are looked for in one walk.
// SPDX-License-Identifier: Apache-2.0
#include "json/record.h"

#include <optional>

#include "base/decimal.h"
#include "json/check.h"
#include "json/cursor.h"
#include "json/grammar.h"
#include "json/name.h"
#include "json/shape_tree.h"

namespace streamutils {
namespace {

// The steps of a path that are still to be taken.
class Steps {
 public:
  explicit Steps(const Path& path) : path_(path) {}

  const Path& path() const { return path_; }
  bool done() const { return taken_ == path_.steps().size(); }
  std::string_view next() const { return path_.steps()[taken_]; }

  // The names that may be a key here, the longest first: of "a.b.c" that, "a.b" and "a".
  void list_joins(std::vector<WantedName>& joins) const {
    joins.clear();
    if (path_.is_pointer()) {
      joins.emplace_back(next());
      return;
    }
    const std::string_view text = std::string_view(path_.text()).substr(offset_);
    std::size_t size = text.size();
    for (std::size_t n = path_.steps().size() - taken_; n > 0; --n) {
      joins.emplace_back(text.substr(0, size), n);
      size -= path_.steps()[taken_ + n - 1].size() + 1;
    }
  }

  void take(std::size_t n) {
    for (; n > 0; --n) offset_ += path_.steps()[taken_++].size() + 1;
  }

 private:
  const Path& path_;
  std::size_t taken_ = 0;
  std::size_t offset_ = 0;  // in the text, of the next step
};

// "0", "17"; no sign, no leading zeros.
std::optional<std::size_t> to_index(std::string_view step) {
  if (step.empty() || step.size() > 18 || (step[0] == '0' && step.size() > 1)) return std::nullopt;
  std::size_t index = 0;
  for (const char c : step) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

}  // namespace

// How many members are passed at once.
constexpr std::size_t kBatch = 32;

// What records know of lines like theirs.
struct Record::Shapes {
  // Records that read only a few lines learn nothing.
  static constexpr unsigned kFirstLines = 4;

  std::unique_ptr<ShapeTree> tree;  // made when the first few lines have been read
  unsigned first_lines = 0;
};

// Values are passed as their raw text here; an empty one is missing.
struct Record::Index {
  // The first member of the top level that has the name, or an empty text.
  std::string_view find(const WantedName& name) {
    const std::string_view value = find_by_shape(name);
    return value.data() != nullptr ? value : find_plain(name);
  }
  // Without data() where shapes do not tell.
  std::string_view find_by_shape(const WantedName& name) {
    return has_shape() ? shapes->tree->find(walk_by_shape, name) : std::string_view();
  }
  // The same.  REQUIRES: the name is not among what was passed.
  std::string_view find_on(const WantedName& name) {
    return has_shape() ? shapes->tree->find_on(walk_by_shape, name) : std::string_view();
  }
  // From now on shapes are not asked any more.
  std::string_view find_plain(const WantedName& name);
  std::string_view walk_to(const WantedName& name);
  // The line, as far as it was read, is one of those in shapes.
  bool has_shape() const { return walk_by_shape.are_valid; }
  void start(std::string_view new_line) {
    line = new_line;
    damage = {};
    opened = false;
    passed = 0;
    if (shapes->tree == nullptr) [[unlikely]]
      return start_without_shape();
    shapes->tree->reset(walk_by_shape, new_line);
  }
  [[gnu::noinline]] void start_without_shape();
  // Facts that hold for the value, which was found last.
  std::uint8_t facts_of(std::string_view value) const {
    return has_shape() && !value.empty() ? shapes->tree->facts_of(value) : top.facts();
  }
  // Passes at least one member, and none behind the first that has the name; false at the end or at
  // damage.
  bool walk(const WantedName& wanted);
  Value checked(std::string_view raw, std::uint8_t facts);
  void note(std::string_view why);

  // Takes at least one step.
  std::string_view descend_top(Steps& steps);
  std::string_view descend(std::string_view value, Steps& steps);
  std::string_view descend_object(std::string_view object, Steps& steps);
  std::string_view descend_array(std::string_view array, Steps& steps);

  std::string_view line;
  std::string_view damage;
  bool opened = false;
  std::shared_ptr<Shapes> shapes = std::make_shared<Shapes>();
  ShapeWalk walk_by_shape;
  Cursor top;
  Cursor nested;
  std::vector<Cursor::Item> members;      // of the top level; grows, never shrinks
  std::size_t passed = 0;                 // how many of them are of this line
  std::vector<WantedName> joins;          // scratch: the names a path may mean at one step
  std::string brackets;                   // scratch of the check of nested values
  std::unique_ptr<LineCheck> line_check;  // made when it is asked for
};

void Record::Index::start_without_shape() {
  walk_by_shape.are_valid = false;
  if (++shapes->first_lines > Shapes::kFirstLines) shapes->tree = std::make_unique<ShapeTree>();
}

std::string_view Record::Index::find_plain(const WantedName& name) {
  walk_by_shape.are_valid = false;
  return walk_to(name);
}

std::string_view Record::Index::walk_to(const WantedName& wanted) {
  for (std::size_t i = 0; i < passed; ++i) {
    if (top.has_name(members[i], wanted)) return top.value(members[i]);
  }
  while (walk(wanted)) {
    const Cursor::Item& last = members[passed - 1];
    if (top.has_name(last, wanted)) return top.value(last);
  }
  return {};
}

bool Record::Index::walk(const WantedName& wanted) {
  if (!opened) {
    opened = true;
    top.open(line, '{');
  }
  if (top.done()) {
    note(top.damage());
    return false;
  }
  if (members.size() - passed < kBatch) members.resize(2 * members.size() + kBatch);
  const std::size_t plain = top.next_plain(wanted, &members[passed], kBatch);
  passed += plain;
  if (plain > 0) return true;
  const bool found = top.next(members[passed]);
  passed += found;
  if (!found) note(top.damage());
  return found;
}

void Record::Index::note(std::string_view why) {
  if (damage.empty()) damage = why;
}

// Numbers, and strings of which nothing is to be feared, are nearly all that is asked for.
Value Record::Index::checked(std::string_view raw, std::uint8_t facts) {
  if (raw.empty()) return Value();
  const Kind kind = kind_by_first(raw.front());
  if (kind == Kind::number && is_number(raw)) return Value(kind, raw);
  if (is_plain_string(raw, facts)) return Value(kind, raw, true);
  const std::string_view why = damage_in_value(raw, facts, brackets);
  if (why.empty()) return Value(kind, raw);
  note(why);
  return Value();
}

std::string_view Record::Index::descend_top(Steps& steps) {
  for (const WantedName& name : steps.path().top_names()) {
    const std::string_view value = find(name);
    if (!damage.empty()) break;
    if (value.empty()) continue;
    steps.take(name.steps());
    return value;
  }
  return {};
}

std::string_view Record::Index::descend(std::string_view value, Steps& steps) {
  switch (kind_by_first(value.front())) {
    case Kind::object:
      return descend_object(value, steps);
    case Kind::array:
      return descend_array(value, steps);
    default:
      return {};
  }
}

std::string_view Record::Index::descend_object(std::string_view object, Steps& steps) {
  steps.list_joins(joins);
  std::string_view found;
  std::size_t best = joins.size();  // only the joins before this one can still win
  Cursor::Item item;
  nested.open(object, '{');
  while (best > 0 && nested.next(item)) {
    for (std::size_t i = 0; i < best; ++i) {
      if (!nested.has_name(item, joins[i])) continue;
      found = nested.value(item);
      best = i;
    }
  }
  note(nested.damage());
  if (!damage.empty() || found.empty()) return {};
  steps.take(joins[best].steps());
  return found;
}

std::string_view Record::Index::descend_array(std::string_view array, Steps& steps) {
  std::optional<std::size_t> index = to_index(steps.next());
  if (!index) return {};
  Cursor::Item item;
  nested.open(array, '[');
  while (nested.next(item)) {
    if ((*index)-- > 0) continue;
    steps.take(1);
    return nested.value(item);
  }
  note(nested.damage());
  return {};
}

Record::Record() : index_(std::make_unique<Index>()), passed_(&index_->walk_by_shape) {}
Record::~Record() = default;

void Record::learn_with(Record& other) { index_->shapes = other.index_->shapes; }

void Record::reset(std::string_view line) {
  line_ = line;
  damage_ = {};
  index_->start(line);
}

Value Record::get_nested(const Path& path) const {
  if (path.is_whole()) return whole();
  Steps steps(path);
  std::string_view value = index_->descend_top(steps);
  std::uint8_t facts = index_->facts_of(value);
  while (!value.empty() && !steps.done()) {
    value = index_->descend(value, steps);
    facts = index_->nested.facts();
  }
  const Value result = index_->checked(value, facts);
  damage_ = index_->damage;
  return result;
}

Value Record::member(const WantedName& name) const { return checked(raw(name)); }

std::string_view Record::find(const WantedName& name) const {
  const std::string_view by_shape = index_->find_on(name);
  return by_shape.data() != nullptr ? by_shape : find_plain(name);
}

std::string_view Record::find_plain(const WantedName& name) const {
  const std::string_view value = index_->find_plain(name);
  damage_ = index_->damage;
  return value;
}

Value Record::checked(std::string_view raw) const {
  const Value result = index_->checked(raw, index_->facts_of(raw));
  damage_ = index_->damage;
  return result;
}

std::string_view Record::place_of(const WantedName& name) const {
  const std::string_view value = raw(name);
  if (!value.empty() || !damage_.empty()) return value;
  std::size_t end;
  if (index_->has_shape()) {
    end = index_->walk_by_shape.members_end;
  } else if (index_->passed == 0) {
    end = line_.find('{') + 1;
  } else {
    end = index_->members[index_->passed - 1].value_end;
  }
  return line_.substr(end, 0);
}

bool Record::may_repeat_names() const {
  return !index_->has_shape() || index_->walk_by_shape.node->rest->repeats;
}

Value Record::whole() const {
  const std::string_view why = damage_in_object(line_, index_->brackets);
  index_->note(why);
  damage_ = index_->damage;
  return why.empty() ? Value(Kind::object, trim_spaces(line_)) : Value();
}

void Record::for_each(
    const std::function<bool(std::string_view raw_key, Value value)>& visit) const {
  static const WantedName kNoName("\"");  // only a name with an escape could be this
  Index& index = *index_;
  for (std::size_t i = 0; i < index.passed || index.walk(kNoName); ++i) {
    const Cursor::Item item = index.members[i];
    const Value value = index.checked(index.top.value(item), index.top.facts());
    if (!value.exists() || !visit(index.top.name(item), value)) break;
  }
  damage_ = index.damage;
}

bool Record::check() const {
  if (damage_.empty()) {
    if (!index_->line_check) index_->line_check = std::make_unique<LineCheck>();
    damage_ = index_->damage = index_->line_check->damage_in(line_);
  }
  return damage_.empty();
}

}  // namespace streamutils
