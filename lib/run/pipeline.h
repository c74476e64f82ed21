// A pipeline as a barrier tells it (`via`): the stages that it has passed, as each has named
// itself.
//
//     sdedup:1a2b3c4d    saves under the name sdedup; a checksum of its options
//     !sfilter           saves nothing
//     ?sdedup            keeps its state elsewhere
//     -sread:1a2b3c4d    any of these: its stream has ended
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "run/commit.h"

namespace streamutils {

std::string_view without_end(std::string_view stage);
// False also of one whose stream has ended: it saves no more.
bool saves_state(std::string_view stage);
// With the mark of one that does not save, if it has one.
std::string stage_name(std::string_view stage);

bool is_same_pipeline(const std::vector<std::string>& a, const std::vector<std::string>& b);

// The command lines of the stages, as far as the files of the folder tell them, with '|' between.
// epoch_of: of which epoch the file of a stage is to be looked at.
std::string describe_pipeline(const std::vector<std::string>& stages,
                              const CheckpointFolder& folder,
                              const std::function<std::uint64_t(std::string_view name)>& epoch_of);

}  // namespace streamutils
