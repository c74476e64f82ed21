// SPDX-License-Identifier: Apache-2.0
#include "tools/expression_text.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "expr/assignments.h"

namespace streamutils {
namespace {

Error at(const std::string& place, const std::string& message) {
  return Error{place + ": " + message};
}

Result<MapAssignment> to_map(const std::string& target, Expr expr) {
  auto path = Path::parse(target);
  if (!path) return path.error();
  if (path->is_whole()) return Error{"'this' is the whole event and cannot be assigned"};
  return MapAssignment{std::move(*path), std::move(expr)};
}

// The expression at its place in the whole text, with spaces for all that stands before it: so the
// compiler's positions are those of the text.
std::string in_place(const std::string& text, const Assignment& one) {
  std::string blank = text.substr(0, one.offset);
  std::replace_if(
      blank.begin(), blank.end(), [](char c) { return c != '\n'; }, ' ');
  return blank + one.expression;
}

}  // namespace

Result<std::string> read_text_file(const std::string& name) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(name.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return at(name, std::strerror(errno));
  std::string text;
  char block[4096];
  while (const std::size_t n = std::fread(block, 1, sizeof block, file.get()))
    text.append(block, n);
  if (std::ferror(file.get()) != 0) return at(name, std::strerror(errno));
  return text;
}

Result<Expr> expression_in_file(const std::string& name) {
  auto text = read_text_file(name);
  if (!text) return text.error();
  auto expr = Expr::compile(*text);
  return expr ? std::move(expr) : Result<Expr>(at(name, expr.error().message));
}

Result<MapAssignment> assignment_of(const std::string& operand) {
  auto one = parse_assignment(operand);
  if (!one) return one.error();
  auto expr = Expr::compile_argument(one->expression);
  if (!expr) return at("'" + one->target + "'", expr.error().message);
  return to_map(one->target, std::move(*expr));
}

Result<std::vector<MapAssignment>> assignments_in_file(const std::string& name) {
  auto text = read_text_file(name);
  if (!text) return text.error();
  auto parsed = parse_assignments(*text);
  if (!parsed) return at(name, parsed.error().message);
  std::vector<MapAssignment> all;
  for (const Assignment& one : *parsed) {
    auto expr = Expr::compile(in_place(*text, one));
    if (!expr) return at(name, expr.error().message);
    auto assignment = to_map(one.target, std::move(*expr));
    if (!assignment) return at(name + ":" + std::to_string(one.line), assignment.error().message);
    all.push_back(std::move(*assignment));
  }
  return all;
}

}  // namespace streamutils
