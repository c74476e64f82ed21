// SPDX-License-Identifier: Apache-2.0
#include "ops/split.h"

#include <memory>
#include <string>
#include <utility>

#include "ops/file_name.h"

namespace streamutils {
namespace {

class Split final : public Operator {
 public:
  explicit Split(FileName name) : name_(std::move(name)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    file_.clear();
    name_.append(file_, record);
    if (!record.ok()) return {.fate = Fate::bad};
    out.emit_to(file_, record.line());
    return {};
  }

 private:
  FileName name_;
  std::string file_;
};

bool holds(std::string_view name, const std::string& field) {
  return name.find("{" + field + "}") != name.npos || name.find("{" + field + ":") != name.npos;
}

}  // namespace

Result<OperatorPtr> make_split(const std::vector<Path>& fields, std::string_view name) {
  auto file = FileName::parse(name);
  if (!file) return Error{"--split: " + file.error().message};
  for (const Path& field : fields) {
    if (holds(name, field.text())) continue;
    return Error{"--split: the name needs {" + field.text() + "}, to tell keys apart"};
  }
  return OperatorPtr(std::make_unique<Split>(std::move(*file)));
}

}  // namespace streamutils
