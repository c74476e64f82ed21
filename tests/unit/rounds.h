// How many rounds of a random test are run: all, or the first tenth under a sanitizer, where each
// takes ten times as long and most of what it can find shows in any of them.
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace streamutils {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

constexpr unsigned rounds(unsigned n) { return kSanitized ? (n + 9) / 10 : n; }

}  // namespace streamutils
