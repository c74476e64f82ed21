// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_groups.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "json/writer.h"
#include "ops/dedup_words.h"
#include "ops/fingerprint.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

// Where groups stand in the tree: by key, then by the time of the first one that came, or with
// refresh by the least time.  Those that are not complete are more than D apart.
struct Place {
  Fingerprint print;
  Timestamp time;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Group {
  std::uint64_t number = 0;  // of its first event, in the order in which they came
  Timestamp least{};
  Timestamp greatest{};
  std::uint64_t repeats = 0;
  std::uint64_t line_number = 0;  // of the event that is held
  std::string line;               // with keep_last
  std::string key;                // as members, once it has a repeat that is to be counted
};

class DedupGroups final : public Operator {
 public:
  explicit DedupGroups(DedupOptions options)
      : options_(std::move(options)),
        reach_(options_.within.value_or(Duration::max())),
        keys_(options_.fields) {
    for (const Path& field : options_.fields) {
      append_json_string(labels_.emplace_back(), field.text());
    }
  }

  Outcome on_record(const Record& record, Emitter& out) override {
    const auto print = keys_.read(record);
    if (!record.ok()) return {.fate = Fate::bad};
    const Timestamp t = takes_time() ? record.time() : Timestamp{};
    if (!print || t < horizon()) {
      if (!print) out.count(kNoKey);
      out.emit(record.line());
      if (!print) return {};
      return {.late_partly = true, .deadline = plus(plus(t, reach_), Duration(1))};
    }
    ++events_;
    const auto found = find(*print, t);
    if (found != groups_.end()) {
      add_repeat(found, record, t);
      return {.fate = Fate::dropped};
    }
    if (!options_.keep_last) out.emit(record.line());
    make_room(out);
    begin_group(*print, record, t);
    return {};
  }

  void on_watermark(Timestamp now, Emitter& out) override {
    now_ = now;
    while (!order_.empty() && is_complete(order_.begin()->group)) release(false, out);
  }

  void on_end(Emitter& out) override {
    while (!order_.empty()) release(false, out);
  }
  void on_interrupt(Emitter& out) override {
    while (!order_.empty()) release(true, out);
  }

  Timestamp least_time_to_come(Timestamp w) const override {
    return options_.keep_last && !order_.empty() ? std::min(w, order_.begin()->time) : w;
  }

  std::string_view fate_of_late() const override { return kLateOnes; }
  void set_time_style(TimeStyle style) override { style_ = style; }
  bool has_state() const override { return true; }
  std::string hash_seed() const override { return keys_.secret(); }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override {
    json_members += "\"keys\":" + std::to_string(groups_.size());
  }

 private:
  using Groups = std::map<Place, Group>;
  // The order in which groups leave: of held lines by time, else by when they are complete.
  struct Turn {
    Timestamp time;
    std::uint64_t number;
    Groups::iterator group;
    friend bool operator<(const Turn& a, const Turn& b) {
      return std::tie(a.time, a.number) < std::tie(b.time, b.number);
    }
  };

  bool takes_time() const { return dedup_takes_time(options_); }
  Timestamp horizon() const { return options_.within ? minus(now_, reach_) : kMinTime; }

  // The last instant at which an event can still join.
  Timestamp end_of(Groups::const_iterator group) const {
    return plus(options_.refresh ? group->second.greatest : group->first.time, reach_);
  }
  bool is_complete(Groups::const_iterator group) const {
    return options_.within && end_of(group) < now_;
  }

  Turn turn_of(Groups::iterator group) const {
    const Group& g = group->second;
    if (options_.keep_last) return {g.greatest, g.line_number, group};
    return {end_of(group), g.number, group};
  }

  // The earliest group that takes an event of time t, or the end.
  Groups::iterator find(const Fingerprint& print, Timestamp t) {
    auto found = groups_.end();
    if (!options_.refresh) {
      const auto begin = groups_.lower_bound({print, minus(t, reach_)});
      for (auto it = begin; it != groups_.end() && it->first.print == print; ++it) {
        if (it->first.time > plus(t, reach_)) break;
        if (!is_complete(it)) return it;
      }
      return found;
    }
    auto it = groups_.upper_bound({print, plus(t, reach_)});
    while (it != groups_.begin() && std::prev(it)->first.print == print) {
      --it;
      if (it->second.greatest < minus(t, reach_) || is_complete(it)) break;
      found = it;
    }
    return found;
  }

  void begin_group(const Fingerprint& print, const Record& record, Timestamp t) {
    const auto group = groups_.insert_or_assign(Place{print, t}, Group{}).first;
    group->second.number = events_;
    group->second.least = group->second.greatest = t;
    hold(group->second, record);
    order_.insert(turn_of(group));
  }

  void hold(Group& group, const Record& record) {
    if (!options_.keep_last) return;
    group.line = record.line();
    group.line_number = events_;
  }

  void add_repeat(Groups::iterator group, const Record& record, Timestamp t) {
    order_.erase(turn_of(group));
    Group& g = group->second;
    ++g.repeats;
    if (options_.counts && g.key.empty()) g.key = members_of_key(record);
    g.least = std::min(g.least, t);
    if (t >= g.greatest) hold(g, record);
    g.greatest = std::max(g.greatest, t);
    if (options_.refresh) group = settle(group);
    order_.insert(turn_of(group));
  }

  // After a stretch has grown: it stands at its least time, and may touch the next one.
  Groups::iterator settle(Groups::iterator group) {
    const Fingerprint print = group->first.print;
    const auto next = std::next(group);
    if (next != groups_.end() && next->first.print == print &&
        next->first.time <= plus(group->second.greatest, reach_)) {
      order_.erase(turn_of(next));
      absorb(group->second, next->second);
      groups_.erase(next);
    }
    if (group->second.least == group->first.time) return group;
    auto node = groups_.extract(group);
    node.key().time = node.mapped().least;
    return groups_.insert(std::move(node)).position;
  }

  // later: of the same key, and later in time.
  void absorb(Group& group, Group& later) const {
    group.number = std::min(group.number, later.number);
    group.repeats += later.repeats + (options_.keep_last ? 1 : 0);
    if (group.key.empty()) group.key = std::move(later.key);
    if (later.greatest < group.greatest) return;
    group.greatest = later.greatest;
    group.line = std::move(later.line);
    group.line_number = later.line_number;
  }

  std::string members_of_key(const Record& record) const {
    std::string members;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const Value value = record.get(options_.fields[i]);
      if (!value.exists()) continue;
      members.append(labels_[i]).append(1, ':').append(value.raw()).append(1, ',');
    }
    return members;
  }

  void make_room(Emitter& out) {
    if (!options_.max_keys || groups_.size() < *options_.max_keys) return;
    if (out.count(kPushedOut)) out.say(words_of_pushed_out(*options_.max_keys));
    release(false, out);
  }

  // The group whose turn it is leaves.
  void release(bool partial, Emitter& out) {
    const auto group = order_.begin()->group;
    order_.erase(order_.begin());
    Group& g = group->second;
    if (options_.keep_last) {
      if (partial) mark_partial(g.line);
      out.emit(g.line);
    }
    if (options_.counts && g.repeats > 0) write_count(g, partial, out);
    groups_.erase(group);
  }

  static void mark_partial(std::string& line) {
    const std::size_t brace = line.rfind('}');
    const bool empty = line.find_first_not_of(" \t", line.find('{') + 1) == brace;
    line.insert(brace, empty ? "\"partial\":true" : ",\"partial\":true");
  }

  void write_count(const Group& group, bool partial, Emitter& out) {
    std::string row = "{" + group.key + "\"repeats\":" + std::to_string(group.repeats);
    if (takes_time()) {
      append_time(row += ",\"first\":", group.least, style_);
      append_time(row += ",\"last\":", group.greatest, style_);
    }
    out.emit_aside(row + (partial ? ",\"partial\":true}" : "}"));
  }

  DedupOptions options_;
  Duration reach_;
  FingerprintReader keys_;
  std::vector<std::string> labels_;  // of the fields, as JSON
  TimeStyle style_;
  Timestamp now_ = kMinTime;  // the watermark
  std::uint64_t events_ = 0;  // with a key
  Groups groups_;
  std::set<Turn> order_;
};

void DedupGroups::save(SnapshotWriter& out) const {
  out.entry("dedup_groups").field("watermark", now_).field("events", events_);
  keys_.save(out);
  for (const auto& [place, group] : groups_) {
    out.entry("group").field("low", place.print.low).field("high", place.print.high);
    out.field("time", place.time).field("number", group.number);
    out.field("least", group.least).field("greatest", group.greatest);
    out.field("repeats", group.repeats).field("line_number", group.line_number);
    save_bytes(out, "line", group.line);
    save_bytes(out, "key", group.key);
  }
}

Status DedupGroups::restore(SnapshotReader& in) {
  if (!in.next_is("dedup_groups")) return Error{"the snapshot has no entry 'dedup_groups'"};
  now_ = in.time("watermark");
  events_ = in.unsigned_integer("events");
  keys_.restore(in);
  while (in.next_is("group")) {
    const Fingerprint print{in.unsigned_integer("low"), in.unsigned_integer("high")};
    const auto [group, is_new] = groups_.try_emplace(Place{print, in.time("time")});
    if (!is_new) in.fail("a group comes twice");
    Group& g = group->second;
    g.number = in.unsigned_integer("number");
    g.least = in.time("least");
    g.greatest = in.time("greatest");
    g.repeats = in.unsigned_integer("repeats");
    g.line_number = in.unsigned_integer("line_number");
    g.line = restore_bytes(in, "line");
    g.key = restore_bytes(in, "key");
    if (in.status().ok()) order_.insert(turn_of(group));
  }
  return in.status();
}

}  // namespace

OperatorPtr make_dedup_groups(DedupOptions options) {
  return std::make_unique<DedupGroups>(std::move(options));
}

}  // namespace streamutils
