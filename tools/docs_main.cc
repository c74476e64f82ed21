// streamutils-docs: keeps the documents that come from the declarations of the tools.
//
//     streamutils-docs --update ROOT    rewrites those that are stale, and names them
//     streamutils-docs --check ROOT     exit status 1 with their names if there are any
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "run/docs.h"
#include "tools/operand_words.h"
#include "tools/tools.h"

namespace streamutils {
namespace {

enum class Mode { update, check };

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool write_file(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  return !out.fail();
}

int fail(const std::string& path, const std::string& what) {
  fmt::print(stderr, "streamutils-docs: {}: {}\n", path, what);
  return 1;
}

// 0 if the document is as it should be, afterwards.
int visit(const Document& document, const std::filesystem::path& root, Mode mode) {
  const std::filesystem::path path = root / document.path;
  const bool exists = std::filesystem::exists(path);
  if (!exists && document.by_hand) return fail(document.path, "does not exist; write it first");
  const std::string present = exists ? read_file(path) : "";
  const auto wanted = document.make(present);
  if (!wanted) return fail(document.path, wanted.error().message);
  if (exists && *wanted == present) return 0;
  if (mode == Mode::check) return fail(document.path, "stale; run the target 'docs' and commit it");
  if (!write_file(path, *wanted)) return fail(document.path, "cannot be written");
  fmt::print("{}\n", document.path);
  return 0;
}

int run(Mode mode, const std::filesystem::path& root) {
  int status = 0;
  for (const Document& document : documents(all_tools(), operand_words)) {
    status |= visit(document, root, mode);
  }
  return status;
}

}  // namespace
}  // namespace streamutils

int main(int argc, char** argv) {
  using streamutils::Mode;
  const std::string_view mode = argc == 3 ? argv[1] : "";
  if (mode == "--update") return streamutils::run(Mode::update, argv[2]);
  if (mode == "--check") return streamutils::run(Mode::check, argv[2]);
  fmt::print(stderr, "usage: streamutils-docs --update|--check ROOT\n");
  return 2;
}
