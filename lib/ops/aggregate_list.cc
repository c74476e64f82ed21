// SPDX-License-Identifier: Apache-2.0
#include "ops/aggregate_list.h"

#include <algorithm>

#include "base/text.h"
#include "json/writer.h"
#include "ops/snapshot_bytes.h"

namespace streamutils {
namespace {

// A value in a message: a string in one pair of quotes, anything else without.
std::string show(Value value) {
  std::string scratch;
  if (value.is(Kind::string)) return quote(value.text(scratch));
  const std::string quoted = quote(value.raw());
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

AggregateList::AggregateList(std::span<const AggregateSpec> specs) {
  for (const AggregateSpec& spec : specs) {
    const AggregateFunction* function = find_aggregate(spec.function);
    Member member{function->make(), function, block_size_, input_of(spec), ",", {}};
    append_json_string(member.label, spec.name);
    member.label += ':';
    member.field.append("a").append(std::to_string(members_.size()));
    block_size_ += (member.aggregate->size() + 15) / 16 * 16;
    members_.push_back(std::move(member));
  }
}

std::size_t AggregateList::input_of(const AggregateSpec& spec) {
  if (spec.arguments.empty()) return kNoInput;
  const Path& path = spec.arguments.front();
  const auto known = std::ranges::find(inputs_, path, &Input::path);
  if (known != inputs_.end()) return static_cast<std::size_t>(known - inputs_.begin());
  inputs_.push_back({path, {}});
  return inputs_.size() - 1;
}

void AggregateList::create(std::byte* block) const {
  for (const Member& member : members_) member.aggregate->create(block + member.offset);
}

void AggregateList::destroy(std::byte* block) const {
  for (const Member& member : members_) member.aggregate->destroy(block + member.offset);
}

void AggregateList::read(const Record& record) {
  time_ = record.time();
  for (Input& input : inputs_) {
    input.value = record.get(input.path);
    input.reported = 0;
  }
}

void AggregateList::add(std::byte* block, Emitter& out) {
  for (const Member& member : members_) {
    Sample sample{{}, time_};
    if (member.input != kNoInput) {
      sample.value = inputs_[member.input].value;
      if (!sample.value.exists() || sample.value.is(Kind::null)) continue;
    }
    const Taken taken = member.aggregate->add(block + member.offset, sample);
    if (taken != Taken::yes) report(member, taken, out);
  }
}

// "field 'amount' is not a number" is counted; the first says what was found.
void AggregateList::report(const Member& member, Taken taken, Emitter& out) {
  Input& input = inputs_[member.input];
  const unsigned bit = 1U << static_cast<unsigned>(taken);
  if (input.reported & bit) return;
  input.reported |= bit;
  const std::string field = "field '" + input.path.text() + "'";
  const std::string skipped = " (" + std::string(member.function->name) + " skips it)";
  const std::string found = show(input.value);
  switch (taken) {
    case Taken::yes:
      return;
    case Taken::wrong_type: {
      const std::string not_wanted = "not " + std::string(member.function->wants);
      if (out.count(field + " is " + not_wanted)) {
        out.say(field + ": " + not_wanted + ": " + found + skipped);
      }
      return;
    }
    case Taken::out_of_range:
      if (out.count(field + " is out of range")) {
        out.say(field + ": the number is out of range: " + found + skipped);
      }
      return;
    case Taken::mixed:
      if (out.count(field + " has strings beside numbers")) {
        out.say(field + ": strings beside numbers in one group: " +
                std::string(member.function->name) + " compares the numbers");
      }
      return;
  }
}

void AggregateList::merge(std::byte* block, const std::byte* other) const {
  for (const Member& member : members_) {
    member.aggregate->merge(block + member.offset, other + member.offset);
  }
}

void AggregateList::write(const std::byte* block, std::string& row) const {
  for (const Member& member : members_) {
    row += member.label;
    member.aggregate->write(block + member.offset, row);
  }
}

void AggregateList::save(const std::byte* block, SnapshotWriter& out) const {
  std::string state;
  for (const Member& member : members_) {
    state.clear();
    member.aggregate->save(block + member.offset, state);
    save_bytes(out, member.field, state);
  }
}

void AggregateList::restore(std::byte* block, SnapshotReader& in) const {
  for (const Member& member : members_) {
    const std::string state = restore_bytes(in, member.field);
    if (!member.aggregate->restore(block + member.offset, state)) {
      in.fail("no state of '" + std::string(member.function->name) + "': " + quote(state));
    }
  }
}

}  // namespace streamutils
