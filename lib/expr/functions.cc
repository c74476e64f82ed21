// SPDX-License-Identifier: Apache-2.0
#include "expr/functions.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace streamutils::expr {
namespace {

// A name may stand for a function and for a method that are different rows (ip).
struct Index {
  absl::flat_hash_map<absl::string_view, const Function*> global;
  absl::flat_hash_map<absl::string_view, const Function*> method;
  std::vector<std::string_view> names;
};

const Index& index() {
  static const Index built = [] {
    Index made;
    for (const Library& library : libraries()) {
      for (const Function& f : library.functions) {
        const absl::string_view name(f.name.data(), f.name.size());
        if (f.style != CallStyle::method) made.global.emplace(name, &f);
        if (f.style != CallStyle::global) made.method.emplace(name, &f);
        made.names.push_back(f.name);
      }
    }
    for (const std::string_view macro :
         {"has", "all", "exists", "exists_one", "existsOne", "filter", "map", "transformList",
          "transformMap", "transformMapEntry", "sortBy", "optMap", "optFlatMap", "or", "orValue",
          "cel.bind", "dyn"}) {
      made.names.push_back(macro);
    }
    std::sort(made.names.begin(), made.names.end());
    return made;
  }();
  return built;
}

}  // namespace

std::span<const Library> libraries() {
  static const std::array<Library, 12> all = {
      core_library(), time_library(),     string_library(),  format_library(),
      math_library(), optional_library(), list_library(),    comprehension_library(),
      set_library(),  regex_library(),    encoder_library(), network_library(),
  };
  return all;
}

const Function* find_function(std::string_view name, CallStyle style) {
  const auto& rows = style == CallStyle::method ? index().method : index().global;
  const auto found = rows.find(absl::string_view(name.data(), name.size()));
  return found == rows.end() ? nullptr : found->second;
}

const std::vector<std::string_view>& function_names() { return index().names; }

}  // namespace streamutils::expr
