// SPDX-License-Identifier: Apache-2.0
#include "ops/partition.h"

#include <memory>
#include <string>
#include <utility>

#include "ops/fixed_hash.h"
#include "ops/group_key.h"

namespace streamutils {
namespace {

class Partition final : public Operator {
 public:
  Partition(std::vector<Path> fields, std::size_t outputs) : keys_(std::move(fields)) {
    for (std::size_t i = 0; i < outputs; ++i) names_.push_back(std::to_string(i));
  }

  Outcome on_record(const Record& record, Emitter& out) override {
    const GroupKey key = keys_.read(record);
    if (!record.ok()) return {.fate = Fate::bad};
    out.emit_to(names_[fixed_hash(key.canonical) % names_.size()], record.line());
    return {};
  }

 private:
  KeyReader keys_;
  std::vector<std::string> names_;
};

}  // namespace

OperatorPtr make_partition(std::vector<Path> fields, std::size_t outputs) {
  return std::make_unique<Partition>(std::move(fields), outputs);
}

}  // namespace streamutils
