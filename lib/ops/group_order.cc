// SPDX-License-Identifier: Apache-2.0
#include "ops/group_order.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "base/decimal.h"

namespace streamutils {
namespace {

constexpr int kLast = 3;
constexpr std::size_t kSlack = 1024;  // rows kept beyond the limit before they are sorted out

int rank_of(Kind kind) {
  if (kind == Kind::number) return 0;
  if (kind == Kind::string) return 1;
  return kind == Kind::boolean ? 2 : kLast;
}

std::strong_ordering compare_keys(int rank, std::string_view a, std::string_view b) {
  if (rank == 0) return compare_numbers(a, b);
  if (rank != 1) return a <=> b;  // "false" < "true"
  std::string a_scratch;
  std::string b_scratch;
  return Value(Kind::string, a).text(a_scratch) <=> Value(Kind::string, b).text(b_scratch);
}

}  // namespace

RowOrder::RowOrder(const OrderOptions& options)
    : descending_(options.descending), limit_(options.limit.value_or(UINT64_MAX)) {
  if (options.by) by_.emplace(*options.by);
}

void RowOrder::add(std::string& row, Emitter& out) {
  if (!by_ && rows_.size() >= limit_) return;
  rows_.push_back({kLast, {}, row});
  if (!by_) return;
  read_key(row, out);
  if (rows_.size() / 2 >= limit_ && rows_.size() - limit_ >= kSlack) sort();
}

void RowOrder::read_key(std::string& row, Emitter& out) {
  const std::size_t size = row.size();
  row.append(Record::kPadding, '\0');
  record_.reset(std::string_view(row).substr(0, size));
  if (by_->needs_evaluator()) evaluator_.begin(record_);
  by_->read(record_, evaluator_);
  if (by_->has_failed()) by_->report_failure(evaluator_, out);
  const Value key = by_->value();
  rows_.back().rank = rank_of(key.kind());
  if (rows_.back().rank != kLast) rows_.back().key = key.raw();
  row.resize(size);
}

bool RowOrder::is_before(const Row& a, const Row& b) const {
  if (a.rank == kLast || b.rank == kLast) return a.rank < b.rank;
  const auto order = a.rank != b.rank ? a.rank <=> b.rank : compare_keys(a.rank, a.key, b.key);
  return descending_ ? order > 0 : order < 0;
}

void RowOrder::sort() {
  std::ranges::stable_sort(rows_, [&](const Row& a, const Row& b) { return is_before(a, b); });
  if (rows_.size() > limit_)
    rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(limit_), rows_.end());
}

void RowOrder::write(Emitter& out) {
  if (by_) sort();
  for (const Row& row : rows_) out.emit(row.text);
  rows_.clear();
}

}  // namespace streamutils
