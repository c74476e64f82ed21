// smap: transform each event.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json/path.h"
#include "ops/map.h"
#include "run/tool.h"
#include "tools/expected_members.h"
#include "tools/expression_text.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

struct Options {
  std::optional<std::string> file;
  std::optional<std::string> each;
  bool only = false;
  std::vector<std::string> renames;
  std::vector<std::string> drop;
  std::vector<std::string> keep;
};

void declare(CLI::App& app, Options& o) {
  const char* group = "Members";
  app.add_option("-f,--file", o.file,
                 "Read assignments from this file, separated by line breaks or ';'; they come "
                 "before those of the command line")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--each", o.each,
                 "Make one event per element of this array, before all else: the members of an "
                 "element that is an object join the event, any other element replaces the field")
      ->type_name("FIELD")
      ->group(group);
  app.add_flag("--only", o.only, "Drop all members but those that were assigned (and those of -k)")
      ->group(group);
  app.add_option("-r,--rename", o.renames,
                 "Rename members, one after the other, behind the assignments")
      ->type_name("OLD=NEW,...")
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("-d,--drop", o.drop, "Drop these members, behind assignments and renames")
      ->type_name("FIELDS")
      ->allow_extra_args(false)
      ->group(group);
  app.add_option("-k,--keep", o.keep,
                 "Keep only these members, behind assignments, renames and drops")
      ->type_name("FIELDS")
      ->allow_extra_args(false)
      ->group(group);
}

// --- Operands ------------------------------------------------------------------------------------

struct Operands {
  std::vector<std::string> assignments;
  std::vector<std::string> files;
};

// A word with a '=' in it that is no part of == != <= >=, and is not the name of a relative file.
bool reads_as_assignment(const std::string& word) {
  if (word.starts_with("./") || word.starts_with("../")) return false;
  const std::size_t at = word.find('=');
  if (at == std::string::npos || at == 0 || word.substr(at, 2) == "==") return false;
  return std::string("!<>").find(word[at - 1]) == std::string::npos;
}

Error explain(const std::string& word, bool behind_file) {
  if (behind_file && reads_as_assignment(word)) {
    return Error{"'" + word +
                 "' stands behind a file, and there is no file of that name: assignments come "
                 "first"};
  }
  return Error{"'" + word + "' is neither an assignment (NAME=EXPR) nor a file"};
}

Result<Operands> split(const Invocation& invocation) {
  Operands split;
  for (const std::string& word : invocation.operands) {
    const bool assignment = split.files.empty() && reads_as_assignment(word);
    const bool file = word == "-" || invocation.file_exists(word);
    if (assignment && file) {
      return Error{"'" + word + "' is an assignment and also the name of a file: write './" + word +
                   "' for the file, and a space before '=' for the assignment"};
    }
    if (!assignment && !file) return explain(word, !split.files.empty());
    (assignment ? split.assignments : split.files).push_back(word);
  }
  split.files.insert(split.files.end(), invocation.files.begin(), invocation.files.end());
  return split;
}

// --- Options -------------------------------------------------------------------------------------

Error at_option(const char* option, const Error& error) {
  return Error{std::string(option) + ": " + error.message};
}

Status check_not_whole(const Path& path) {
  return path.is_whole() ? Status(Error{"'this' is the whole event, and no member"}) : Status();
}

Result<std::vector<Path>> fields_of(const std::vector<std::string>& lists) {
  std::vector<Path> all;
  for (const std::string& list : lists) {
    auto paths = Path::parse_list(list);
    if (!paths) return paths.error();
    for (Path& path : *paths) {
      if (Status s = check_not_whole(path); !s) return s.error();
      all.push_back(std::move(path));
    }
  }
  return all;
}

Result<MapRename> rename_of(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) return Error{"'" + text + "' is not OLD=NEW"};
  auto paths = fields_of({text.substr(0, at), text.substr(at + 1)});
  if (!paths) return paths.error();
  return MapRename{paths->front(), paths->back()};
}

Result<std::vector<MapRename>> renames_of(const std::vector<std::string>& lists) {
  std::vector<MapRename> all;
  for (const std::string& list : lists) {
    std::size_t begin = 0;
    while (begin <= list.size()) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      auto one = rename_of(list.substr(begin, end - begin));
      if (!one) return one.error();
      all.push_back(std::move(*one));
      begin = end + 1;
    }
  }
  return all;
}

Status add_members(const Options& o, MapOptions& map) {
  auto renames = renames_of(o.renames);
  if (!renames) return at_option("-r", renames.error());
  auto drop = fields_of(o.drop);
  if (!drop) return at_option("-d", drop.error());
  auto keep = fields_of(o.keep);
  if (!keep) return at_option("-k", keep.error());
  map.renames = std::move(*renames);
  map.drop = std::move(*drop);
  map.keep = std::move(*keep);
  map.only = o.only;
  if (!o.each) return {};
  auto each = fields_of({*o.each});
  if (!each) return at_option("--each", each.error());
  if (each->size() > 1) return Error{"--each: one field, not several"};
  map.each = std::move(each->front());
  return {};
}

Status add_assignments(const Options& o, const Operands& operands, MapOptions& map) {
  if (o.file) {
    auto all = assignments_in_file(*o.file);
    if (!all) return at_option("-f", all.error());
    map.assignments = std::move(*all);
  }
  for (const std::string& text : operands.assignments) {
    auto one = assignment_of(text);
    if (!one) return one.error();
    map.assignments.push_back(std::move(*one));
  }
  return {};
}

// What is to be there before the event is changed.  `-d` and `-k` see what assignments and `-r`
// have made, or an element of --each: then nobody knows here what is missing.
std::vector<ExpectedMember> members_of(const MapOptions& map) {
  std::vector<ExpectedMember> members;
  if (map.each) return {{.path = *map.each}};
  if (!map.renames.empty()) return {};
  auto is_assigned = [&map](const Path& path) {
    return std::ranges::any_of(map.assignments, [&path](const MapAssignment& assignment) {
      return assignment.target.steps().front() == path.steps().front();
    });
  };
  std::vector<Path> named = map.drop;
  named.insert(named.end(), map.keep.begin(), map.keep.end());
  std::erase_if(named, is_assigned);
  expect_rare_members(named, members);
  return members;
}

Result<Plan> plan(const Options& o, const Invocation& invocation) {
  auto operands = split(invocation);
  if (!operands) return operands.error();
  MapOptions map;
  map.strict = invocation.common.strict;
  if (Status s = add_assignments(o, *operands, map); !s) return s.error();
  if (Status s = add_members(o, map); !s) return s.error();
  Plan plan;
  plan.members = members_of(map);
  plan.op = make_map(std::move(map));
  plan.files = std::move(operands->files);
  return plan;
}

}  // namespace

Tool smap() {
  return define_tool<Options>(
      {.name = "smap",
       .summary = "transform each event",
       .synopsis = {"[OPTION]... [NAME=EXPR]... [FILE]..."},
       .time = TimeUse::optional,
       .examples = {"smap 'total = price * qty' 'user.name = name' log.ndjson",
                    "smap -d password,user.email -r ts=time log.ndjson",
                    "smap --each items 'cost = price * qty' orders.ndjson"}},
      declare, plan);
}

}  // namespace streamutils
