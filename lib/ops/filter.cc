// The filter itself, and the choice of the parts that its options ask for.
// SPDX-License-Identifier: Apache-2.0
#include "ops/filter.h"

#include <limits>
#include <memory>
#include <utility>

#include "ops/around.h"
#include "ops/count.h"
#include "ops/selector.h"

namespace streamutils {
namespace {

class Filter final : public Operator {
 public:
  Filter(Selector selector, std::optional<std::uint64_t> limit)
      : selector_(std::move(selector)), limit_(limit) {}

  Outcome on_record(const Record& record, Emitter& out) override {
    if (is_done()) return {.fate = Fate::dropped};
    const bool selected = selector_.selects(record, out);
    if (!record.ok()) return {.fate = Fate::bad};
    if (!selected) return {.fate = Fate::dropped};
    ++matches_;
    out.emit(record.line());
    return {};
  }

  bool is_done() const override { return limit_ && matches_ >= *limit_; }
  RequiredText required_text() const override { return selector_.required_text(); }
  bool has_state() const override { return limit_.has_value(); }

  void save(SnapshotWriter& out) const override { out.entry("filter").field("matches", matches_); }

  Status restore(SnapshotReader& in) override {
    if (!in.next_is("filter")) return Error{"the snapshot has no entry 'filter'"};
    matches_ = in.unsigned_integer("matches");
    return in.status();
  }

 private:
  Selector selector_;
  std::optional<std::uint64_t> limit_;
  std::uint64_t matches_ = 0;
};

Status check(const FilterOptions& options) {
  if (options.around && *options.around < Duration::zero()) {
    return Error{"--around " + format_duration(*options.around) + ": a distance is not negative"};
  }
  if (!options.around && !options.by.empty()) {
    return Error{"--by says whose context --around shows: it needs --around"};
  }
  return {};
}

}  // namespace

Result<OperatorPtr> make_filter(FilterOptions options) {
  if (Status status = check(options); !status) return status.error();
  Selector selector(std::move(options.predicates), options.invert, std::move(options.sample));
  OperatorPtr op = options.around ? make_around({.selector = std::move(selector),
                                                 .distance = *options.around,
                                                 .by = std::move(options.by),
                                                 .limit = options.limit})
                                  : std::make_unique<Filter>(std::move(selector), options.limit);
  return options.count ? make_count(std::move(op)) : std::move(op);
}

}  // namespace streamutils
