// SPDX-License-Identifier: Apache-2.0
#include "run/snapshot_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/crc32c.h"
#include "base/text.h"
#include "json/writer.h"
#include "run/json_members.h"
#include "stream/snapshot.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kVersion = 4;
constexpr std::pair<std::string_view, std::string SnapshotHeader::*> kFacts[] = {
    {"watermark", &SnapshotHeader::watermark},
    {"time_style", &SnapshotHeader::time_style},
    {"hash_seed", &SnapshotHeader::hash_seed}};
constexpr std::string_view kSideFile = "{\"entry\":\"side_file\"";
constexpr std::string_view kEnd = "\n{\"end\":true,";
constexpr const char* kNoSnapshot = "is no snapshot of streamutils";

std::string encode_input(const InputPosition& input) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("name").string(input.name);
  if (input.file) {
    json.name("device").unsigned_integer(input.file->device);
    json.name("inode").unsigned_integer(input.file->inode);
    json.name("head_size").unsigned_integer(input.file->head_size);
    json.name("head").unsigned_integer(input.file->head);
  }
  json.name("offset").unsigned_integer(input.offset).name("lines").unsigned_integer(input.lines);
  json.end_object();
  return text;
}

std::string encode_header(const SnapshotHeader& header) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().name("snapshot").unsigned_integer(kVersion);
  json.name("tool").string(header.tool).name("options").string(header.options);
  if (header.epoch) json.name("epoch").unsigned_integer(*header.epoch);
  if (header.after) json.name("after").unsigned_integer(*header.after);
  if (header.complete) json.name("complete").boolean(true);
  json.name("inputs").begin_array();
  for (const InputPosition& input : header.inputs) json.raw(encode_input(input));
  json.end_array();
  if (!header.read.empty()) {
    json.name("read").begin_array();
    for (const InputPosition& file : header.read) json.raw(encode_input(file));
    json.end_array();
  }
  for (const auto& [name, fact] : kFacts) {
    if (!(header.*fact).empty()) json.name(name).string(header.*fact);
  }
  json.end_object();
  return text + "\n";
}

std::string encode_side_file(const FileLength& file) {
  SnapshotWriter out;
  out.entry("side_file").field("name", file.name).field("length", file.length);
  out.field("output", file.is_output);
  return out.take();
}

std::string encode_trailer(std::uint64_t lines, std::uint32_t checksum) {
  return fmt::format("{{\"end\":true,\"lines\":{},\"checksum\":\"{:08x}\"}}\n", lines, checksum);
}

// By blocks of constant size, which the compiler counts with vectors.
std::uint64_t count_lines(std::string_view text) {
  constexpr std::size_t kBlock = 128;
  std::uint64_t lines = 0;
  for (; text.size() >= kBlock; text.remove_prefix(kBlock)) {
    std::uint8_t in_block = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      in_block = static_cast<std::uint8_t>(in_block + (text[i] == '\n'));
    lines += in_block;
  }
  return lines + static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::optional<InputPosition> decode_input(std::string_view text) {
  JsonMembers members(text);
  InputPosition input;
  input.name = members.text("name");
  if (members.get("device").exists()) {
    input.file =
        FileIdentity{members.number("device"), members.number("inode"), members.number("head_size"),
                     static_cast<std::uint32_t>(members.number("head"))};
  }
  input.offset = members.number("offset");
  input.lines = members.number("lines");
  if (!members.ok()) return std::nullopt;
  return input;
}

bool decode_inputs(const JsonMembers& members, std::string_view name,
                   std::vector<InputPosition>& inputs) {
  for (std::size_t i = 0; members.element(name, i).exists(); ++i) {
    auto input = decode_input(members.element(name, i).raw());
    if (!input) return false;
    inputs.push_back(std::move(*input));
  }
  return true;
}

Result<SnapshotHeader> decode_header(std::string_view line) {
  JsonMembers members(line);
  const Error no_snapshot{kNoSnapshot};
  if (!members.ok() || !members.get("snapshot").is(Kind::number)) return no_snapshot;
  const std::uint64_t version = members.number("snapshot");
  if (version != kVersion) {
    return Error{fmt::format(
        "was written by {} version of streamutils: its format is {}, and this one reads {}",
        version > kVersion ? "a newer" : "an older", version, kVersion)};
  }
  SnapshotHeader header;
  header.tool = members.text("tool");
  header.options = members.text("options");
  if (members.get("epoch").exists()) header.epoch = members.number("epoch");
  if (members.get("after").exists()) header.after = members.number("after");
  header.complete = members.get("complete").exists();
  if (!decode_inputs(members, "inputs", header.inputs) ||
      !decode_inputs(members, "read", header.read)) {
    return no_snapshot;
  }
  for (const auto& [name, fact] : kFacts) {
    if (members.get(name).exists()) header.*fact = members.text(name);
  }
  if (!members.ok()) return no_snapshot;
  return header;
}

Status check_trailer(std::string_view text, std::size_t trailer) {
  const std::string_view found = text.substr(trailer);
  if (!found.starts_with("{\"end\":true,") || found.back() != '\n') {
    return Error{"is cut short: its end is missing, so writing it was interrupted"};
  }
  const std::string_view body = text.substr(0, trailer);
  const std::string expected = encode_trailer(count_lines(body), crc32c(body));
  if (found == expected) return {};
  return Error{fmt::format("is damaged: it ends with {}, but what it holds makes {}",
                           found.substr(0, found.size() - 1),
                           std::string_view(expected).substr(0, expected.size() - 1))};
}

// Moves the side files from the end of the entries to where they belong.
Status split_side_files(std::string_view body, SnapshotContent& content) {
  std::size_t end = body.size();
  std::size_t begin = end;
  while (end > 0) {
    const std::size_t line = end < 2 ? 0 : body.rfind('\n', end - 2) + 1;
    if (!body.substr(line).starts_with(kSideFile)) break;
    begin = end = line;
  }
  SnapshotReader in{std::string(body.substr(begin))};
  while (in.next()) {
    content.side_files.push_back(
        {in.text("name"), in.unsigned_integer("length"), in.boolean("output")});
  }
  content.entries = body.substr(0, begin);
  return in.status();
}

// Takes from the front of the text what ends with a trailer; all, if there is none.
std::string_view take_part(std::string_view& text) {
  const void* const found = memmem(text.data(), text.size(), kEnd.data(), kEnd.size());
  std::size_t size = text.size();
  if (found != nullptr) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    size = std::min(size, text.find('\n', at + 1) + 1);
    if (size == 0) size = text.size();
  }
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

// A header, entries and a trailer.
Result<SnapshotContent> read_part(std::string_view text) {
  const std::size_t first = text.find('\n');
  if (first == std::string_view::npos) {
    return Error{text.empty() ? "is empty: writing it was interrupted"
                              : "is cut short: its end is missing, so writing it was interrupted"};
  }
  auto header = decode_header(text.substr(0, first));
  if (!header) return header.error();
  auto lines = without_trailer(text);
  if (!lines) return lines.error();
  SnapshotContent content;
  content.header = std::move(*header);
  if (Status status = split_side_files(lines->substr(first + 1), content); !status)
    return status.error();
  return content;
}

Status add_changes(SnapshotContent changes, SnapshotContent& content) {
  const SnapshotHeader& header = content.header;
  if (!changes.header.after || !changes.header.epoch || changes.header.after != header.epoch) {
    return Error{fmt::format("is damaged: what stands behind epoch {} does not go on from it",
                             header.epoch.value_or(0))};
  }
  if (Status fits = check_fits(changes.header, header.tool, header.options); !fits) return fits;
  changes.header.after.reset();
  content.header = std::move(changes.header);
  content.entries += changes.entries;
  content.side_files = std::move(changes.side_files);
  return {};
}

}  // namespace

void SnapshotFileWriter::put(std::string_view lines) {
  lines_ += count_lines(lines);
  checksum_ = crc32c(lines, checksum_);
  put_(lines);
}

void SnapshotFileWriter::header(const SnapshotHeader& header) { put(encode_header(header)); }

void SnapshotFileWriter::entries(std::string_view lines) { put(lines); }

void SnapshotFileWriter::finish(const std::vector<FileLength>& side_files) {
  for (const FileLength& file : side_files) put(encode_side_file(file));
  put_(encode_trailer(lines_, checksum_));
}

std::string with_trailer(std::string lines) {
  return lines + encode_trailer(count_lines(lines), crc32c(lines));
}

Result<std::string_view> without_trailer(std::string_view text) {
  if (text.size() < 2 || text.back() != '\n') {
    return Error{"is cut short: its end is missing, so writing it was interrupted"};
  }
  const std::size_t trailer = text.rfind('\n', text.size() - 2) + 1;
  if (Status status = check_trailer(text, trailer); !status) return status.error();
  return text.substr(0, trailer);
}

Result<SnapshotContent> read_snapshot_file(std::string_view text,
                                           std::optional<std::uint64_t> epoch) {
  auto content = read_part(take_part(text));
  if (!content || content->header.after) return content ? Error{kNoSnapshot} : content.error();
  while (!text.empty() && (!epoch || content->header.epoch != epoch)) {
    auto changes = read_part(take_part(text));
    if (!changes) return changes.error();
    if (Status status = add_changes(std::move(*changes), *content); !status) return status.error();
  }
  if (!epoch || content->header.epoch == epoch) return content;
  return Error{fmt::format("is cut short: it ends in front of epoch {}", *epoch)};
}

Status check_fits(const SnapshotHeader& header, std::string_view tool, std::string_view options) {
  if (header.tool != tool) {
    return Error{fmt::format("is the state of {}, and this is {}", header.tool, tool)};
  }
  if (header.options == options) return {};
  return Error{
      fmt::format("is the state of `{}`, and this is `{}`: go on with the same, or begin "
                  "anew with another file",
                  header.options, options)};
}

}  // namespace streamutils
