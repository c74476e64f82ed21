// The loop over files that come and go, by patterns.
//
// Each file is an input of its own as long as it is there: one that comes is merged with the others
// from its first line on, and one that is deleted ends.  What matches is asked when a folder tells
// of a new name, and once a second.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "run/loop.h"

namespace streamutils {

KnownFiles known_files(const std::vector<Source>& sources) {
  KnownFiles known;
  for (const Source& source : sources) {
    if (!source.follow) continue;
    known.names.insert(source.name);
    for (const FileNumber& number : source.follow->files()) known.numbers.insert(number);
  }
  return known;
}

bool Loop::waits_for_files() const {
  return settings_.patterns != nullptr && !driver_.is_done() && !interrupted_;
}

void Loop::look_for_files() {
  looked_for_files_ = Clock::now();
  const std::vector<MatchedFile> matches = settings_.patterns->matches();
  for (const std::string& folder : settings_.patterns->folders(matches)) {
    watch_->watch_folder(folder);
  }
  for (const MatchedFile& file : settings_.patterns->news(matches, known_files(sources_))) {
    begin_source(file);
  }
}

// A file that is renamed to the name of another input is not read as that too.
void Loop::share_files(Source& source) {
  source.follow->share(
      [this, self = source.follow.get()](std::uint64_t device, std::uint64_t inode) {
        const FileNumber number(device, inode);
        return settings_.patterns->has_read(number) ||
               std::any_of(sources_.begin(), sources_.end(), [&](const Source& other) {
                 if (!other.follow || other.follow.get() == self) return false;
                 const auto files = other.follow->files();
                 return std::find(files.begin(), files.end(), number) != files.end();
               });
      });
}

// One that has gone again, or cannot be opened, is tried again; the latter is said once.
void Loop::begin_source(const MatchedFile& file) {
  auto source = open_followed(file.name, settings_.max_line);
  if (!source || !source->follow->is_at(file.number)) {
    const bool is_gone = source || errno == ENOENT;
    const std::string reason = std::strerror(errno);
    if (!is_gone && unreadable_.insert(file.name).second) {
      settings_.say(fmt::format("{}: {}; it is tried again", file.name, reason));
    }
    return;
  }
  unreadable_.erase(file.name);
  source->is_of_pattern = true;
  share_files(*source);
  const InputInfo info{
      .name = file.name, .live = true, .written = source->written, .plan = {}, .may_be_over = true};
  const std::size_t index = driver_.add_input(info);
  watch_->watch(file.name, source->fd);
  if (index == sources_.size()) {
    sources_.push_back(std::move(*source));
  } else {
    sources_[index] = std::move(*source);
  }
}

// The file was deleted, and has been read to its end.
void Loop::end_source(Source& source, std::size_t index) {
  const LineReader& reader = *source.reader;
  if (!reader.rest().empty()) driver_.feed_rest(index, reader.rest(), reader.offset());
  driver_.end_input(index);
  auto bytes = source.bytes;
  source = Source();
  source.live = true;
  source.bytes = std::move(bytes);
}

}  // namespace streamutils
