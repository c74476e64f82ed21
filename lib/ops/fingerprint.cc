// SPDX-License-Identifier: Apache-2.0
#include "ops/fingerprint.h"

#include "json/value.h"
#include "ops/dedup_state.h"

namespace streamutils {

std::optional<Fingerprint> FingerprintReader::read(const Record& record) {
  if (const Fingerprint* known = foreseen_.take(record.line())) return *known;
  return read_fields(record);
}

// Between values stands a line feed, which no spelling of a value holds.
std::optional<Fingerprint> FingerprintReader::read_fields(const Record& record) {
  canonical_.clear();
  bool has_key = false;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) canonical_ += '\n';
    const Value value = record.get(fields_[i]);
    has_key |= value.exists() && !value.is(Kind::null);
    append_key(canonical_, value);
  }
  if (!has_key) return std::nullopt;
  Fingerprint print = siphash128(secret_, canonical_);
  if (print.low == 0) print.low = 1;  // which marks what is empty in tables
  return print;
}

std::string FingerprintReader::secret() const {
  std::string digits;
  append_hex(digits, secret_.high);
  append_hex(digits, secret_.low);
  return digits;
}

void FingerprintReader::save(SnapshotWriter& out) const {
  out.field("secret_low", secret_.low).field("secret_high", secret_.high);
}

void FingerprintReader::restore(SnapshotReader& in) {
  secret_.low = in.unsigned_integer("secret_low");
  secret_.high = in.unsigned_integer("secret_high");
}

}  // namespace streamutils
