// An expression and an event, separated by the first NUL byte (without one, the event is empty).
//
// Whatever they are: the parser ends, a printed tree parses back to itself, evaluation gives a
// value or an error that can be described, the value can be written, and doing it twice gives the
// same.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "expr/assignments.h"
#include "expr/expr.h"
#include "expr/parser.h"
#include "expr/tree.h"
#include "json/record.h"

namespace {

using streamutils::Evaluator;
using streamutils::Expr;
using streamutils::Record;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_syntax(std::string_view text) {
  const auto tree = streamutils::expr::parse(text);
  if (!tree) return require(!tree.error().message.empty());
  const std::string printed = to_string(**tree);
  const auto again = streamutils::expr::parse(printed);
  // Printing adds parentheses, so what was just allowed may now nest too deeply.
  if (again) require(to_string(**again) == printed);
  if (!again) require(again.error().message.find("too deeply") != std::string::npos);
}

// The result as text: JSON, the error, or why there is no JSON.
std::string result_of(Evaluator& evaluator, const Expr& expr, const Record& record) {
  evaluator.begin(record);
  const auto value = evaluator.eval(expr);
  if (value.is_error()) {
    const auto error = evaluator.describe(expr, value);
    require(!error.message.empty() && error.line >= 1 && error.column >= 1);
    return error.text();
  }
  std::string out;
  std::string why;
  if (evaluator.append_json(out, value, &why)) return out;
  require(out.empty() && !why.empty());
  return why;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t nul = input.find('\0');
  const std::string_view text = input.substr(0, nul);
  std::string line(nul == std::string_view::npos ? "{}" : input.substr(nul + 1));
  if (line.find('\n') != std::string::npos) return 0;  // a record is one line
  const std::size_t length = line.size();
  line.append(Record::kPadding, ' ');

  check_syntax(text);
  (void)streamutils::parse_assignments(input);
  const auto expr = Expr::compile_argument(text);
  if (!expr) return 0;
  Record record;
  record.reset(std::string_view(line).substr(0, length));
  Evaluator evaluator;
  const std::string first = result_of(evaluator, *expr, record);
  require(result_of(evaluator, *expr, record) == first);
  // With a variable in front of the event the whole of it is decoded and put together again.
  evaluator.begin(record);
  evaluator.set("fuzz_variable", streamutils::expr::Value::null());
  (void)evaluator.eval(*expr);
  return 0;
}
