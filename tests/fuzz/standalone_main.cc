// Runs a fuzz target without a fuzzer: over every seed, and over seeds that a fixed random sequence
// has mutated.  So the targets run in every build and under every compiler; libFuzzer (preset
// `fuzz`) digs deeper with the same targets.
//
//     NAME_fuzz [RUNS [SEED-FILE-OR-FOLDER...]]
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::string;

void run(const Bytes& input) {
  // An own heap block of the exact size, so that a sanitizer sees the first byte read past the end.
  std::vector<std::uint8_t> copy(input.begin(), input.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

std::vector<Bytes> read_seeds(int argc, char** argv) {
  std::vector<Bytes> seeds;
  auto add = [&](const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  };
  for (int i = 2; i < argc; ++i) {
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) add(entry.path());
    } else if (std::filesystem::exists(argv[i])) {
      add(argv[i]);
    }
  }
  if (seeds.empty())
    seeds.push_back("{\"ts\":\"2026-11-22T10:00:00Z\",\"a\":[1,2.5e3,\"x\\u0041\"]}\n");
  return seeds;
}

class Mutator {
 public:
  explicit Mutator(std::vector<Bytes> seeds) : seeds_(std::move(seeds)) {}

  Bytes next() {
    Bytes bytes = seeds_[below(seeds_.size())];
    const std::size_t changes = 1 + below(6);
    for (std::size_t i = 0; i < changes; ++i) change(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  char interesting_byte() {
    static constexpr char kBytes[] = "{}[]\",:\\\n\r\t eE+-.0123456789utfn\x00\x80\xff~ ()'=<>!&|";
    return below(3) == 0 ? static_cast<char>(random_()) : kBytes[below(sizeof kBytes - 1)];
  }

  void change(Bytes& bytes) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(6)) {
      case 0:
        bytes.insert(at, 1, interesting_byte());
        break;
      case 1:
        if (at < bytes.size()) bytes[at] = interesting_byte();
        break;
      case 2:
        bytes.erase(at, 1 + below(8));
        break;
      case 3:
        bytes.insert(at, bytes.substr(below(bytes.size() + 1), 1 + below(40)));
        break;
      case 4: {
        const Bytes& other = seeds_[below(seeds_.size())];
        bytes.insert(at, other.substr(below(other.size() + 1), 1 + below(60)));
        break;
      }
      default:
        bytes.resize(at);
    }
  }

  std::vector<Bytes> seeds_;
  std::mt19937_64 random_{20261122};
};

}  // namespace

int main(int argc, char** argv) {
  const long runs = argc > 1 ? std::atol(argv[1]) : 10000;
  std::vector<Bytes> seeds = read_seeds(argc, argv);
  for (const Bytes& seed : seeds) run(seed);
  Mutator mutator(std::move(seeds));
  for (long i = 0; i < runs; ++i) run(mutator.next());
  std::printf("%ld inputs\n", runs);
  return 0;
}
