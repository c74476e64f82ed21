// Telling terms from files, with a helpful word where the two are mixed up.
// SPDX-License-Identifier: Apache-2.0
#include "ops/term_operands.h"

#include <algorithm>

#include "base/decimal.h"
#include "base/text.h"
#include "json/path.h"
#include "ops/term.h"

namespace streamutils {
namespace {

bool is_relative_file(std::string_view word) {
  return word.starts_with("./") || word.starts_with("../");
}

bool reads_as_term(std::string_view word) {
  return !is_relative_file(word) && split_term(word).has_value();
}

// The same term in a word that names another file, or none: == for =, or a JSON Pointer for the
// field.
std::string other_spelling(std::string_view word) {
  const TermParts parts = *split_term(word);
  const std::string value(parts.value);
  if (parts.op == "=") return std::string(parts.field) + "==" + value;
  std::string pointer = "/" + std::string(parts.field);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  return pointer + std::string(parts.op) + value;
}

std::string shell_quoted(std::string_view word) { return "'" + std::string(word) + "'"; }

Error refuse_ambiguous(const std::string& word) {
  const bool absolute = word.starts_with('/');
  return Error{shell_quoted(word) + " is a term and also the name of a file: write " +
               (absolute && split_term(word)->op != "=" ? "an expression with -e"
                                                        : shell_quoted(other_spelling(word))) +
               " for the term, " +
               (absolute ? "-- " + shell_quoted(word) : shell_quoted("./" + word)) +
               " for the file"};
}

Error explain(const std::string& word, bool behind_file) {
  if (behind_file && reads_as_term(word)) {
    return Error{shell_quoted(word) +
                 " stands behind a file, and there is no file of that name: " + "terms come first"};
  }
  return Error{shell_quoted(word) +
               " is neither a term (a word like amount>100, in quotes) nor a file; " +
               "for an expression use -e"};
}

bool is_file(const std::string& word, const FileExists& file_exists) {
  return word == "-" || file_exists(word);
}

bool looks_like_number(std::string_view name) {
  if (name.starts_with('=')) name.remove_prefix(1);  // of >=
  return is_number(name);
}

}  // namespace

Result<TermOperands> split_operands(std::span<const std::string> operands,
                                    const FileExists& file_exists) {
  TermOperands split;
  for (const std::string& word : operands) {
    const bool term = split.files.empty() && reads_as_term(word);
    if (term && file_exists(word)) return refuse_ambiguous(word);
    if (!term && !is_file(word, file_exists)) return explain(word, !split.files.empty());
    (term ? split.terms : split.files).push_back(word);
  }
  return split;
}

std::optional<std::string> redirection_hazard(std::span<const std::string> operands,
                                              const FileExists& file_exists,
                                              std::string_view fresh_output) {
  if (!looks_like_number(fresh_output)) return std::nullopt;
  const auto field = std::find_if(operands.begin(), operands.end(), [&](const std::string& word) {
    return !split_term(word) && !is_file(word, file_exists) && Path::parse(word).ok();
  });
  if (field == operands.end()) return std::nullopt;
  const std::string term = *field + ">" + std::string(fresh_output);
  return "standard output goes to a new file named " + shell_quoted(fresh_output) +
         ": if you meant the term " + term + ", put it in quotes: " + shell_quoted(term);
}

}  // namespace streamutils
