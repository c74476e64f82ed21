// case_runner: runs the case files of the suite.
//
//     case_runner --mode=MODE [--bin FOLDER] PATH...    one mode; exit status 1 if a case fails
//     case_runner --update PATH...                      rewrites what the cases expect; read the
//     diff
//
// A PATH is a case file, or a folder of which all case files are taken.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "case_file.h"
#include "case_modes.h"

namespace streamutils {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string mode = "straight";
  bool update = false;
  std::vector<std::string> paths;
};

std::vector<std::string> find_cases(const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      found.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".case") found.push_back(entry.path().string());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<Case> read_case(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{path + ": cannot be read"};
  return parse_case(path, std::string(std::istreambuf_iterator<char>(in), {}));
}

const Mode* find_mode(std::string_view name) {
  for (const Mode& mode : modes()) {
    if (mode.name == name) return &mode;
  }
  return nullptr;
}

int fail(std::string_view message) {
  fmt::print(stderr, "{}\n", message);
  return 1;
}

int update(const std::string& path) {
  const auto c = read_case(path);
  if (!c) return fail(c.error().message);
  const auto got = observe(*c);
  if (!got) return fail(fmt::format("{}: {}", path, got.error().message));
  std::ofstream(path, std::ios::binary) << rewrite_case(*c, *got);
  return 0;
}

std::string command_line(const Case& c) {
  for (const std::string& line : c.source) {
    if (line.starts_with('$')) return line;
  }
  return {};
}

int check(const std::string& path, const Mode& mode) {
  const auto c = read_case(path);
  if (!c) return fail(c.error().message);
  if (c->excluded.count(std::string(mode.name)) > 0) return 0;
  const std::string problem = mode.check(*c);
  if (problem.empty()) return 0;
  return fail(fmt::format("FAILED ({}) {}\n  {}\n  {}\n{}", mode.name, path, c->title,
                          command_line(*c), problem));
}

int run(const Arguments& arguments) {
  const Mode* mode = find_mode(arguments.mode);
  if (mode == nullptr) return fail("no such mode: " + arguments.mode);
  const std::vector<std::string> cases = find_cases(arguments.paths);
  if (cases.empty()) return fail("no case found");
  int failed = 0;
  for (const std::string& path : cases)
    failed += arguments.update ? update(path) : check(path, *mode);
  fmt::print("{}: {} cases, {} failed\n", arguments.update ? "update" : arguments.mode,
             cases.size(), failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace streamutils

int main(int argc, char** argv) {
  streamutils::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--mode=")) {
      arguments.mode = word.substr(7);
    } else if (word == "--update") {
      arguments.update = true;
    } else if (word == "--bin" && i + 1 < argc) {
      streamutils::set_binary_folder(argv[++i]);
    } else {
      arguments.paths.push_back(word);
    }
  }
  return streamutils::run(arguments);
}
