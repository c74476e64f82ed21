// Relief: empties the pipes of inputs that nobody reads while the loop waits for another one.
//
// A writer may be blocked once its pipe is half full: pages in a pipe need not be.  Until then its
// bytes stay where they are, so that an input that is merely ahead is held back by its own pipe.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "run/report.h"
#include "run/spill.h"

namespace streamutils {

class Relief {
 public:
  explicit Relief(Say say) : say_(std::move(say)) {}

  // The next input.  A file has no pipe that could be full: fd is -1.
  void add(std::string name, int fd, std::shared_ptr<Spill> spill);

  // How long the loop may wait before it calls run(); Duration::max() if there is nothing to do.
  Duration pause() const;

  // Takes out what fills the pipes of all inputs but the one that is waited for.  An error if it
  // cannot be kept.
  Status run(std::size_t waited_for);

 private:
  struct Pipe {
    std::string name;
    int fd;
    std::size_t size;  // 0: no pipe, but a socket, or the like
    std::shared_ptr<Spill> spill;
    bool said_full = false;
  };

  bool may_block_its_writer(const Pipe& pipe) const;
  Status empty(Pipe& pipe);

  Say say_;
  std::vector<Pipe> pipes_;
  Duration pause_ = std::chrono::milliseconds(1);
};

}  // namespace streamutils
