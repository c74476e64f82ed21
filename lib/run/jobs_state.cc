// SPDX-License-Identifier: Apache-2.0
#include "run/jobs_state.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <vector>

#include "run/durable_file.h"

namespace streamutils {
namespace {

namespace fs = std::filesystem;

std::string folder_of_run(const std::string& path, std::uint64_t run) {
  return fmt::format("{}.{}", path, run);
}

Status failed(const std::string& what, const std::error_code& error) {
  return Error{what + ": " + error.message()};
}

Result<std::vector<std::string>> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) return failed(folder, error).error();
  return names;
}

// The folder of a run, if it is there; what is not of copies stays.
Status remove_folder(const std::string& folder) {
  std::error_code error;
  if (fs::symlink_status(folder, error).type() == fs::file_type::not_found) return {};
  auto names = names_in(folder);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (name.find("-of-") != name.npos) continue;
    return Error{fmt::format("{} is not a folder of copies: it holds {}", folder, name)};
  }
  fs::remove_all(folder, error);
  return error ? failed(folder, error) : Status();
}

// The names of what copies have saved.
Result<std::vector<std::string>> saved_in(const std::string& folder) {
  auto names = names_in(folder);
  if (names) {
    std::erase_if(*names, [](const std::string& name) {
      return name.ends_with(".lock") || name.ends_with(".new");
    });
  }
  return names;
}

// All copies run one command, so each has saved what the others have.
Status check_whole(const std::string& folder, const std::vector<std::string>& names,
                   std::size_t copies, bool has_state) {
  std::map<std::string, std::set<std::string>> by_stage;
  for (const std::string& name : names) {
    by_stage[name.substr(0, name.rfind('-', name.rfind("-of-") - 1))].insert(name);
  }
  if (by_stage.empty() && has_state) return Error{folder + " holds no states of copies"};
  for (const auto& [stage, files] : by_stage) {
    for (std::size_t i = 1; i <= copies; ++i) {
      const std::string name = fmt::format("{}-{}-of-{}", stage, i, copies);
      if (!files.contains(name)) return Error{fmt::format("{}/{} is missing", folder, name)};
    }
  }
  return {};
}

// A copy that has copies itself has folders, too.
Status link_or_copy(const std::string& from, const std::string& to) {
  using Options = fs::copy_options;
  std::error_code error;
  fs::copy(from, to, Options::recursive | Options::create_hard_links, error);
  if (error) fs::copy(from, to, Options::recursive | Options::overwrite_existing, error);
  return error ? failed(to, error) : Status();
}

}  // namespace

Result<JobsState> JobsState::begin(const std::string& path, std::uint64_t run, std::size_t copies,
                                   bool has_state) {
  JobsState state(folder_of_run(path, run), run > 1 ? folder_of_run(path, run - 1) : "");
  if (Status status = remove_folder(state.folder_); !status) return status.error();
  if (Status status = make_folder(state.folder_); !status) return status.error();
  if (run == 1) return state;
  if (run > 2) {
    if (Status s = remove_folder(folder_of_run(path, run - 2)); !s) return s.error();
  }
  auto names = saved_in(state.before_);
  if (!names) return names.error();
  if (Status s = check_whole(state.before_, *names, copies, has_state); !s) return s.error();
  for (const std::string& name : *names) {
    Status linked = link_or_copy(state.before_ + "/" + name, state.folder_ + "/" + name);
    if (!linked) return linked.error();
  }
  return state;
}

Status JobsState::commit() { return before_.empty() ? Status() : remove_folder(before_); }

}  // namespace streamutils
