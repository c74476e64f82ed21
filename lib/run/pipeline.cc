// SPDX-License-Identifier: Apache-2.0
#include "run/pipeline.h"

#include <algorithm>

#include "run/snapshot_file.h"

namespace streamutils {

std::string_view without_end(std::string_view stage) {
  return stage.starts_with('-') ? stage.substr(1) : stage;
}

bool saves_state(std::string_view stage) {
  return !stage.starts_with('!') && !stage.starts_with('-');
}

std::string stage_name(std::string_view stage) {
  stage = without_end(stage);
  return std::string(stage.substr(0, stage.find(':')));
}

bool is_same_pipeline(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return without_end(x) == without_end(y); });
}

std::string describe_pipeline(const std::vector<std::string>& stages,
                              const CheckpointFolder& folder,
                              const std::function<std::uint64_t(std::string_view name)>& epoch_of) {
  std::string text;
  for (const std::string& stage : stages) {
    const std::string named = stage_name(stage);
    const std::string name = named.starts_with('!') ? named.substr(1) : named;
    auto file = read_whole_file(folder.file(name, epoch_of(name)));
    auto content = file ? read_snapshot_file(*file) : Result<SnapshotContent>(Error{});
    const bool known = content && saves_state(stage);
    text += (text.empty() ? "" : " | ") + (known ? content->header.options : name);
  }
  return text;
}

}  // namespace streamutils
