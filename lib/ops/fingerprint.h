// The key of an event as a fingerprint of 128 bits.
//
// sdedup keeps fingerprints in place of keys: 16 bytes, however long the key is.  Two keys of equal
// fingerprint would make it drop an event that is no repeat, so the hash must not only spread keys
// but withstand somebody who chooses them: it is SipHash with a random key of its own for every
// run, which is part of the state (base/siphash.h).  By chance, the odds that any two of 10^9 keys
// meet are below 10^-20.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/siphash.h"
#include "json/path.h"
#include "json/record.h"
#include "ops/foreseen.h"
#include "stream/snapshot.h"

namespace streamutils {

class FingerprintReader {
 public:
  explicit FingerprintReader(std::vector<Path> fields) : fields_(std::move(fields)) {}

  // Of the values of the fields, as equal JSON values are equal keys; null and missing are two.
  // nullopt if all are null or missing: then the event has no key.  Meaningful only if the record
  // is ok() afterwards.
  std::optional<Fingerprint> read(const Record& record) {
    const Fingerprint* const print = print_of(record);
    return print != nullptr ? std::optional(*print) : std::nullopt;
  }
  // The same where it stands, until the next call or that of foresee(); null in place of nullopt.
  const Fingerprint* print_of(const Record& record) {
    const Fingerprint* const known = foreseen_.take(record.line());
    return known != nullptr ? known : read_now(record);
  }

  // Reads those of lines that come next, and hands each to `visit`, which may bring near what is
  // looked at then; read() of such a line then costs nothing.  Replaces those that were foreseen
  // before.
  template <typename Visit>
  void foresee(std::span<const Record> records, const Visit& visit) {
    foreseen_.clear();
    while (!records.empty()) {
      const std::size_t some = std::min(records.size(), kSome);
      for (const Fingerprint& print : foresee_some(records.first(some))) visit(print);
      records = records.subspan(some);
    }
  }

  // Hands those that were foreseen to `visit` once more.
  template <typename Visit>
  void for_each_foreseen(const Visit& visit) const {
    foreseen_.for_each(visit);
  }

  // Of a line that was a record with a key, by reading it again.  Record::kPadding bytes behind it
  // are readable.
  std::optional<Fingerprint> read_line(std::string_view line) {
    const auto print = read_fields(parse(line));
    return scratch_.ok() ? print : std::nullopt;
  }
  // The line as a record, valid until the next call of anything here.
  const Record& parse(std::string_view line) {
    scratch_.reset(line);
    return scratch_;
  }

  const std::vector<Path>& fields() const { return fields_; }

  // The secret: 32 hexadecimal digits.
  std::string secret() const;
  // The same as fields of the entry that is open.
  void save(SnapshotWriter& out) const;
  void restore(SnapshotReader& in);

 private:
  // Keys are hashed so many at a time, side by side: so there is time until the first of a batch is
  // looked at, and not all ask for memory at once.
  static constexpr std::size_t kSome = 8;

  std::span<const Fingerprint> foresee_some(std::span<const Record> records);
  // What is hashed; nullopt if all values are null or missing.  Valid as long as the record and
  // the scratch.
  std::optional<std::string_view> key_of(const Record& record, std::string& scratch) const;
  const Fingerprint* read_now(const Record& record);
  std::optional<Fingerprint> read_fields(const Record& record);

  std::vector<Path> fields_;
  SipKey secret_ = SipKey::random();
  std::string scratch_key_;
  std::array<std::string, kSome> scratch_keys_;      // of lines that come next
  std::array<std::string_view, kSome> keyed_lines_;  // those of them that have a key
  std::array<std::string_view, kSome> keys_;         // of these
  std::array<Fingerprint, kSome> prints_;
  Fingerprint read_;
  Record scratch_;
  Foreseen<Fingerprint> foreseen_;
};

}  // namespace streamutils
