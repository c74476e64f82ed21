// Any words: the command line of sjoin is understood or refused with a message, and what is
// understood makes an operator, or says why not.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "ops/join.h"
#include "ops/join_args.h"
#include "words.h"

namespace {

using namespace streamutils;

bool is_sound(const JoinBounds& bounds) {
  if (bounds.lower_path && bounds.lower != Duration::zero()) return false;
  return bounds.upper_expr || bounds.lower <= bounds.upper;
}

void check(const JoinArguments& arguments) {
  require(!arguments.left_keys.empty());
  require(arguments.left_keys.size() == arguments.right_keys.size());
  require(arguments.files.size() == 2);
  require(arguments.files[0] != "-" || arguments.files[1] != "-");
  require(is_sound(arguments.bounds));
  require(!arguments.within || *arguments.within >= Duration::zero());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto words = words_of({reinterpret_cast<const char*>(data), size});
  for (const bool unbounded : {false, true}) {
    auto arguments = parse_join_arguments(words, {}, {unbounded, "ts"});
    if (!arguments) {
      require(!arguments.error().message.empty());
      continue;
    }
    check(*arguments);
    for (const JoinType type : {JoinType::inner, JoinType::full}) {
      const auto op = make_join({.arguments = *arguments, .type = type});
      require(op.ok() || !op.error().message.empty());
    }
  }
  return 0;
}
