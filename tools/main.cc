// The only main(): the tool that add_tool() named.
// SPDX-License-Identifier: Apache-2.0
#include "tools/tools.h"

int main(int argc, char** argv) { return streamutils::run_tool(streamutils::TOOL(), argc, argv); }
