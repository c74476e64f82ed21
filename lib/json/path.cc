// SPDX-License-Identifier: Apache-2.0
#include "json/path.h"

#include <optional>
#include <utility>

#include "base/text.h"
#include "json/pointer.h"

namespace streamutils {
namespace {

Error bad_path(std::string_view text, std::string_view why) {
  return Error{"not a path: " + quote(text) + " (" + std::string(why) + ")"};
}

// The pieces of text between separators; at least one.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

}  // namespace

Result<Path> Path::parse(std::string_view text) {
  if (text.empty()) return bad_path(text, "it is empty");
  Path path;
  path.text_ = text;
  path.pointer_ = text.front() == '/';
  path.whole_ = text == "this";
  if (path.whole_) return path;
  if (path.pointer_) text.remove_prefix(1);
  for (const std::string_view piece : split(text, path.pointer_ ? '/' : '.')) {
    if (path.pointer_) {
      std::optional<std::string> step = name_of_step(piece);
      if (!step) return bad_path(path.text_, "in a pointer '~' is written ~0 and '/' in a name ~1");
      path.steps_.push_back(*std::move(step));
    } else {
      if (piece.empty()) return bad_path(path.text_, "a step between dots is empty");
      path.steps_.emplace_back(piece);
    }
  }
  path.is_name_ = path.steps_.size() == 1;
  if (path.pointer_) {
    path.top_names_.push_back(WantedName::lasting(path.steps_.front()));
    return path;
  }
  std::string_view name = path.text_;
  for (std::size_t n = path.steps_.size(); n > 0; --n) {
    path.top_names_.push_back(WantedName::lasting(name, n));
    name = name.substr(0, name.rfind('.'));
  }
  return path;
}

Result<std::vector<Path>> Path::parse_list(std::string_view text) {
  std::vector<Path> paths;
  for (const std::string_view piece : split(text, ',')) {
    Result<Path> path = parse(piece);
    if (!path) return path.error();
    paths.push_back(*std::move(path));
  }
  return paths;
}

}  // namespace streamutils
