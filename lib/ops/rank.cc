// SPDX-License-Identifier: Apache-2.0
#include "ops/rank.h"

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "base/decimal.h"
#include "ops/aggregate_input.h"
#include "ops/event_parts.h"
#include "ops/group_key.h"
#include "ops/member_text.h"
#include "ops/ranking.h"
#include "stream/previewed.h"
#include "stream/snapshot_bytes.h"

namespace streamutils {
namespace {

constexpr std::string_view kName = "rank";
constexpr std::size_t kStateSize = (sizeof(Ranking) + 15) / 16 * 16;

Ranking& ranking_of(Group* group) { return *reinterpret_cast<Ranking*>(group->state()); }

// Appends `,"rank":k` to the members of an object.
void append_ranked(std::string& row, std::string_view event, std::size_t rank) {
  event = event.substr(0, event.rfind('}'));
  row.append(event.substr(0, event.find_last_not_of(" \t\r") + 1));
  if (row.back() != '{') row += ',';
  row.append("\"").append(kName).append("\":").append(std::to_string(rank)).append("}");
}

class Rank final : public Previewed {
 public:
  explicit Rank(RankOptions options)
      : limit_(options.count),
        changes_(options.changes),
        keys_(options.keys),
        by_(options.by),
        max_keys_(options.max_keys),
        table_(kStateSize) {
    if (options.order.is_needed()) order_.emplace(options.order);
  }
  ~Rank() override {
    for (Group* group : groups_) ranking_of(group).~Ranking();
  }
  Rank(const Rank&) = delete;
  Rank& operator=(const Rank&) = delete;

  Outcome on_record(const Record& record, Emitter& out) override;
  void on_end(Emitter& out) override { write_all(false, out); }
  void on_interrupt(Emitter& out) override { write_all(true, out); }
  void preview(Emitter& out) override { write_all(false, out); }

  // Any event that is held may leave, again, in a later row.
  Timestamp least_time_to_come(Timestamp) const override { return kMinTime; }

  bool has_state() const override { return true; }
  bool outlives_end() const override { return true; }
  void save(SnapshotWriter& out) const override;
  Status restore(SnapshotReader& in) override;
  void describe_state(std::string& json_members) const override {
    json_members += "\"groups\":" + std::to_string(groups_.size());
  }

 private:
  bool read_value(const Record& record, Emitter& out);
  std::string text_of(const Record& record);
  // Null if there are too many keys.
  Ranking* ranking_of_key(const GroupKey& key);
  void write_from(std::size_t place, const Ranking& ranking, bool partial, Emitter& out);
  void write_all(bool partial, Emitter& out);

  std::size_t limit_;
  bool changes_;
  KeyReader keys_;
  AggregateArgument by_;
  Evaluator evaluator_;
  std::size_t max_keys_;
  std::optional<RowOrder> order_;
  GroupTable table_;
  std::vector<Group*> groups_;  // in the order in which they were first seen
  std::uint64_t events_ = 0;
  RankedEvent event_;  // the one that is looked at
  TextPool pool_;
  std::string row_;
};

Outcome Rank::on_record(const Record& record, Emitter& out) {
  const GroupKey key = keys_.read(record);
  if (by_.needs_evaluator()) evaluator_.begin(record);
  by_.read(record, evaluator_);
  if (!record.ok()) return {.fate = Fate::bad};
  if (!read_value(record, out)) return {.fate = Fate::dropped};
  Ranking* ranking = ranking_of_key(key);
  if (!ranking) return refuse_key(max_keys_, out);
  const auto place = ranking->place_of(event_);
  if (!place) return {};
  event_.line = text_of(record);
  if (!record.ok()) return {.fate = Fate::bad};
  ranking->insert(*place, std::move(event_));
  if (changes_) write_from(*place, *ranking, false, out);
  return {};
}

// False if the event has nothing to be ranked by.
bool Rank::read_value(const Record& record, Emitter& out) {
  if (by_.has_failed()) by_.report_failure(evaluator_, out);
  const Value value = by_.value();
  if (!value.exists() || value.is(Kind::null)) return false;
  if (!value.is(Kind::number) && !value.is(Kind::string)) {
    const std::string reason = by_.subject() + " is not a number or a string";
    if (out.count(reason)) out.say(reason + " (--top skips it)");
    return false;
  }
  event_.value = value.raw();
  event_.time = record.time();
  event_.number = ++events_;
  return true;
}

// The event without a member that has the name of the rank.
std::string Rank::text_of(const Record& record) {
  if (!record.member(kName).exists()) return std::string(record.line());
  static const Path path = *Path::parse("/" + std::string(kName));
  pool_.reset();
  MemberText members(pool_);
  if (!members.read(record)) return {};
  members.drop(path);
  std::string text;
  members.write(text);
  return text;
}

Ranking* Rank::ranking_of_key(const GroupKey& key) {
  if (groups_.size() >= max_keys_) {
    Group* known = table_.find(key.canonical);
    return known ? &ranking_of(known) : nullptr;
  }
  const GroupTable::Found found = table_.find_or_add(key);
  if (found.is_new) {
    new (found.group->state()) Ranking(limit_);
    found.group->first_seen = groups_.size();
    groups_.push_back(found.group);
  }
  return &ranking_of(found.group);
}

void Rank::write_from(std::size_t place, const Ranking& ranking, bool partial, Emitter& out) {
  for (; place < ranking.events().size(); ++place) {
    row_.clear();
    append_ranked(row_, ranking.events()[place].line, place + 1);
    if (partial) row_.replace(row_.size() - 1, 1, ",\"partial\":true}");
    if (order_) {
      order_->add(row_, out);
    } else {
      out.emit(row_);
    }
  }
}

void Rank::write_all(bool partial, Emitter& out) {
  if (changes_) return;
  for (Group* group : groups_) write_from(0, ranking_of(group), partial, out);
  if (order_) order_->write(out);
}

void Rank::save(SnapshotWriter& out) const {
  out.entry("rank").field("events", events_);
  for (Group* group : groups_) {
    out.entry("group");
    save_key(out, *group);
    for (const RankedEvent& event : ranking_of(group).events()) {
      out.entry("event").field("value", event.value).field("time", event.time);
      out.field("number", event.number);
      save_bytes(out, "line", event.line);
    }
  }
}

Status Rank::restore(SnapshotReader& in) {
  if (!in.next_is("rank")) return Error{"no entry 'rank'"};
  events_ = in.unsigned_integer("events");
  while (in.next_is("group")) {
    Ranking* known = ranking_of_key(SavedKey(in).key());
    if (!known) return Error{"more groups than --max-keys"};
    Ranking& ranking = *known;
    while (in.next_is("event")) {
      RankedEvent event{in.text("value"), in.time("time"), in.unsigned_integer("number"),
                        restore_bytes(in, "line")};
      const bool ranks = is_number(event.value) || event.value.starts_with('"');
      if (!ranks || event.value.size() < (event.value[0] == '"' ? 2 : 1))
        in.fail("a ranked event without a value");
      if (event.line.find('}') == std::string::npos) in.fail("a ranked event that is no object");
      if (!in.status()) return in.status();
      const auto place = ranking.place_of(event);
      if (place != ranking.events().size()) in.fail("ranked events out of order");
      if (!in.status()) return in.status();
      ranking.insert(*place, std::move(event));
    }
  }
  return in.status();
}

}  // namespace

Result<OperatorPtr> make_rank(RankOptions options) {
  if (options.changes && options.order.is_needed()) {
    return Error{"--limit and --order need all rows at once: not with --changes"};
  }
  if (options.order.descending && !options.order.by) return Error{"--desc needs --order EXPR"};
  return OperatorPtr(std::make_unique<Rank>(std::move(options)));
}

}  // namespace streamutils
