// Any bytes as a file that may be packed: however they come, in pieces of any size, the same is
// read from them, up to the same end or error; what is not packed is read as it stands.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/unpack.h"
#include "words.h"

namespace {

using namespace streamutils;

// Some bytes unpack to very many.
constexpr std::size_t kMost = std::size_t{1} << 20;

struct Outcome {
  std::string bytes;
  int error = 0;
  bool operator==(const Outcome&) const = default;
};

// piece: what the file gives at once; room: what is asked for at once.
Outcome read_all(std::string_view file, std::size_t piece, std::size_t room) {
  const ReadBytes read = unpack([file, piece](char* buffer, std::size_t size) mutable {
    const std::size_t n = std::min({size, piece, file.size()});
    std::copy_n(file.data(), n, buffer);
    file.remove_prefix(n);
    return static_cast<std::ptrdiff_t>(n);
  });
  Outcome outcome;
  std::string buffer(room, '\0');
  while (outcome.bytes.size() < kMost) {
    errno = 0;
    const std::ptrdiff_t n = read(buffer.data(), buffer.size());
    require(n <= static_cast<std::ptrdiff_t>(room));
    if (n < 0) outcome.error = errno;
    if (n <= 0) break;
    outcome.bytes.append(buffer, 0, static_cast<std::size_t>(n));
  }
  outcome.bytes.resize(std::min(outcome.bytes.size(), kMost));
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read_all(file, kMost, kMost);
  require(whole.error == 0 || whole.error == EBADMSG);
  require(whole == read_all(file, 1, 4096));
  require(whole == read_all(file, 7, 4096));
  require(whole == read_all(file, kMost, 13));
  if (!is_packed(file)) require(whole == Outcome{std::string(file)});
  return 0;
}
