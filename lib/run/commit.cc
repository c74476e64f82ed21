// SPDX-License-Identifier: Apache-2.0
#include "run/commit.h"

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "json/writer.h"
#include "run/json_members.h"
#include "run/snapshot_file.h"

namespace streamutils {
namespace {

constexpr std::string_view kCommit = "COMMIT";

// True if it is no state of a stage.
bool is_beside(std::string_view file) {
  return file.ends_with(".out") || file.ends_with(".run") || file.ends_with(".new");
}

struct EpochFile {
  std::string name;  // of the stage
  std::uint64_t epoch = 0;
};

// "sread.7", "swrite.7.out" and "swrite.7.run" are files of epoch 7; "COMMIT" and "sread.lock" of
// none.
std::optional<EpochFile> parse_name(std::string_view file) {
  if (is_beside(file)) file.remove_suffix(4);
  const std::size_t dot = file.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view digits = file.substr(dot + 1);
  EpochFile parsed{std::string(file.substr(0, dot)), 0};
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, parsed.epoch);
  if (digits.empty() || error != std::errc() || rest != end) return std::nullopt;
  return parsed;
}

void for_each_epoch_file(const std::string& folder,
                         const std::function<void(const std::string&, const EpochFile&)>& visit) {
  DIR* listing = opendir(folder.c_str());
  if (listing == nullptr) return;
  while (const dirent* entry = readdir(listing)) {
    if (const auto file = parse_name(entry->d_name)) visit(entry->d_name, *file);
  }
  closedir(listing);
}

void encode_file(JsonWriter& json, const CommittedFile& file) {
  json.begin_object().name("name").string(file.name);
  json.name("before").unsigned_integer(file.before);
  json.name("after").unsigned_integer(file.after).end_object();
}

std::optional<CommittedFile> decode_file(std::string_view text) {
  JsonMembers members(text);
  CommittedFile file{members.text("name"), members.number("before"), members.number("after")};
  const bool is_one = members.ok() && file.before <= file.after;
  return is_one ? std::optional(std::move(file)) : std::nullopt;
}

bool is_true(Value value) { return value.is(Kind::boolean) && value.as_bool(); }

}  // namespace

std::string encode_commit(const Commit& commit) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("commit").unsigned_integer(1).name("epoch").unsigned_integer(
      commit.epoch);
  json.name("complete").boolean(commit.complete).name("via").begin_array();
  for (const std::string& stage : commit.via) json.string(stage);
  json.end_array().name("output").string(commit.output);
  json.name("several").boolean(commit.several).name("files").begin_array();
  for (const CommittedFile& file : commit.files) encode_file(json, file);
  json.end_array().name("lines").string(commit.lines).end_object();
  return with_trailer(text + "\n");
}

Result<Commit> decode_commit(std::string_view text) {
  auto body = without_trailer(text);
  if (!body) return body.error();
  JsonMembers members(body->substr(0, body->find('\n')));
  if (members.number("commit") != 1) {
    return Error{"was written by a newer version of streamutils, or is no COMMIT"};
  }
  Commit commit;
  commit.epoch = members.number("epoch");
  commit.complete = is_true(members.get("complete"));
  for (std::size_t i = 0; members.element("via", i).exists(); ++i) {
    std::string scratch;
    const Value stage = members.element("via", i);
    if (stage.is(Kind::string)) commit.via.emplace_back(stage.text(scratch));
  }
  commit.output = members.text("output");
  commit.several = is_true(members.get("several"));
  for (std::size_t i = 0; members.element("files", i).exists(); ++i) {
    auto file = decode_file(members.element("files", i).raw());
    if (!file) return Error{"is no COMMIT of streamutils"};
    commit.files.push_back(std::move(*file));
  }
  commit.lines = members.text("lines");
  if (!members.ok()) return Error{"is no COMMIT of streamutils"};
  return commit;
}

std::string CheckpointFolder::file(std::string_view name, std::uint64_t epoch) const {
  return fmt::format("{}/{}.{}", path_, name, epoch);
}

std::string CheckpointFolder::file(std::string_view name) const {
  return fmt::format("{}/{}", path_, name);
}

Result<std::optional<Commit>> CheckpointFolder::read_commit() const {
  const std::string path = file(kCommit);
  if (!file_exists(path)) return std::optional<Commit>();
  auto text = read_whole_file(path);
  if (!text) return text.error();
  auto commit = decode_commit(*text);
  if (!commit) return Error{fmt::format("{} {}", path, commit.error().message)};
  return std::optional<Commit>(std::move(*commit));
}

Status CheckpointFolder::write_commit(const Commit& commit) const {
  DurableFile target(file(kCommit));
  if (Status status = target.open(); !status) return status;
  target.write(encode_commit(commit));
  return target.commit();
}

std::uint64_t CheckpointFolder::greatest_epoch() const {
  std::uint64_t greatest = 0;
  for_each_epoch_file(path_, [&](const std::string&, const EpochFile& file) {
    greatest = std::max(greatest, file.epoch);
  });
  return greatest;
}

std::optional<std::uint64_t> CheckpointFolder::next_epoch(std::string_view name,
                                                          std::uint64_t epoch) const {
  std::optional<std::uint64_t> next;
  for_each_epoch_file(path_, [&](const std::string& whole, const EpochFile& file) {
    if (file.name != name || file.epoch <= epoch || is_beside(whole)) return;
    if (!next || file.epoch < *next) next = file.epoch;
  });
  return next;
}

void CheckpointFolder::remove_below(std::uint64_t epoch) const {
  for_each_epoch_file(path_, [&](const std::string& whole, const EpochFile& parsed) {
    if (parsed.epoch < epoch) unlink(file(whole).c_str());
  });
}

}  // namespace streamutils
