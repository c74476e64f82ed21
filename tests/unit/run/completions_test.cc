// SPDX-License-Identifier: Apache-2.0
#include "run/completions.h"

#include <catch2/catch.hpp>

#include "run/docs.h"
#include "sample_tool.h"

using namespace streamutils;

namespace {

const OperandWords kWords = {{{"each", "N: it's one by one"}}, {{"count", "how many: exactly"}}};

CompletionSource source() { return {"ssample", option_table(sample_tool()), kWords}; }

void check_parts(const std::string& text, const std::vector<const char*>& parts) {
  for (const char* part : parts) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("--hidden") == std::string::npos);
}

}  // namespace

// What the shells make of it is tests/docs/completions_test.py's business; here is the quoting.
TEST_CASE("bash: values, files, words") {
  const std::string text = bash_completion(source());
  check_parts(text,
              {"  --mode)\n    _streamutils_ssample_words 'fast slow'\n    return\n",
               "  --late-to | --bad-to)\n    compopt -o default\n",
               "    --stats) _streamutils_ssample_words 'text json' ;;\n",
               "    _streamutils_ssample_words 'each'\n", "  _streamutils_ssample_words 'count'\n",
               "complete -F _streamutils_ssample ssample\n"});
  CHECK(text.find('@') == std::string::npos);
}

TEST_CASE("zsh: specifications with their quotes and escapes") {
  check_parts(
      zsh_completion(source()),
      {"#compdef ssample\n", "  '(-v --invert)'{-v,--invert}'[Keep the others instead]' \\\n",
       "  '*'-e+'[Keep what it'\\''s true for]:EXPR: ' \\\n", R"(]:P%\[\:FIELD\]: ')",
       "  '(--mode)'--mode='[How: fast or \\[slow\\]]:MODE:(fast slow)' \\\n",
       "'(--stats)'--stats=-'[", "]::form:(text json)'", "]:FILE:_files'",
       "    'each:N: it'\\''s one by one'\n", "    'count:how many: exactly'\n"});
}

TEST_CASE("fish: one line per option and word") {
  check_parts(fish_completion(source()),
              {"complete -c ssample -s v -l invert -d 'Keep the others instead'\n",
               "complete -c ssample -s e -x -d 'Keep what it\\'s true for'\n",
               "complete -c ssample -l mode -x -a 'fast slow' -d 'How: fast or [slow]'\n",
               "complete -c ssample -l late-to -r -F -d ", " -f -a '--stats=json' -d ",
               "complete -c ssample -n 'not __fish_seen_subcommand_from each' -f -a 'each' -d ",
               "complete -c ssample -n '__fish_seen_subcommand_from each' -F -a 'count' -d "});
}

TEST_CASE("Documents: a page and three completions for each tool, and the page of all") {
  std::vector<std::string> paths;
  for (const Document& document :
       documents({sample_tool()}, [](const Tool&) { return OperandWords{}; })) {
    paths.push_back(document.path);
    const auto made = document.make(document.by_hand ? "no comments" : "");
    CAPTURE(document.path);
    CHECK(made.ok() != document.by_hand);
  }
  CHECK(paths == std::vector<std::string>{"man/ssample.1", "completions/bash/ssample",
                                          "completions/zsh/_ssample",
                                          "completions/fish/ssample.fish", "man/streamutils.7"});
}
