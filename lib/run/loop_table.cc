// The loop over a table that is kept current while the stream flows (sjoin table --follow).
//
// It is loaded first: a file to its end, once there is one; a pipe until, after its first line, it
// has been empty for the idle time.  From then on it is read before the stream whenever there is
// something to read.  When that is looked for decides what an event can count on: here it is after
// something of the stream has been read and before it is worked on.  So an event sees every row
// that was written before the event was.
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include "run/loop.h"

namespace streamutils {

bool Loop::is_loading() const { return table_input_ && !sources_[*table_input_].loaded; }

// All that is there for now has been read.
void Loop::rest_table() {
  Source& table = sources_[*table_input_];
  table.dry = table.loaded = true;
  driver_.set_dry(*table_input_, true);
}

// Readable when there is something to read; a file tells by its watch.
pollfd Loop::table_news() const {
  const Source& table = sources_[*table_input_];
  return {table.follow ? watch_->fd() : table.fd, POLLIN, 0};
}

// True if the table is to be read now.  A file that does not tell of each write is also read every
// now and then.
bool Loop::look_at_table() {
  Source& table = sources_[*table_input_];
  pollfd news = table_news();
  const bool has_news = poll(&news, 1, 0) > 0 || (table.spill && !table.spill->empty());
  const Clock::time_point now = Clock::now();
  const bool is_time = table.follow && now - looked_at_files_ >= watch_->pause();
  if (!has_news && !is_time) return false;
  if (table.follow) {
    looked_at_files_ = now;
    watch_->take();
  }
  table.dry = false;
  driver_.set_dry(*table_input_, false);
  return true;
}

// A pipe whose writers have gone: what it said last stays.
void Loop::table_has_ended() {
  sources_[*table_input_].loaded = true;
  table_input_.reset();
}

}  // namespace streamutils
