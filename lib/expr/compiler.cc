// One pass over the tree, children before parents.
//
// Macros are taken apart here, by name and number of arguments, as CEL does it in its parser. After
// an operation on constants has been emitted it is computed on the spot; if it fails for its types
// it fails on every event, and where nothing can absorb that (see refuse_failures) the expression
// is refused.
// SPDX-License-Identifier: Apache-2.0
#include "expr/compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "expr/compiler_tables.h"
#include "expr/constant.h"
#include "expr/describe.h"
#include "expr/error.h"
#include "expr/function_hints.h"
#include "expr/interpreter.h"
#include "expr/number.h"
#include "expr/parser.h"

namespace streamutils::expr {
namespace {

struct LiteralValue {
  Arena& arena;
  Value operator()(std::monostate) const { return Value::null(); }
  Value operator()(bool b) const { return Value::boolean(b); }
  Value operator()(std::int64_t i) const { return Value::integer(i); }
  Value operator()(std::uint64_t u) const { return Value::uinteger(u); }
  Value operator()(double d) const { return Value::real(d); }
  Value operator()(const std::string& s) const { return Value::string(arena.copy(s)); }
  Value operator()(const Bytes& b) const { return Value::bytes(arena.copy(b.text)); }
};

class Compiler {
 public:
  explicit Compiler(std::string_view source) { program_->source = source; }

  Result<std::shared_ptr<const Program>> run(const Node& tree) {
    program_->root = compile(tree);
    if (!failed()) refuse_failures(program_->root);
    if (failed()) return error_at(program_->source, error_offset_, *error_);
    program_->reads.assign(reads_.begin(), reads_.end());
    return std::shared_ptr<const Program>(std::move(program_));
  }

 private:
  struct Variable {
    std::string_view name;
    std::uint32_t slot;
  };

  bool failed() const { return error_.has_value(); }

  std::uint32_t refuse(std::size_t offset, std::string message) {
    if (!failed()) {
      error_ = std::move(message);
      error_offset_ = offset;
    }
    return constant(Value::null(), offset);
  }

  // --- Emitting ----------------------------------------------------------------------------------

  std::uint32_t emit(Instruction i, std::size_t offset) {
    i.offset = static_cast<std::uint32_t>(offset);
    program_->code.push_back(i);
    failures_.push_back(false);
    return static_cast<std::uint32_t>(program_->code.size() - 1);
  }

  std::uint32_t constant(Value v, std::size_t offset) {
    program_->constants.push_back(v);
    return emit(
        {.code = Code::constant, .a = static_cast<std::uint32_t>(program_->constants.size() - 1)},
        offset);
  }

  std::uint32_t name_index(std::string_view text, std::optional<Kind> type = std::nullopt) {
    program_->names.emplace_back(program_->arena.copy(text), type);
    return static_cast<std::uint32_t>(program_->names.size() - 1);
  }

  std::uint32_t put_operands(const std::vector<std::uint32_t>& nodes) {
    const std::size_t first = program_->operands.size();
    program_->operands.insert(program_->operands.end(), nodes.begin(), nodes.end());
    return static_cast<std::uint32_t>(first);
  }

  const Instruction& at(std::uint32_t node) const { return program_->code[node]; }
  bool is_constant(std::uint32_t node) const { return at(node).code == Code::constant; }
  Value constant_at(std::uint32_t node) const { return program_->constants[at(node).a]; }

  // Computes an operation whose operands are constants; small results take its place.
  std::uint32_t fold(std::uint32_t node, const std::vector<std::uint32_t>& operands) {
    if (failed()) return node;
    for (const std::uint32_t operand : operands) {
      if (!is_constant(operand)) return node;
    }
    scratch_.begin(nullptr);
    const Value v = Interpreter(scratch_).run(*program_, node);
    if (v.is_error()) {
      failures_[node] = v.error_kind() == ErrorKind::no_overload;
      return node;
    }
    const auto kept = copy_small(program_->arena, scratch_.arena(), v);
    return kept ? constant(*kept, at(node).offset) : node;
  }

  // --- Nodes -------------------------------------------------------------------------------------

  std::uint32_t compile(const Node& n) {
    if (failed()) return 0;
    switch (n.type) {
      case Node::Type::literal:
        return constant(std::visit(LiteralValue{program_->arena}, n.literal), n.offset);
      case Node::Type::name:
      case Node::Type::select:
        return select(n);
      case Node::Type::index:
        return index(n);
      case Node::Type::call:
        return call(n);
      case Node::Type::method:
        return method(n);
      case Node::Type::unary:
        return unary(n);
      case Node::Type::binary:
        return binary(n);
      case Node::Type::all_of:
        return junction(n, Code::all_of);
      case Node::Type::any_of:
        return junction(n, Code::any_of);
      case Node::Type::conditional:
        return conditional(n);
      case Node::Type::list:
        return container(n, Code::list);
      case Node::Type::map:
        return container(n, Code::map);
    }
    return 0;
  }

  std::vector<std::uint32_t> compile_all(const Node& n, std::size_t first = 0) {
    std::vector<std::uint32_t> nodes;
    for (std::size_t i = first; i < n.children.size(); ++i)
      nodes.push_back(compile(*n.children[i]));
    return nodes;
  }

  std::uint32_t unary(const Node& n) {
    const std::uint32_t a = compile(*n.children[0]);
    const Code code = n.text == "!" ? Code::logical_not : Code::negate;
    return fold(emit({.code = code, .a = a}, n.offset), {a});
  }

  std::uint32_t binary(const Node& n) {
    if (n.text == "in" && is_this(*n.children[1])) {
      if (const std::string* key = string_literal(*n.children[0])) return has_field(*key, n.offset);
    }
    const std::uint32_t a = compile(*n.children[0]);
    const std::uint32_t b = compile(*n.children[1]);
    Instruction i{.a = a, .b = b};
    if (n.text == "in") {
      i.code = Code::in;
    } else if (const auto op = comparison_of(n.text)) {
      i.code = Code::compare;
      i.option = static_cast<std::uint8_t>(*op);
    } else {
      i.code = Code::arithmetic;
      i.option = static_cast<std::uint8_t>(arithmetic_of(n.text));
    }
    return fold(emit(i, n.offset), {a, b});
  }

  std::uint32_t junction(const Node& n, Code code) {
    if (is_decided(n)) return decided(n, code);
    const auto nodes = compile_all(n);
    const Instruction i{
        .code = code, .count = static_cast<std::uint16_t>(nodes.size()), .b = put_operands(nodes)};
    if (nodes.size() > 0xffff) return refuse(n.offset, "too many operands");
    return fold(emit(i, n.offset), nodes);
  }

  // One of the operands is the literal that decides: true of ||, false of &&.
  static bool is_decided(const Node& n) {
    const Literal deciding = n.type == Node::Type::any_of;
    return std::any_of(n.children.begin(), n.children.end(), [&](const NodePtr& child) {
      return child->type == Node::Type::literal && child->literal == deciding;
    });
  }

  // The other operands are checked, and not needed.  CEL looks functions up when they are called,
  // and absorbs that error like any other; only here can no event tell that from a refusal.
  std::uint32_t decided(const Node& n, Code code) {
    ++decided_;
    compile_all(n);
    --decided_;
    return constant(Value::boolean(code == Code::any_of), n.offset);
  }

  std::uint32_t conditional(const Node& n) {
    const std::uint32_t a = compile(*n.children[0]);
    const std::uint32_t b = compile(*n.children[1]);
    const std::uint32_t c = compile(*n.children[2]);
    const std::uint32_t node = emit({.code = Code::conditional, .a = a, .b = b, .c = c}, n.offset);
    if (is_constant(a) && !constant_at(a).is(Kind::boolean)) failures_[node] = true;
    return node;
  }

  std::uint32_t container(const Node& n, Code code) {
    const auto nodes = compile_all(n);
    if (nodes.size() > 0xffff) return refuse(n.offset, "too many elements");
    Instruction i{
        .code = code, .count = static_cast<std::uint16_t>(nodes.size()), .b = put_operands(nodes)};
    if (!n.optional_items.empty()) {
      i.option = 1;
      i.c = static_cast<std::uint32_t>(program_->optional_flags.size());
      program_->optional_flags.push_back(n.optional_items);
    }
    return fold(emit(i, n.offset), nodes);
  }

  // --- Names -------------------------------------------------------------------------------------

  const Variable* find_variable(std::string_view name) const {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const Variable& v) { return v.name == name; });
    return found == variables_.rend() ? nullptr : &*found;
  }

  bool is_this(const Node& n) const {
    return n.type == Node::Type::name && (n.text == "this" || n.text == ".this") &&
           (n.text[0] == '.' || find_variable("this") == nullptr);
  }

  static const std::string* string_literal(const Node& n) {
    return n.type == Node::Type::literal ? std::get_if<std::string>(&n.literal) : nullptr;
  }

  // The steps of a.b.c if it starts at the event (not at a variable of a macro); else empty.
  std::vector<std::string_view> dotted_name(const Node& n) const {
    std::vector<std::string_view> steps;
    const Node* node = &n;
    for (; node->type == Node::Type::select && !node->optional; node = node->children[0].get()) {
      if (node->grouped && node != &n) return {};
      steps.push_back(node->text);
    }
    if (node->type != Node::Type::name || is_this(*node)) return {};
    const std::string_view root = node->text;
    if (root[0] != '.' && find_variable(root) != nullptr) return {};
    steps.push_back(root[0] == '.' ? root.substr(1) : root);
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

  // Where a dotted name begins.
  static std::size_t root_offset(const Node& n) {
    const Node* node = &n;
    while (node->type == Node::Type::select) node = node->children[0].get();
    return node->offset;
  }

  static std::string joined(const std::vector<std::string_view>& steps, std::size_t n) {
    std::string name(steps[0]);
    for (std::size_t i = 1; i < n; ++i) (name += '.') += steps[i];
    return name;
  }

  std::uint32_t field(std::string_view name, std::size_t offset, std::optional<Kind> type = {}) {
    reads_.emplace(name);
    return emit({.code = Code::field, .a = name_index(name, type)}, offset);
  }

  std::uint32_t has_field(std::string_view name, std::size_t offset) {
    reads_.emplace(name);
    return emit({.code = Code::has_field, .a = name_index(name)}, offset);
  }

  std::uint32_t chain_index(const std::vector<std::string_view>& steps) {
    Chain c;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      c.steps.push_back(program_->arena.copy(steps[i]));
      c.prefixes.push_back(program_->arena.copy(joined(steps, i + 1)));
    }
    c.type = type_of_name(c.prefixes.back());
    reads_.emplace(c.prefixes.back());
    program_->chains.push_back(std::move(c));
    return static_cast<std::uint32_t>(program_->chains.size() - 1);
  }

  // A name, or a selection: of a dotted name of the event, of `this`, or of any other value.
  std::uint32_t select(const Node& n) {
    if (const auto steps = dotted_name(n); steps.size() == 1) {
      return field(steps[0], n.offset, type_of_name(steps[0]));
    } else if (!steps.empty()) {
      return emit({.code = Code::chain, .a = chain_index(steps)}, root_offset(n));
    }
    if (is_this(n)) {
      reads_.emplace("this");
      return emit({.code = Code::whole}, n.offset);
    }
    if (n.type == Node::Type::name) {
      return emit({.code = Code::local, .a = find_variable(n.text)->slot}, n.offset);
    }
    if (is_this(*n.children[0])) {
      if (!n.optional) return field(n.text, n.offset);
      reads_.emplace(n.text);
      return emit({.code = Code::optional_field, .a = name_index(n.text)}, n.offset);
    }
    const std::uint32_t a = compile(*n.children[0]);
    const Code code = n.optional ? Code::optional_select : Code::select;
    return fold(emit({.code = code, .a = a, .b = name_index(n.text)}, n.offset), {a});
  }

  std::uint32_t index(const Node& n) {
    if (is_this(*n.children[0])) {
      const std::string* key = string_literal(*n.children[1]);
      if (key != nullptr && !n.optional) return field(*key, n.offset);
      if (key != nullptr) {
        reads_.emplace(*key);
        return emit({.code = Code::optional_field, .a = name_index(*key)}, n.offset);
      }
    }
    const std::uint32_t a = compile(*n.children[0]);
    const std::uint32_t b = compile(*n.children[1]);
    const Code code = n.optional ? Code::optional_index : Code::index;
    return fold(emit({.code = code, .a = a, .b = b}, n.offset), {a, b});
  }

  std::uint32_t has(const Node& n) {
    const Node& what = *n.children[0];
    if (what.type == Node::Type::name && !is_this(what) && dotted_name(what).size() == 1) {
      return has_field(dotted_name(what)[0], what.offset);
    }
    if (what.type != Node::Type::select || what.optional) {
      return refuse(what.offset,
                    "has() wants a field: has(a) or has(a.b); for a key, \"key\" in map");
    }
    if (is_this(*what.children[0])) return has_field(what.text, what.offset);
    if (const auto steps = dotted_name(what); !steps.empty()) {
      return emit({.code = Code::has_chain, .a = chain_index(steps)}, root_offset(what));
    }
    const std::uint32_t a = compile(*what.children[0]);
    const Instruction i{.code = Code::has_member, .a = a, .b = name_index(what.text)};
    return fold(emit(i, what.offset), {a});
  }

  // --- Calls -------------------------------------------------------------------------------------

  std::uint32_t call(const Node& n) {
    const std::string_view name = n.text[0] == '.' ? std::string_view(n.text).substr(1) : n.text;
    if (name == "has" && n.children.size() == 1) return has(n);
    if (name == "dyn" && n.children.size() == 1) return compile(*n.children[0]);
    const Function* f = find_function(name, CallStyle::global);
    return f == nullptr ? unknown_function(n, name, false) : function_call(*f, n, compile_all(n));
  }

  std::uint32_t method(const Node& n) {
    if (const LoopMacro* macro = find_loop(n.text, n.children.size() - 1)) return loop(n, *macro);
    const Node& target = *n.children[0];
    const auto steps = dotted_name(target);
    if (!steps.empty()) {
      const std::string name = joined(steps, steps.size()) + "." + n.text;
      if (name == "cel.bind" && n.children.size() == 4) return bind(n);
      if (const Function* f = find_function(name, CallStyle::global)) {
        return function_call(*f, n, compile_all(n, 1));
      }
    }
    if ((n.text == "optMap" || n.text == "optFlatMap") && n.children.size() == 3)
      return optional_map(n);
    if ((n.text == "or" || n.text == "orValue") && n.children.size() == 2) return optional_or(n);
    const Function* f = find_function(n.text, CallStyle::method);
    if (f != nullptr) return function_call(*f, n, compile_all(n));
    return unknown_function(n, n.text, true);
  }

  std::uint32_t unknown_function(const Node& n, std::string_view name, bool is_method) {
    if (is_macro_name(name)) {
      return refuse(n.offset, fmt::format("wrong number of arguments for the macro {}", name));
    }
    const CallStyle other = is_method ? CallStyle::global : CallStyle::method;
    if (const Function* f = find_function(name, other)) {
      return refuse(n.offset, fmt::format("no such function, it is written {}", f->signature));
    }
    if (decided_ > 0) {
      compile_all(n);
      return constant(Value::null(), n.offset);
    }
    std::string full(name);
    if (is_method) {
      const auto steps = dotted_name(*n.children[0]);
      if (!steps.empty() && is_namespace(steps[0])) full = joined(steps, steps.size()) + "." + full;
    }
    return refuse(n.offset, fmt::format("unknown function '{}'{}", full, function_hint(full)));
  }

  static bool is_namespace(std::string_view word) {
    const auto& names = function_names();
    return std::any_of(names.begin(), names.end(), [&](std::string_view f) {
      return f.starts_with(word) && f.substr(word.size()).starts_with('.');
    });
  }

  std::uint32_t function_call(const Function& f, const Node& n, std::vector<std::uint32_t> nodes) {
    if (nodes.size() < f.min_arguments ||
        (f.max_arguments != kAnyNumber && nodes.size() > f.max_arguments)) {
      return refuse(n.offset, fmt::format("wrong number of arguments: {}", f.signature));
    }
    if (failed()) return 0;
    if (nodes.size() > 0xffff) return refuse(n.offset, "too many arguments");
    if (!check_pattern(f, nodes)) return 0;
    if (f.name == "matches" && is_constant(nodes[1]) && constant_at(nodes[1]).is(Kind::string)) {
      return matches(n, nodes);
    }
    program_->functions.push_back(&f);
    const Instruction i{.code = Code::call,
                        .count = static_cast<std::uint16_t>(nodes.size()),
                        .a = static_cast<std::uint32_t>(program_->functions.size() - 1),
                        .b = put_operands(nodes)};
    return fold(emit(i, n.offset), nodes);
  }

  // A pattern that is a literal must be one.
  bool check_pattern(const Function& f, const std::vector<std::uint32_t>& nodes) {
    if (f.name != "matches" && !f.name.starts_with("regex.")) return true;
    if (!is_constant(nodes[1]) || !constant_at(nodes[1]).is(Kind::string)) return true;
    std::string why;
    if (compile_regex(constant_at(nodes[1]).text(), &why) != nullptr) return true;
    refuse(at(nodes[1]).offset, "bad regular expression: " + why);
    return false;
  }

  std::uint32_t matches(const Node& n, const std::vector<std::uint32_t>& nodes) {
    program_->regexes.push_back(compile_regex(constant_at(nodes[1]).text()));
    const Instruction i{.code = Code::matches,
                        .a = nodes[0],
                        .b = static_cast<std::uint32_t>(program_->regexes.size() - 1)};
    return fold(emit(i, n.offset), {nodes[0]});
  }

  // --- Macros ------------------------------------------------------------------------------------

  // Makes a variable of the macro; false if the argument is no simple name.
  bool declare(const Node& n) {
    if (n.type != Node::Type::name || n.text[0] == '.') {
      refuse(n.offset, "the variable of a macro must be a simple name");
      return false;
    }
    const auto slot = static_cast<std::uint32_t>(variables_.size());
    variables_.push_back({n.text, slot});
    program_->slots = std::max(program_->slots, slot + 1);
    return true;
  }

  std::uint32_t loop(const Node& n, const LoopMacro& macro) {
    Instruction i{.code = Code::loop, .option = static_cast<std::uint8_t>(macro.loop)};
    i.a = compile(*n.children[0]);
    const std::size_t outer = variables_.size();
    std::size_t next = 1;
    for (; next <= macro.variables; ++next) {
      if (!declare(*n.children[next])) return 0;
    }
    if (macro.variables == 2 && variables_[outer].name == variables_[outer + 1].name) {
      return refuse(n.children[2]->offset, "the two variables of a macro need two names");
    }
    const auto slot = static_cast<std::uint32_t>(outer);
    i.d = pack_slots(slot, macro.variables == 2 ? slot + 1 : kNoSlot);
    i.b = macro.predicate ? compile(*n.children[next++]) : kNoNode;
    i.c = macro.result ? compile(*n.children[next]) : kNoNode;
    variables_.resize(outer);
    return emit(i, n.offset);
  }

  std::uint32_t bind(const Node& n) {
    Instruction i{.code = Code::bind};
    i.a = compile(*n.children[2]);
    i.d = static_cast<std::uint32_t>(variables_.size());
    if (!declare(*n.children[1])) return 0;
    i.b = compile(*n.children[3]);
    variables_.pop_back();
    return emit(i, n.offset);
  }

  std::uint32_t optional_map(const Node& n) {
    Instruction i{.code = n.text == "optMap" ? Code::optional_map : Code::optional_flat_map};
    i.a = compile(*n.children[0]);
    i.d = static_cast<std::uint32_t>(variables_.size());
    if (!declare(*n.children[1])) return 0;
    i.b = compile(*n.children[2]);
    variables_.pop_back();
    return emit(i, n.offset);
  }

  std::uint32_t optional_or(const Node& n) {
    Instruction i{.code = n.text == "or" ? Code::optional_or : Code::optional_or_value};
    i.a = compile(*n.children[0]);
    i.b = compile(*n.children[1]);
    return emit(i, n.offset);
  }

  // --- What must fail ----------------------------------------------------------------------------

  // Follows the operands that are always computed and whose errors nothing absorbs; a type error
  // between literals found there fails on every event.
  void refuse_failures(std::uint32_t node) {
    if (failed()) return;
    const Instruction i = at(node);  // a copy: refusing emits
    if (failures_[node]) {
      scratch_.begin(nullptr);
      refuse(i.offset, failure_text(node));
      return;
    }
    switch (i.code) {
      case Code::compare:
      case Code::arithmetic:
      case Code::in:
      case Code::index:
      case Code::optional_index:
        refuse_failures(i.a);
        refuse_failures(i.b);
        break;
      case Code::logical_not:
      case Code::negate:
      case Code::select:
      case Code::optional_select:
      case Code::has_member:
      case Code::matches:
      case Code::conditional:
      case Code::loop:
      case Code::optional_or:
      case Code::optional_or_value:
      case Code::optional_map:
      case Code::optional_flat_map:
        refuse_failures(i.a);
        break;
      case Code::bind:
        refuse_failures(i.b);
        break;
      case Code::call:
      case Code::list:
      case Code::map:
        for (std::size_t k = 0; k < i.count; ++k) refuse_failures(program_->operands[i.b + k]);
        break;
      default:
        break;
    }
  }

  std::string failure_text(std::uint32_t node) {
    return error_text(*program_, scratch_.arena(), Interpreter(scratch_).run(*program_, node));
  }

  std::shared_ptr<Program> program_ = std::make_shared<Program>();
  Context scratch_;  // for folding
  std::vector<Variable> variables_;
  std::vector<bool> failures_;  // per node: fails for its types whatever the event
  std::set<std::string, std::less<>> reads_;
  int decided_ = 0;  // how many junctions around the node have their value without it
  std::optional<std::string> error_;
  std::size_t error_offset_ = 0;
};

}  // namespace

Result<std::shared_ptr<const Program>> compile_tree(const Node& tree, std::string_view source) {
  return Compiler(source).run(tree);
}

Result<std::shared_ptr<const Program>> compile_path(std::string_view text) {
  auto path = Path::parse(text);
  if (!path) return path.error();
  auto program = std::make_shared<Program>();
  program->source = text;
  program->reads.push_back(std::string(text));
  program->paths.push_back(std::move(*path));
  program->code.push_back({.code = Code::path});
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace streamutils::expr
