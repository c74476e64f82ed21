// SPDX-License-Identifier: Apache-2.0
#include "run/note_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

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
// So few lines are not worth another file.
constexpr std::uint64_t kLeastLines = 250;
// So many bytes of the file before are read for each that is noted: it has been carried over long
// before as many lines as it has names have been noted.
constexpr std::uint64_t kCarriedForEach = 4;
constexpr std::uint64_t kCarriesAtOnce = 16 << 10;

// Behind the facts.
std::string end_of_line(std::uint32_t checksum) {
  return fmt::format(",\"checksum\":\"{:08x}\"}}", checksum);
}
const std::size_t kEndSize = end_of_line(0).size();

std::string_view without_end(std::string_view line) {
  return line.substr(0, line.size() - std::min(line.size(), kEndSize));
}

// Where a line stands: the numbers of two files that follow each other are even and odd.
std::uint64_t place_of(std::uint64_t number, std::uint64_t offset) {
  return offset << 1 | (number & 1);
}

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

std::string file_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

std::uint64_t NoteFile::hash_of(std::string_view kind, std::string_view name) const {
  return siphash128(hash_key_, fmt::format("{}\n{}", kind, name)).low;
}

std::string NoteFile::path_of(std::uint64_t number) const {
  return number == 1 ? path_ : fmt::format("{}-{}", path_, number);
}

// Of a file beside the first; nullopt: it is none of them.
std::optional<std::uint64_t> NoteFile::number_of(std::string_view file) const {
  const std::string first = file_of(path_);
  if (file == first) return 1;
  if (!file.starts_with(first + "-")) return std::nullopt;
  const auto number = to_int64(file.substr(first.size() + 1));
  const bool is_one = number && *number > 1 && file == fmt::format("{}-{}", first, *number);
  return is_one ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

// --- The start ----------------------------------------------------------------------------------

Status NoteFile::open(const std::string& path, const std::vector<FileLength>& known) {
  path_ = path;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;  // numbers and lengths
  for (const FileLength& file : known) {
    const auto number = file.is_output ? std::nullopt : number_of(file.name);
    if (number) parts.emplace_back(*number, file.length);
  }
  if (parts.empty()) parts.emplace_back(1, 0);
  std::sort(parts.begin(), parts.end());
  if (parts.size() > 2 || parts.front().first + parts.size() != parts.back().first + 1) {
    return Error{fmt::format("{} is not what the state knows of", path_)};
  }
  part_ = std::make_unique<Part>(parts.back().first);
  if (parts.size() > 1) {
    before_ = std::make_unique<Part>(parts.front().first);
    if (Status opened = open_part(*before_, parts.front().second); !opened) return opened;
  }
  if (Status opened = open_part(*part_, parts.back().second); !opened) return opened;
  remove_unknown();
  return {};
}

Status NoteFile::open_part(Part& part, std::uint64_t length) {
  part.path = path_of(part.number);
  part.file.emplace(part.path, O_RDWR | O_CREAT | O_APPEND);
  if (!*part.file) return file_error(part.path);
  if (Status status = read(part, length); !status) return status;
  const bool is_cut = ftruncate(part.file->fd(), static_cast<off_t>(length)) == 0;
  return is_cut ? Status() : file_error(part.path);
}

Status NoteFile::read(Part& part, std::uint64_t length) {
  if (length == 0) return {};
  auto text = read_whole_file(part.path);
  if (!text) return text.error();
  std::string_view rest(*text);
  if (rest.size() < length) {
    return Error{fmt::format("{} is cut short: {} bytes are there, and the state knows of {}",
                             part.path, rest.size(), length)};
  }
  for (rest = rest.substr(0, length); !rest.empty(); part.length = length - rest.size()) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos || !take_line(part, rest.substr(0, end))) {
      return Error{fmt::format("{} is damaged: the line at byte {} is not what was written",
                               part.path, part.length)};
    }
    rest.remove_prefix(end + 1);
  }
  return {};
}

bool NoteFile::take_line(Part& part, std::string_view line) {
  const std::string_view body = without_end(line);
  part.checksum = crc32c(body, part.checksum);
  if (line.substr(body.size()) != end_of_line(part.checksum)) return false;
  JsonMembers members(line);
  const std::string kind = members.text("of");
  const std::string name = members.text("name");
  places_[hash_of(kind, name)] = place_of(part.number, part.length);
  ++part.lines;
  return members.ok();
}

// Those of states that did not come to count, or do not any more.
void NoteFile::remove_unknown() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(path_), error)) {
    const auto number = number_of(entry.path().filename().string());
    const bool is_known = number == part_->number || (before_ && number == before_->number);
    if (number && !is_known) unlink(path_of(*number).c_str());
  }
}

// --- Notes --------------------------------------------------------------------------------------

void NoteFile::note(std::string_view kind, std::string_view name, const NameFacts& facts) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().name("of").string(kind).name("name").string(name).name("facts").begin_array();
  for (const std::uint64_t fact : facts) json.unsigned_integer(fact);
  json.end_array();
  append(body, hash_of(kind, name));
  uncarried_ += body.size();
  if (before_ && uncarried_ >= kCarriesAtOnce) {
    carry_over(kCarriedForEach * std::exchange(uncarried_, 0));
  }
  if (!before_ && part_->lines >= kLeastLines + 2 * places_.size()) begin_next();
}

void NoteFile::append(std::string_view body, std::uint64_t hash) {
  part_->checksum = crc32c(body, part_->checksum);
  places_[hash] = place_of(part_->number, part_->length + pending_.size());
  ++part_->lines;
  pending_.append(body).append(end_of_line(part_->checksum)).push_back('\n');
  if (pending_.size() >= kPiece) flush();
}

bool NoteFile::flush() {
  if (error_ == 0 && !write_fully(part_->file->fd(), pending_)) error_ = errno;
  part_->length += pending_.size();
  pending_.clear();
  return error_ == 0;
}

void NoteFile::begin_next() {
  if (!flush()) return;
  before_ = std::exchange(part_, std::make_unique<Part>(part_->number + 1));
  carried_ = uncarried_ = 0;
  part_->path = path_of(part_->number);
  part_->file.emplace(part_->path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND);
  if (!*part_->file) error_ = errno;
}

// Of the lines there, those that are still the last ones of their names.
void NoteFile::carry_over(std::uint64_t bytes) {
  for (const std::uint64_t until = carried_ + bytes;
       error_ == 0 && carried_ < std::min(until, before_->length);) {
    const std::string block = read_at(*before_, carried_, kPiece);
    const std::size_t end = block.rfind('\n') + 1;
    if (end == 0 && error_ == 0) error_ = EIO;
    for (std::size_t at = 0; at < end && carried_ < until;) {
      const std::string_view line(block.data() + at, block.find('\n', at) - at);
      JsonMembers members(line);
      const std::uint64_t hash = hash_of(members.text("of"), members.text("name"));
      const auto place = places_.find(hash);
      const bool counts =
          place != places_.end() && place->second == place_of(before_->number, carried_);
      if (counts) append(without_end(line), hash);
      at += line.size() + 1;
      carried_ += line.size() + 1;
    }
  }
  if (error_ != 0 || carried_ < before_->length) return;
  done_.push_back(before_->path);
  before_.reset();
}

// Up to so many bytes of what has been written.
std::string NoteFile::read_at(const Part& part, std::uint64_t offset, std::size_t bytes) {
  std::string block(std::min<std::uint64_t>(bytes, part.length - offset), '\0');
  const ssize_t n = pread(part.file->fd(), block.data(), block.size(), static_cast<off_t>(offset));
  if (n <= 0) error_ = n < 0 ? errno : EIO;
  block.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return block;
}

std::optional<NameFacts> NoteFile::recall(std::string_view kind, std::string_view name) {
  const auto place = places_.find(hash_of(kind, name));
  if (place == places_.end() || !flush()) return std::nullopt;
  const bool is_before = before_ && (place->second & 1) == (before_->number & 1);
  std::string line = read_at(is_before ? *before_ : *part_, place->second >> 1, kLongestLine);
  line.resize(std::min(line.find('\n'), line.size()));
  JsonMembers members(line);
  const bool is_this = members.text("of") == kind && members.text("name") == name;
  return is_this && members.ok() ? facts_of(members) : std::nullopt;
}

// --- States -------------------------------------------------------------------------------------

Result<std::vector<FileLength>> NoteFile::save() {
  ++saves_;
  if (!flush()) {
    errno = error_;
    return file_error(part_->path);
  }
  for (const std::string& path : std::exchange(gone_, std::exchange(done_, {}))) {
    unlink(path.c_str());
  }
  std::vector<FileLength> known;
  if (before_) known.push_back({.name = file_of(before_->path), .length = before_->length});
  known.push_back({.name = file_of(part_->path), .length = part_->length});
  return known;
}

Status NoteFile::sync() const {
  if (before_ && fsync(before_->file->fd()) != 0) return file_error(before_->path);
  return fsync(part_->file->fd()) == 0 ? Status() : file_error(part_->path);
}

}  // namespace streamutils
