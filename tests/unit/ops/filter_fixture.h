// What the tests of the filter share: an emitter that remembers, and records made from text.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/record.h"
#include "stream/operator.h"

namespace streamutils {

class Recorder final : public Emitter {
 public:
  void emit(std::string_view line) override { lines.emplace_back(line); }
  bool count(std::string_view reason, std::uint64_t n) override {
    const bool first = !counts.contains(std::string(reason));
    counts[std::string(reason)] += n;
    return first;
  }
  void say(std::string_view message) override { said.emplace_back(message); }

  std::vector<std::string> lines;
  std::map<std::string, std::uint64_t> counts;
  std::vector<std::string> said;
};

// A record with the padding that it requires.
class TextRecord {
 public:
  explicit TextRecord(std::string_view line, Timestamp time = {}) : bytes_(line) {
    bytes_.append(Record::kPadding, '\0');
    record_.reset(std::string_view(bytes_).substr(0, line.size()));
    record_.set_time(time);
  }
  const Record& get() const { return record_; }

 private:
  std::string bytes_;
  Record record_;
};

// The operator's state taken out of it and put into another one.
inline Status move_state(const Operator& from, Operator& to) {
  SnapshotWriter writer;
  from.save(writer);
  SnapshotReader reader(writer.take());
  return to.restore(reader);
}

}  // namespace streamutils
