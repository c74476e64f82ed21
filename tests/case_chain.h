// Chain: the pipeline of a case inside this process.  Each stage is a real driver around the real
// operator; what one writes are the bytes that the next one reads.
//
// How bytes become lines, and how many at once, is what the modes of the suite vary.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "case_file.h"

namespace streamutils {

struct ChainOptions {
  enum class Feed {
    lines,   // Driver::feed, each line in a heap block that ends with its padding
    blocks,  // Driver::feed_block with all lines that are there
    chunks,  // LineReader, `chunk` bytes at a time, with a tiny buffer
  };
  Feed feed = Feed::lines;
  std::size_t chunk = 1;
  bool restart = false;  // after each step: save, destroy, build anew, restore
};

class Chain {
 public:
  // Builds the stages of `commands`; the rest of the case says what the world is like.
  Chain(const Case& c, const std::vector<Words>& commands, ChainOptions options);
  ~Chain();

  // False if a stage could not be built; then messages() and statuses() tell.
  bool is_built() const { return built_; }

  // Bytes for an input of the first stage, and its end.  Nothing is read before run().
  void put(std::size_t input, std::string_view bytes);
  void close(std::size_t input);
  // Every stage reads what it can.  Returns the lines that left the last one.
  std::vector<std::string> run();

  // At the end:
  std::vector<std::string> messages() const;  // stage by stage
  std::vector<int> statuses() const;
  std::map<std::string, std::vector<std::string>> files() const;
  // Not empty if a law was broken on the way, such as a snapshot that could not be restored.
  const std::string& failure() const { return failure_; }

 private:
  class Stage;
  void build(const Case& c, const std::vector<Words>& commands);

  ChainOptions options_;
  std::vector<std::unique_ptr<Stage>>
      stages_;  // the last first: each writes into the one before it
  std::vector<std::string> out_;
  std::string failure_;
  bool built_ = true;
};

}  // namespace streamutils
