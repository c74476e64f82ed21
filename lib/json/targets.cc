// Which instruction sets this machine has, for Highway's choice at run time.
//
// Highway declares these two functions and defines them in its library.  That library also measures
// the resolution of the machine's timers when it is loaded, which takes longer than the whole start
// of a tool; so the tools use Highway's headers alone and answer the question themselves.
// SPDX-License-Identifier: Apache-2.0
#include <hwy/targets.h>

namespace hwy {
namespace {

#if HWY_ARCH_X86

std::int64_t supported() {
  __builtin_cpu_init();
  std::int64_t targets = 0;  // plain code is always there
  const bool ssse3 = __builtin_cpu_supports("ssse3") != 0;
  const bool sse4 = ssse3 && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
                    __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("aes");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool avx3 = avx2 && __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (ssse3) targets |= HWY_SSSE3;
  if (sse4) targets |= HWY_SSE4;
  if (avx2) targets |= HWY_AVX2;
  if (avx3) targets |= HWY_AVX3;
  return targets;
}

#else

// Elsewhere every machine that can run the program has what it was compiled for.
std::int64_t supported() { return HWY_STATIC_TARGET; }

#endif

}  // namespace

std::int64_t SupportedTargets() {
  static const std::int64_t targets = supported();
  return targets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
