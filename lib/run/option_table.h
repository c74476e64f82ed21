// The options of a tool as data, read back from their one declaration.
//
// An option is declared once, on a CLI::App.  Help, manual pages and completions are made from what
// is read back here, so that none of them can tell another story than the parser.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "run/tool.h"

namespace CLI {
class App;
}  // namespace CLI

namespace streamutils {

struct OptionEntry {
  std::vector<std::string> names;  // with their dashes, short ones first: "-t", "--time"
  std::string argument;  // "FIELD"; "[=json]" if it may be left out; empty if there is none
  std::string group;
  std::string text;
  std::vector<std::string> choices;  // all values that are accepted; empty: any value
  std::string default_value;         // empty: the text tells what happens without the option
  bool repeatable = false;
  bool own = false;  // of this tool, not shared by all

  // A value may follow, but only behind "=", and need not.
  bool argument_is_optional() const { return argument.starts_with('['); }
};

// The options of the app that are not hidden, in the order of their declaration.  REQUIRES:
// declare_all(app, tool, ...) was called; the app may have parsed since.
std::vector<OptionEntry> option_table(const Tool& tool, const CLI::App& app);

// The same, from an app of its own.
std::vector<OptionEntry> option_table(const Tool& tool);

// The groups of the options, in the order in which they first appear.
std::vector<std::string> groups_of(const std::vector<OptionEntry>& options);

// "-t, --time FIELD", "--stats[=json]".
std::string spelling(const OptionEntry& option);

}  // namespace streamutils
