// SPDX-License-Identifier: Apache-2.0
#include "ops/fingerprint.h"

#include "json/value.h"
#include "ops/dedup_state.h"

namespace streamutils {

// A string without escapes is its own spelling, and is hashed where it stands.  Between several
// values stands a line feed, which no spelling of a value holds.
std::optional<std::string_view> FingerprintReader::key_of(const Record& record,
                                                          std::string& scratch) const {
  scratch.clear();
  bool has_key = false;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Value value = record.get(fields_[i]);
    if (fields_.size() == 1 && is_canonical_key(value)) return value.raw();
    if (i > 0) scratch += '\n';
    has_key |= value.exists() && !value.is(Kind::null);
    append_key(scratch, value);
  }
  return has_key ? std::optional<std::string_view>(scratch) : std::nullopt;
}

const Fingerprint* FingerprintReader::read_now(const Record& record) {
  const auto print = read_fields(record);
  return print ? &(read_ = *print) : nullptr;
}

std::optional<Fingerprint> FingerprintReader::read_fields(const Record& record) {
  const auto key = key_of(record, scratch_key_);
  if (!key) return std::nullopt;
  return storable(siphash128(secret_, *key));
}

std::span<const Fingerprint> FingerprintReader::foresee_some(std::span<const Record> records) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto key = key_of(records[i], scratch_keys_[i]);
    if (!key || !records[i].ok()) continue;
    keyed_lines_[n] = records[i].line();
    keys_[n++] = *key;
  }
  siphash128(secret_, {keys_.data(), n}, prints_.data());
  for (std::size_t i = 0; i < n; ++i) {
    prints_[i] = storable(prints_[i]);
    foreseen_.add(keyed_lines_[i], prints_[i]);
  }
  return {prints_.data(), n};
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
