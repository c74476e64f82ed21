// The snapshot of the driver, with that of its operator behind it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/text.h"
#include "run/driver_input.h"

namespace streamutils {
namespace {

using Row = std::pair<const char*, std::uint64_t Counts::*>;
constexpr Row kCounts[] = {{"in", &Counts::in},
                           {"used", &Counts::used},
                           {"dropped", &Counts::dropped},
                           {"bad", &Counts::bad},
                           {"late", &Counts::late},
                           {"late_partly", &Counts::late_partly},
                           {"late_by_idle", &Counts::late_by_idle},
                           {"out", &Counts::out},
                           {"lost", &Counts::lost},
                           {"absurd", &Counts::absurd}};

}  // namespace

std::string Driver::save() const {
  SnapshotWriter out;
  save(out);
  return out.take();
}

void Driver::save(SnapshotWriter& out) const {
  save_own(out);
  op_->save(out);
}

void Driver::begin_image(SnapshotWriter& out) {
  save_own(out);
  op_->begin_image(out);
}

void Driver::begin_changes(SnapshotWriter& out) {
  save_own(out);
  op_->begin_changes(out);
}

void Driver::save_own(SnapshotWriter& out) const {
  out.entry("driver")
      .field("now", now_)
      .field("watermark", watermark_)
      .field("max_time", max_time_);
  out.field("written", written_watermark_).field("style", style_ ? to_string(*style_) : "");
  if (epoch_) out.field("epoch", *epoch_);
  out.field("controlled", controlled_out_).field("begin_written", begin_written_);
  out.field("needed_disorder", static_cast<std::int64_t>(needed_disorder_.count()));
  out.field("needed_idle", static_cast<std::int64_t>(needed_idle_.count()));
  for (const auto& [name, count] : kCounts) out.field(name, counts_.*count);
  for (const auto& [reason, n] : reasons_) {
    out.entry("reason").field("reason", reason).field("n", n);
    out.field("failure", failures_.count(reason) > 0);
  }
  lateness_.save(out);
  for (const std::string& line : held_) out.entry("held").field("line", line);
  for (const Input& input : inputs_) {
    out.entry("input").field("name", input.info.name).field("lines", input.lines);
    out.field("offset", input.offset).field("active", input.active).field("begun", input.begun);
    out.field("controlled", input.controlled).field("end_mark", input.end_mark);
    out.field("suspended", input.suspended);
    if (input.barrier) {
      out.json("barrier", encode_barrier(*input.barrier->epoch, input.barrier->via));
    }
    if (input.passed) out.json("passed", encode_barrier(*input.passed->epoch, input.passed->via));
    out.field("asked", input.asked).field("reads_output", input.reads_output);
    out.field("member", input.time.path() ? input.time.path()->text() : "");
    if (input.decoder) out.field("decoder", input.decoder->save());
    input.clock.save(out);
    save_ahead(input, out);
  }
}

// The saved inputs in their order, each into the one that takes its place, if there is one.
Status Driver::restore_inputs(SnapshotReader& in,
                              const std::vector<std::optional<std::size_t>>& from) {
  std::size_t saved = 0;
  for (; in.next_is("input"); ++saved) {
    std::size_t target = from.empty() ? saved : 0;
    while (!from.empty() && target < from.size() && from[target] != saved) ++target;
    Input nobody(inputs_.size(), {}, settings_.common);
    Input& input = target < inputs_.size() ? inputs_[target] : nobody;
    if (Status status = restore_input(input, in); !status) return status;
  }
  if (from.empty() && saved != inputs_.size())
    return Error{"the snapshot has another number of inputs"};
  return {};
}

// As the line that came.
Status Driver::restore_barrier(std::optional<Message>& to, Value line) {
  to.reset();
  if (!line.exists()) return {};
  auto barrier = decode_control(line.raw());
  if (!barrier) return barrier.error();
  if (barrier->kind != Message::Kind::barrier) return Error{"not a barrier: " + quote(line.raw())};
  to = std::move(*barrier);
  return {};
}

Status Driver::restore_input(Input& input, SnapshotReader& in) {
  input.lines = in.unsigned_integer("lines");
  input.offset = in.unsigned_integer("offset");
  input.active = in.time("active");
  input.begun = in.boolean("begun");
  input.controlled = in.boolean("controlled");
  input.end_mark = in.boolean("end_mark");
  input.suspended = in.boolean("suspended");
  if (Status status = restore_barrier(input.barrier, in.json("barrier")); !status) return status;
  if (Status status = restore_barrier(input.passed, in.json("passed")); !status) return status;
  aligning_ |= input.barrier.has_value();
  input.asked = in.boolean("asked");
  input.reads_output = in.boolean("reads_output");
  if (input.decoder) input.decoder->restore(in.text("decoder"));
  if (const std::string member = in.text("member"); !member.empty()) {
    auto path = Path::parse(member);
    if (!path) return path.error();
    input.time.set_path(std::move(*path));
    input.member_told = false;
  } else if (input.reads_output) {
    input.time.forget_path();
  }
  input.clock.restore(in);
  restore_ahead(input, in);
  if (input.clock.max_time() != kMinTime && input.time.is_window_end()) {
    input.clock.use_window_ends(settings_.common.disorder_given);
  }
  return {};
}

// Each part is that of a moment: the driver's share of it takes the place of the one before, and
// the operator's is put on top.
Status Driver::restore(std::string lines, const std::vector<std::optional<std::size_t>>& from) {
  SnapshotReader in(std::move(lines));
  if (!in.next_is("driver")) return Error{"the snapshot does not begin with the driver's entry"};
  absent_.forget();
  do {
    if (Status status = restore_own(in, from); !status) return status;
    if (Status status = op_->restore(in); !status) return status;
  } while (in.next_is("driver"));
  if (in.status() && in.next()) in.fail("nothing takes the entry '" + std::string(in.kind()) + "'");
  return in.status();
}

Status Driver::restore_own(SnapshotReader& in,
                           const std::vector<std::optional<std::size_t>>& from) {
  now_ = in.time("now");
  watermark_ = in.time("watermark");
  max_time_ = in.time("max_time");
  written_watermark_ = in.time("written");
  style_ = parse_time_style(in.text("style"));
  if (in.json("epoch").exists()) epoch_ = in.unsigned_integer("epoch");
  controlled_out_ = in.boolean("controlled");
  begin_written_ = in.boolean("begin_written");
  needed_disorder_ = Duration(in.integer("needed_disorder"));
  needed_idle_ = Duration(in.integer("needed_idle"));
  for (const auto& [name, count] : kCounts) counts_.*count = in.unsigned_integer(name);
  while (in.next_is("reason")) {
    std::string reason = in.text("reason");
    if (in.boolean("failure")) failures_.insert(reason);
    reasons_[std::move(reason)] = in.unsigned_integer("n");
  }
  lateness_.restore(in);
  held_.clear();
  held_bytes_ = 0;
  while (in.next_is("held")) {
    held_.push_back(in.text("line"));
    held_bytes_ += held_.back().size();
  }
  aligning_ = false;
  if (Status status = restore_inputs(in, from); !status) return status;
  if (style_) op_->set_time_style(*style_);
  for (Input& input : inputs_) tell_time_member(input);
  return in.status();
}

}  // namespace streamutils
