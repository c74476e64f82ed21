// Any bytes into any tool.  However they are cut (line by line, in blocks, through the LineReader
// in small pieces) the same bytes leave, the same is said, and in = used + dropped + bad + late.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "run/line_reader.h"
#include "run/stage.h"
#include "tools/tools.h"

using namespace streamutils;

namespace {

const std::vector<std::vector<std::string>> kCommands = {
    {"sfilter"},
    {"sfilter", "a=purchase"},
    {"sfilter", "-v", "a=purchase"},
    {"sfilter", "a>1", "b~x"},
    {"sfilter", "-c", "a=purchase"},
    {"sfilter", "-m", "2", "a=purchase"},
    {"sfilter", "--strict", "a=1"},
    {"sfilter", "-w", "a=purchase"},
    {"sfilter", "--max-line", "64", "a=purchase"},
    {"sfilter", "--bad", "stop", "a=purchase"},
    {"sfilter", "--sample", "50%:a"},
    {"sfilter", "a=purchase", "--around", "5s"},
    {"swindow", "tumbling", "10s", "count", "sum", "a", "min", "a", "by", "b"},
    {"swindow", "sliding", "10s", "3s", "avg", "a", "first", "a", "by", "b"},
    {"swindow", "session", "5s", "max", "20s", "count", "last", "a", "by", "b"},
    {"swindow", "tumbling", "1s", "count", "--disorder", "0", "--clock=stream"},
    {"sdedup", "a"},
    {"sdedup", "a,b", "--max-keys", "2"},
    {"sdedup", "this", "--within", "2s", "--disorder", "1s"},
    {"sdedup", "a", "--within", "2s", "--refresh", "--count-to", "counts"},
    {"sdedup", "b", "--within", "2s", "--keep", "last", "--disorder", "0"},
    {"sdedup", "a", "--approx", "1e-9", "--max-keys", "4", "--within", "3s"},
    {"sgroup", "b", "count", "sum", "a", "last", "a", "--order", "sum_a", "--limit", "3"},
    {"sgroup", "b", "count", "avg", "a", "--every", "5s", "--changes"},
    {"sgroup", "b", "--top", "2", "a", "--changes"},
    {"sgroup", "a,b", "--split", "{a}/{b}"},
    {"sfilter", "amount.typ=purchase"},
    {"smap", "c = a + 1", "b.d = b", "-r", "a=e", "-d", "f"},
    {"smap", "--each", "b", "n = a", "-k", "n,a,ts"},
    {"swrite", "--to", "csv", "--columns", "a,b"},
    {"swrite", "--to", "table"},
    {"swindow", "rolling", "3s", "count", "max", "a", "by", "b"},
    {"swindow", "cumulate", "6s", "2s", "count", "distinct", "a"},
    {"swindow", "tumbling", "2rows", "list", "a", "by", "b"},
    {"swindow", "tumbling", "2s", "count", "--grace", "5s", "--disorder", "0"},
    {"swindow", "tumbling", "1d", "count", "--fill-for", "2d", "--fill", "--tz", "Europe/Berlin"},
    {"sread", "--format", "csv"},
    {"sread", "--format", "logfmt"},
    {"sread", "--format", "combined"},
    {"sread", "-t", "ts"},
};

struct Run final : Sink {
  explicit Run(const std::vector<std::string>& argv) {
    for (const Tool& tool : all_tools()) {
      if (tool.info.name != argv[0]) continue;
      auto parsed = parse_arguments(tool, argv, World());
      if (!parsed) std::abort();
      max_line = parsed->settings.max_line;
      driver = make_driver(tool, argv, std::move(*parsed), {{"-", false}}, World(), *this, this,
                           this, [this](std::string_view message) { add('!', message); });
    }
  }
  void write(std::string_view line) override { add('<', line); }
  void add(char mark, std::string_view line) {
    happened += mark;
    happened += line;
    happened += '\n';
  }
  void finish() {
    driver->finish();
    const Counts& n = driver->counts();
    if (n.in != n.used + n.dropped + n.bad + n.late) std::abort();
    happened += driver->stats(true);
  }
  std::string happened;
  std::size_t max_line = 0;
  std::unique_ptr<Driver> driver;
};

class Padded {
 public:
  explicit Padded(std::string_view bytes)
      : size_(bytes.size()), copy_(bytes.size() + Record::kPadding, '\n') {
    std::copy(bytes.begin(), bytes.end(), copy_.begin());
  }
  std::string_view view() const { return {copy_.data(), size_}; }

 private:
  std::size_t size_;
  std::vector<char> copy_;
};

void end(Run& run, std::string_view rest, std::uint64_t offset) {
  if (!run.driver->next_input()) return run.finish();
  if (rest.empty()) {
    run.driver->end_input(0);
  } else {
    run.driver->feed_unterminated(0, Padded(rest).view(), offset);
  }
  run.finish();
}

std::string by_lines(const std::vector<std::string>& argv, std::string_view bytes) {
  Run run(argv);
  std::uint64_t offset = 0;
  for (std::size_t n; run.driver->next_input() && (n = bytes.find('\n')) != bytes.npos;) {
    run.driver->feed(0, Padded(bytes.substr(0, n)).view(), offset);
    bytes.remove_prefix(n + 1);
    offset += n + 1;
  }
  // A rest that is too long is no cut-off line: the reader tells it as too long.
  if (run.driver->next_input() && bytes.size() > run.max_line) {
    run.driver->feed_too_long(0, Padded(bytes.substr(0, 80)).view().substr(0, 80), offset);
    bytes = {};
  }
  end(run, bytes, offset);
  return run.happened;
}

std::string by_reader(const std::vector<std::string>& argv, std::string_view bytes,
                      std::size_t chunk) {
  Run run(argv);
  auto read = [&](char* buffer, std::size_t size) {
    const std::size_t n = std::min({size, chunk, bytes.size()});
    std::memcpy(buffer, bytes.data(), n);
    bytes.remove_prefix(n);
    return static_cast<std::ptrdiff_t>(n);
  };
  LineReader reader(read, run.max_line, 16);
  while (run.driver->next_input()) {
    if (!reader.lines().empty()) {
      reader.consume(run.driver->feed_block(0, reader.lines(), reader.offset()));
    } else if (!reader.too_long().empty()) {
      run.driver->feed_too_long(0, reader.too_long(), reader.too_long_offset());
      reader.consume_too_long();
    } else if (reader.refill() == LineReader::State::end) {
      break;
    }
  }
  end(run, run.driver->next_input() ? reader.rest() : std::string_view(), reader.offset());
  return run.happened;
}

// A filter for a text passes over lines in a block that cannot match, and over damage in them; line
// by line it looks at each.
bool may_skip(const std::vector<std::string>& argv) {
  return argv[0] == "sfilter" && std::count(argv.begin(), argv.end(), "--strict") == 0 &&
         argv.size() > 1;
}

[[noreturn]] void fail(const std::vector<std::string>& argv, std::string_view bytes,
                       std::size_t chunk, const std::string& expected, const std::string& got) {
  for (const std::string& word : argv) std::fprintf(stderr, "%s ", word.c_str());
  std::fprintf(stderr, "\n--- input\n%.*s\n--- all at once\n%s--- in pieces of %zu bytes\n%s",
               static_cast<int>(bytes.size()), bytes.data(), expected.c_str(), chunk, got.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& argv = kCommands[data[0] % kCommands.size()];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string expected = by_reader(argv, bytes, std::size_t{1} << 20);
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{7}}) {
    const std::string got = by_reader(argv, bytes, chunk);
    if (got != expected) fail(argv, bytes, chunk, expected, got);
  }
  if (!may_skip(argv)) {
    const std::string got = by_lines(argv, bytes);
    if (got != expected) fail(argv, bytes, 0, expected, got);
  }
  return 0;
}
