// SPDX-License-Identifier: Apache-2.0
#include "ops/dedup.h"

#include <memory>
#include <utility>

#include "ops/dedup_approx.h"
#include "ops/dedup_counts.h"
#include "ops/dedup_last.h"
#include "ops/dedup_seen.h"
#include "ops/dedup_words.h"
#include "ops/fingerprint.h"

namespace streamutils {
namespace {

constexpr const char* kBehind = "passed behind the watermark: compared with what is not forgotten";

// Keeps the first event of each key, which leaves at once.
template <typename Seen>
class KeepFirst final : public Operator {
 public:
  explicit KeepFirst(DedupOptions options)
      : within_(options.within),
        warn_bytes_(options.within || options.max_keys ? SIZE_MAX : options.warn_bytes),
        max_keys_(options.max_keys),
        keys_(std::move(options.fields)),
        seen_(options.within.value_or(Duration::zero()), options.max_keys) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    const Fingerprint* const print = keys_.print_of(record);
    if (!record.ok()) return {.fate = Fate::bad};
    if (print == nullptr) {
      out.count(kNoKey);
    } else if (Seen::kTimed && record.time() < seen_.horizon()) {
      out.emit(record.line());
      return passed_late(record.time(), *within_);
    } else if (seen_.repeats(*print, record.time())) {
      has_repeats_ = true;
      return {.fate = Fate::dropped};
    } else {
      if (Seen::kTimed && record.time() < now_) out.count(kBehind);
      watch_memory(out);
    }
    out.emit(record.line());
    return {};
  }

  bool foresees() const override { return true; }
  void foresee(std::span<const Record> records) override {
    keys_.foresee(records, [this](const Fingerprint& print) { seen_.prefetch(print); });
    if (!std::exchange(has_repeats_, false)) return;
    if constexpr (SeenKeys<Seen>::kPrefetchesRepeats) {
      keys_.for_each_foreseen([this](const Fingerprint& print) { seen_.prefetch_repeat(print); });
    }
  }

  void on_watermark(Timestamp now, Emitter&) override {
    now_ = now;
    seen_.forget_before(now);
  }
  std::string_view fate_of_late() const override { return kLateOnes; }

  bool has_state() const override { return true; }
  bool outlives_end() const override { return true; }

  void save(SnapshotWriter& out) const override {
    save_head(out);
    seen_.save(out);
  }

  std::string hash_seed() const override { return keys_.secret(); }

  bool has_images() const override { return true; }
  void begin_image(SnapshotWriter& out) override {
    save_head(out);
    seen_.begin_image(out);
  }
  bool continue_image(std::size_t entries) override { return seen_.continue_image(entries); }

  bool has_changes() const override { return seen_.has_changes(); }
  void begin_changes(SnapshotWriter& out) override {
    save_head(out);
    seen_.save_changes(out);
  }

  Status restore(SnapshotReader& in) override {
    if (!in.next_is("dedup")) return Error{"the snapshot has no entry 'dedup'"};
    now_ = in.time("watermark");
    warned_ = in.boolean("warned");
    keys_.restore(in);
    seen_.restore(in);
    pushed_out_ = seen_.pushed_out();
    return in.status();
  }

  void describe_state(std::string& json_members) const override {
    json_members +=
        "\"keys\":" + std::to_string(seen_.size()) + ",\"bytes\":" + std::to_string(seen_.bytes());
  }

 private:
  void save_head(SnapshotWriter& out) const {
    out.entry("dedup").field("watermark", now_).field("warned", warned_);
    keys_.save(out);
  }

  // After a key has come in.
  void watch_memory(Emitter& out) {
    if (seen_.pushed_out() != pushed_out_) {
      const bool first = out.count(kPushedOut, seen_.pushed_out() - pushed_out_);
      pushed_out_ = seen_.pushed_out();
      if (first) out.say(words_of_pushed_out(*max_keys_));
    }
    if (seen_.bytes() > warn_bytes_ && !std::exchange(warned_, true)) {
      out.say("the keys take more than " + std::to_string(warn_bytes_ >> 20) +
              " MiB and are kept for ever; --within DURATION forgets what is older, --max-keys N "
              "what is oldest");
    }
  }

  std::optional<Duration> within_;
  std::size_t warn_bytes_;
  std::optional<std::uint64_t> max_keys_;
  FingerprintReader keys_;
  SeenKeys<Seen> seen_;
  Timestamp now_ = kMinTime;      // the watermark
  std::uint64_t pushed_out_ = 0;  // of which the user knows
  bool warned_ = false;
  bool has_repeats_ = false;  // since lines were foreseen
};

Status check(const DedupOptions& options) {
  if (options.within && *options.within < Duration::zero()) {
    return Error{"--within " + format_duration(*options.within) + ": a distance is not negative"};
  }
  if (options.within && *options.within == Duration::max()) return Error{"--within is too long"};
  if (options.refresh && !options.within) {
    return Error{"--refresh says from where --within counts: it needs --within"};
  }
  for (const Path& field : options.fields) {
    const std::string& name = field.text();
    if (!options.counts || (name != "repeats" && name != "first" && name != "last")) continue;
    return Error{"--count-to writes a member '" + name + "' of its own; the field is written /" +
                 name + " then"};
  }
  if (options.approx && (options.keep_last || options.counts || options.refresh)) {
    return Error{"--approx knows no single key: not with --keep last, --count-to or --refresh"};
  }
  if (options.approx && !(*options.approx > 0 && *options.approx <= 0.5)) {
    return Error{"--approx: expected a rate above 0% and up to 50%"};
  }
  if (options.max_keys && *options.max_keys == 0) return Error{"--max-keys: must be more than 0"};
  return {};
}

}  // namespace

bool dedup_takes_time(const DedupOptions& options) {
  return options.within.has_value() || options.keep_last;
}

Result<OperatorPtr> make_dedup(DedupOptions options) {
  if (Status status = check(options); !status) return status.error();
  if (options.approx) return make_dedup_approx(std::move(options));
  if (options.keep_last) return make_dedup_last(std::move(options));
  if (options.counts) return make_dedup_counts(std::move(options));
  if (options.refresh && *options.within <= SeenShortSpan::kLongest) {
    return OperatorPtr(new KeepFirst<SeenShortSpan>(std::move(options)));
  }
  if (options.refresh && *options.within <= SeenLongSpan::kLongest) {
    return OperatorPtr(new KeepFirst<SeenLongSpan>(std::move(options)));
  }
  if (options.refresh && *options.within <= SeenWideSpan::kLongest) {
    return OperatorPtr(new KeepFirst<SeenWideSpan>(std::move(options)));
  }
  if (options.refresh) return OperatorPtr(new KeepFirst<SeenSpan>(std::move(options)));
  if (options.within) return OperatorPtr(new KeepFirst<SeenFirst>(std::move(options)));
  return OperatorPtr(new KeepFirst<SeenEver>(std::move(options)));
}

}  // namespace streamutils
