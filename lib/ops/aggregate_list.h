// AggregateList: the aggregates of one command line, with the states of a group side by side in a
// block.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "json/record.h"
#include "ops/aggregate.h"
#include "ops/aggregate_args.h"
#include "stream/operator.h"
#include "stream/snapshot.h"

namespace streamutils {

class AggregateList {
 public:
  // REQUIRES: every function is in the table, with as many arguments as it takes.
  explicit AggregateList(std::span<const AggregateSpec> specs);

  // Bytes of a block, a multiple of 16.  Blocks are aligned to 16.
  std::size_t block_size() const { return block_size_; }

  // Makes the states of nothing in raw memory; destroys them.
  void create(std::byte* block) const;
  void destroy(std::byte* block) const;

  // Looks up the arguments in the record, once however often they are named.  Changes no state: the
  // record may still turn out to be damaged.
  void read(const Record& record);
  // Adds the event that was read last.  REQUIRES: its record is still valid, and ok().  Values of
  // the wrong kind are counted, and the first of each is said.
  void add(std::byte* block, Emitter& out);

  void merge(std::byte* block, const std::byte* other) const;

  // Appends `,"name":result` for each aggregate.
  void write(const std::byte* block, std::string& row) const;

  // The states as fields of the snapshot's current entry.
  void save(const std::byte* block, SnapshotWriter& out) const;
  // Takes them back into a fresh block; what does not read makes in.status() an error.
  void restore(std::byte* block, SnapshotReader& in) const;

 private:
  static constexpr std::size_t kNoInput = static_cast<std::size_t>(-1);

  // A path, and the value that the record has there.
  struct Input {
    Path path;
    Value value;
    // What has been reported of this event, once for all aggregates of the field: a set of Taken.
    unsigned reported = 0;
  };
  struct Member {
    AggregatePtr aggregate;
    const AggregateFunction* function;
    std::size_t offset;  // in the block
    std::size_t input;   // among inputs_, or kNoInput
    std::string label;   // `,"name":`
    std::string field;   // in snapshots
  };

  std::size_t input_of(const AggregateSpec& spec);
  void report(const Member& member, Taken taken, Emitter& out);

  std::vector<Input> inputs_;
  std::vector<Member> members_;
  std::size_t block_size_ = 0;
  Timestamp time_{};  // of the event that was read last
};

}  // namespace streamutils
