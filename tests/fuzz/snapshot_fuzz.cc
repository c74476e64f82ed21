// Snapshots: damage is refused with a message, never a crash; what restores saves as it was.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "run/stage.h"
#include "tools/tools.h"

using namespace streamutils;

namespace {

class Nowhere final : public Sink {
 public:
  void write(std::string_view) override {}
};

// Every kind of operator that has state.
const std::vector<std::vector<std::string>> kCommands = {
    {"sfilter", "-w", "-m", "5"},
    {"sfilter", "-c", "a=1"},
    {"sfilter", "a=1", "--around", "5s", "--by", "k"},
    {"swindow", "tumbling", "10s", "count", "sum", "n", "min", "n", "first", "n", "by", "k"},
    {"swindow", "sliding", "10s", "3s", "avg", "n", "last", "n", "by", "k"},
    {"swindow", "session", "5s", "max", "1m", "count", "max", "n", "by", "k"},
    {"swindow",  "tumbling", "20s",      "p50",   "n",     "approx_p9", "n",  "var",
     "n",        "range",    "n",        "delta", "n",     "ewma",      "1s", "n",
     "distinct", "k",        "distinct", "k",     "where", "a==1",      "as", "d1"},
    {"swindow", "tumbling", "20s", "approx_distinct", "n", "top", "2", "k", "list", "n", "argmax",
     "a", "any", "a==1", "fold", "0", "acc+n"},
    {"swindow", "session", "5s", "count", "by", "k", "--every", "2s"},
    {"swindow", "cumulate", "10s", "3s", "sum", "n", "by", "k"},
    {"swindow", "sliding", "3rows", "2rows", "sum", "n", "by", "k"},
    {"swindow", "rolling", "5s", "max", "n", "by", "k"},
    {"swindow", "tumbling", "5s", "count", "by", "k", "--fill", "--grace", "5s", "--every", "2s"},
    {"swindow", "sliding", "5s", "2s", "sum", "n", "by", "k", "--fill", "--grace", "5s"},
    {"swindow", "tumbling", "1mo", "count", "--tz", "Europe/Paris"},
    {"swindow", "sliding", "10s", "3s", "count", "by", "k", "--what-if", "0,5s"},
    {"sgroup", "k", "count", "sum", "n", "last", "n"},
    {"sgroup", "k", "count", "first", "n", "--every", "10s"},
    {"sgroup", "k", "--top", "2", "n"},
    {"sgroup", "k", "--split", "{k}"},
    {"swindow", "session", "5s", "count", "last", "n", "by", "k"},
    {"sdedup", "n"},
    {"sdedup", "n", "--within", "20s"},
    {"sdedup", "k", "--keep", "last", "--within", "3s"},
    {"sdedup", "k,a", "--keep", "last", "--within", "3s", "--refresh", "--count-to", "counts"},
    {"sdedup", "k", "--keep", "last"},
    {"sdedup", "k", "--count-to", "counts", "--within", "3s"},
    {"sdedup", "k,a", "--count-to", "counts", "--max-keys", "3"},
};

struct Run {
  explicit Run(const std::vector<std::string>& argv) {
    for (const Tool& tool : all_tools()) {
      if (tool.info.name != argv[0]) continue;
      auto parsed = parse_arguments(tool, argv, World());
      if (!parsed) std::abort();
      driver = make_driver(tool, argv, std::move(*parsed), {{"-", false}}, World(), out, nullptr,
                           nullptr, [](std::string_view) {});
    }
  }
  Nowhere out;
  std::unique_ptr<Driver> driver;
};

void feed(Run& run, int from, int to) {
  for (int i = from; i < to; ++i) {
    std::string line = "{\"ts\":" + std::to_string(1795341600 + i * 3 % 20) +
                       ",\"a\":" + std::to_string(i % 2) + ",\"k\":\"" +
                       std::string(1, static_cast<char>('a' + i % 3)) +
                       "\",\"n\":" + std::to_string(i) + ".5}";
    const std::size_t size = line.size();
    line.append(Record::kPadding, '\n');
    run.driver->feed(0, std::string_view(line).substr(0, size), 0);
  }
}

std::string snapshot_after_events(const std::vector<std::string>& argv) {
  Run run(argv);
  feed(run, 0, 12);
  return run.driver->save();
}

// An image, and changes on top of it, as far as the operator has them.
std::string images_after_events(const std::vector<std::string>& argv) {
  Run run(argv);
  feed(run, 0, 12);
  if (!run.driver->has_images()) return run.driver->save();
  SnapshotWriter out;
  run.driver->begin_image(out);
  while (!run.driver->continue_image(1)) {
  }
  feed(run, 12, 13);
  if (!run.driver->has_changes()) return out.take();
  run.driver->begin_changes(out);
  while (!run.driver->continue_image(1)) {
  }
  return out.take();
}

template <typename Make>
std::vector<std::string> of_all(Make make) {
  std::vector<std::string> all;
  for (const auto& argv : kCommands) all.push_back(make(argv));
  return all;
}

// Four bytes of input are one change: where (two bytes), what, and how.
std::string damaged(std::string snapshot, const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i + 4 <= size && !snapshot.empty(); i += 4) {
    const std::size_t at = (data[i] * 256u + data[i + 1]) % snapshot.size();
    switch (data[i + 3] % 4) {
      case 0:
        snapshot[at] = static_cast<char>(data[i + 2]);
        break;
      case 1:
        snapshot.erase(at, data[i + 2] % 16);
        break;
      case 2:
        snapshot.insert(at, 1, static_cast<char>(data[i + 2]));
        break;
      default:
        snapshot.resize(at);
    }
  }
  return snapshot;
}

void restore(const std::vector<std::string>& argv, const std::string& snapshot) {
  Run run(argv);
  if (!run.driver->restore(snapshot)) return;
  const std::string saved = run.driver->save();
  Run again(argv);
  if (!again.driver->restore(saved)) std::abort();
  if (again.driver->save() != saved) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::vector<std::string> snapshots = of_all(snapshot_after_events);
  static const std::vector<std::string> images = of_all(images_after_events);
  const std::size_t command = data[0] % kCommands.size();
  const bool is_whole_snapshot = size > 1 && data[1] == '{';
  restore(kCommands[command],
          is_whole_snapshot
              ? std::string(reinterpret_cast<const char*>(data) + 1, size - 1)
              : damaged(data[0] < 128 ? snapshots[command] : images[command], data + 1, size - 1));
  return 0;
}
