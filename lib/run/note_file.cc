// SPDX-License-Identifier: Apache-2.0
#include "run/note_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/crc32c.h"
#include "base/decimal.h"
#include "json/writer.h"
#include "run/durable_file.h"
#include "run/json_members.h"

namespace streamutils {
namespace {

constexpr std::size_t kPiece = 64 << 10;
// Longer than a line can be: a name has 4096 bytes at most, each escaped to six.
constexpr std::size_t kLongestLine = 32 << 10;
// Behind the facts.
std::string end_of_line(std::uint32_t checksum) {
  return fmt::format(",\"checksum\":\"{:08x}\"}}", checksum);
}
const std::size_t kEndSize = end_of_line(0).size();

std::optional<NameFacts> facts_of(const JsonMembers& members) {
  NameFacts facts{};
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const Value fact = members.element("facts", i);
    const auto n = fact.is(Kind::number) ? to_int64(fact.raw()) : std::nullopt;
    if (!n || *n < 0) return std::nullopt;
    facts[i] = static_cast<std::uint64_t>(*n);
  }
  return facts;
}

}  // namespace

std::uint64_t NoteFile::hash_of(std::string_view kind, std::string_view name) const {
  return siphash128(hash_key_, fmt::format("{}\n{}", kind, name)).low;
}

Status NoteFile::open(const std::string& path, std::uint64_t length) {
  path_ = path;
  file_.emplace(path, O_RDWR | O_CREAT | O_APPEND);
  if (!*file_) return file_error(path);
  if (Status status = read(length); !status) return status;
  return ftruncate(file_->fd(), static_cast<off_t>(length)) == 0 ? Status() : file_error(path);
}

Status NoteFile::read(std::uint64_t length) {
  if (length == 0) return {};
  auto text = read_whole_file(path_);
  if (!text) return text.error();
  std::string_view rest(*text);
  if (rest.size() < length) {
    return Error{fmt::format("{} is cut short: {} bytes are there, and the state knows of {}",
                             path_, rest.size(), length)};
  }
  for (rest = rest.substr(0, length); !rest.empty(); length_ = length - rest.size()) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos || !take_line(rest.substr(0, end))) {
      return Error{fmt::format("{} is damaged: the line at byte {} is not what was written", path_,
                               length_)};
    }
    rest.remove_prefix(end + 1);
  }
  return {};
}

bool NoteFile::take_line(std::string_view line) {
  const std::string_view body = line.substr(0, line.size() - std::min(line.size(), kEndSize));
  checksum_ = crc32c(body, checksum_);
  if (line.substr(body.size()) != end_of_line(checksum_)) return false;
  JsonMembers members(line);
  const std::string kind = members.text("of");
  const std::string name = members.text("name");
  places_[hash_of(kind, name)] = length_;
  return members.ok();
}

void NoteFile::note(std::string_view kind, std::string_view name, const NameFacts& facts) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().name("of").string(kind).name("name").string(name).name("facts").begin_array();
  for (const std::uint64_t fact : facts) json.unsigned_integer(fact);
  json.end_array();
  checksum_ = crc32c(line, checksum_);
  places_[hash_of(kind, name)] = length_ + pending_.size();
  pending_.append(line).append(end_of_line(checksum_)).push_back('\n');
  if (pending_.size() >= kPiece) flush();
}

bool NoteFile::flush() {
  if (error_ == 0 && !write_fully(file_->fd(), pending_)) error_ = errno;
  length_ += pending_.size();
  pending_.clear();
  return error_ == 0;
}

std::optional<NameFacts> NoteFile::recall(std::string_view kind, std::string_view name) {
  const auto place = places_.find(hash_of(kind, name));
  if (place == places_.end() || !flush()) return std::nullopt;
  std::string line(kLongestLine, '\0');
  const ssize_t n = pread(file_->fd(), line.data(), line.size(), static_cast<off_t>(place->second));
  if (n <= 0) error_ = n < 0 ? errno : EIO;
  line.resize(std::min(line.find('\n'), static_cast<std::size_t>(std::max<ssize_t>(n, 0))));
  JsonMembers members(line);
  const bool is_this = members.text("of") == kind && members.text("name") == name;
  return is_this && members.ok() ? facts_of(members) : std::nullopt;
}

Result<std::uint64_t> NoteFile::save() {
  ++saves_;
  if (flush()) return length_;
  errno = error_;
  return file_error(path_);
}

Status NoteFile::sync() const { return fsync(file_->fd()) == 0 ? Status() : file_error(path_); }

}  // namespace streamutils
