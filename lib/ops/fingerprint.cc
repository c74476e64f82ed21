// SPDX-License-Identifier: Apache-2.0
#include "ops/fingerprint.h"

#include "json/value.h"
#include "ops/dedup_state.h"

namespace streamutils {

std::optional<Fingerprint> FingerprintReader::read(const Record& record) {
  if (const Fingerprint* known = foreseen_.take(record.line())) return *known;
  return read_fields(record);
}

// Between values stands a line feed, which no spelling of a value holds.  False if none is there.
bool FingerprintReader::append_key_of(const Record& record) {
  bool has_key = false;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (i > 0) canonical_ += '\n';
    const Value value = record.get(fields_[i]);
    has_key |= value.exists() && !value.is(Kind::null);
    append_key(canonical_, value);
  }
  return has_key;
}

std::optional<Fingerprint> FingerprintReader::read_fields(const Record& record) {
  canonical_.clear();
  if (!append_key_of(record)) return std::nullopt;
  return storable(siphash128(secret_, canonical_));
}

// Keys are hashed together, once all of them stand side by side.
std::span<const Fingerprint> FingerprintReader::foresee(std::span<const Record> records) {
  foreseen_.clear();
  canonical_.clear();
  keyed_lines_.clear();
  for (const Record& record : records) {
    const std::size_t begin = canonical_.size();
    if (append_key_of(record) && record.ok()) {
      keyed_lines_.push_back({record.line(), canonical_.size()});
    } else {
      canonical_.resize(begin);
    }
  }
  keys_.clear();
  std::size_t begin = 0;
  for (const auto& [line, end] : keyed_lines_) {
    keys_.push_back(std::string_view(canonical_).substr(begin, end - begin));
    begin = end;
  }
  prints_.resize(keys_.size());
  siphash128(secret_, keys_, prints_.data());
  for (std::size_t i = 0; i < prints_.size(); ++i) {
    prints_[i] = storable(prints_[i]);
    foreseen_.add(keyed_lines_[i].line, prints_[i]);
  }
  return prints_;
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
