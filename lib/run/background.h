// Background: work in a child process, which has an image of everything that this one holds.
//
// fork() takes the image of all state in the time that it takes to copy page tables, whatever the
// operator is, and the stream goes on while the child turns the image into lines and waits for the
// disk.  One child at a time: who starts the next before the last is done waits for it, so that a
// slow disk slows the stream down and nothing piles up.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace streamutils {

class Background {
 public:
  Background() = default;
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Starts `work` when the work before it is done; its error is that of the work before it, if that
  // failed, or of fork.  The child runs nothing else, and flushes nothing that this process has
  // buffered.
  Status start(const std::function<Status()>& work);

  bool is_busy() const { return child_ > 0; }
  // The error of work that has failed; waits for it as long as `patience`.
  Status collect(Duration patience = Duration::zero());
  // Ends work that nobody needs any more.
  void abandon();

 private:
  Status reap(bool wait);

  pid_t child_ = 0;
  int message_ = -1;  // the child's error comes through this pipe
};

}  // namespace streamutils
