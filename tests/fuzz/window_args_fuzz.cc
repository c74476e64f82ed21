// Any words: the command line of swindow is understood or refused with a message, and what is
// understood makes an operator.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>
#include <utility>

#include "ops/window.h"
#include "ops/window_args.h"
#include "words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace streamutils;
  const auto words = words_of({reinterpret_cast<const char*>(data), size});
  auto arguments = parse_window_arguments(words);
  if (!arguments) {
    require(!arguments.error().message.empty());
    return 0;
  }
  require(!arguments->aggregates.empty());
  require(arguments->window.size.n > 0);
  require(arguments->files.size() < words.size());
  for (const Duration offset : {Duration::zero(), Duration(1)}) {
    WindowOptions options;
    options.arguments = *arguments;
    options.offset = offset;
    const auto op = make_window(std::move(options));
    require(op.ok() || !op.error().message.empty());
  }
  return 0;
}
