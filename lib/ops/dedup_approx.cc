// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup_approx.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "ops/dedup_filter.h"
#include "ops/dedup_words.h"
#include "ops/fingerprint.h"

namespace streamutils {
namespace {

constexpr std::uint64_t kDefaultKeys = 10'000'000;

class KeepProbablyFirst final : public Operator {
 public:
  KeepProbablyFirst(DedupOptions options, RotatingFilter filter)
      : within_(options.within),
        rate_(*options.approx),
        keys_(std::move(options.fields)),
        filter_(std::move(filter)) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    const auto print = keys_.read(record);
    if (!record.ok()) return {.fate = Fate::bad};
    Outcome outcome;
    if (!print) {
      out.count(kNoKey);
    } else if (within_ && record.time() < filter_.horizon()) {
      outcome = passed_late(record.time(), *within_);
    } else if (filter_.repeats(*print, record.time())) {
      ++dropped_;
      return {.fate = Fate::dropped};
    } else {
      tell_pushed_out(out);
    }
    out.emit(record.line());
    return outcome;
  }

  void on_watermark(Timestamp now, Emitter&) override { filter_.forget_before(now); }

  void on_end(Emitter& out) override { tell_errors(out); }
  void on_interrupt(Emitter& out) override { tell_errors(out); }

  std::string_view fate_of_late() const override { return kLateOnes; }
  bool has_state() const override { return true; }
  std::string hash_seed() const override { return keys_.secret(); }
  bool outlives_end() const override { return true; }

  void save(SnapshotWriter& out) const override {
    save_head(out);
    filter_.save(out);
  }

  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    save_head(out);
    filter_.begin_image(out);
  }
  bool continue_image(std::size_t entries) override { return filter_.continue_image(entries); }
  bool has_changes() const override { return filter_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    filter_.begin_changes(out);
  }

  Status restore(SnapshotReader& in) override {
    if (!in.next_is("dedup_approx")) return Error{"the snapshot has no entry 'dedup_approx'"};
    dropped_ = in.unsigned_integer("dropped");
    keys_.restore(in);
    filter_.restore(in);
    pushed_out_ = filter_.pushed_out();
    return in.status();
  }

  void describe_state(std::string& json_members) const override {
    json_members += fmt::format("\"filters\":{},\"bytes\":{},\"possible_losses\":{:.3g}",
                                filter_.filters(), filter_.bytes(), filter_.expected_errors());
  }

 private:
  void save_head(SnapshotWriter& out) const {
    out.entry("dedup_approx").field("dropped", dropped_);
    keys_.save(out);
  }

  void tell_pushed_out(Emitter& out) {
    if (filter_.pushed_out() == pushed_out_) return;
    const bool first = out.count(kPushedOut, filter_.pushed_out() - pushed_out_);
    pushed_out_ = filter_.pushed_out();
    if (!first) return;
    out.say(within_
                ? "more keys than --max-keys in --within: some are not remembered, and their "
                  "repeats pass"
                : "more keys than --max-keys: the oldest are forgotten, and their repeats pass");
  }

  void tell_errors(Emitter& out) const {
    const double errors = filter_.expected_errors();
    if (dropped_ == 0) return;
    const std::string n = errors < 1 ? "less than one" : fmt::format("about {:.0f}", errors);
    out.say(fmt::format("{} of the {} dropped may have been no repeat (--approx {:g}%)", n,
                        dropped_, 100 * rate_));
  }

  std::optional<Duration> within_;
  double rate_;
  FingerprintReader keys_;
  RotatingFilter filter_;
  std::uint64_t dropped_ = 0;
  std::uint64_t pushed_out_ = 0;  // of which the user knows
};

}  // namespace

Result<OperatorPtr> make_dedup_approx(DedupOptions options) {
  auto filter = RotatingFilter::make(options.within, options.max_keys.value_or(kDefaultKeys),
                                     *options.approx);
  if (!filter) return Error{"--approx: the rate is too small for a filter; leave it out"};
  return OperatorPtr(std::make_unique<KeepProbablyFirst>(std::move(options), std::move(*filter)));
}

}  // namespace streamutils
