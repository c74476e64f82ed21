// SPDX-License-Identifier: Apache-2.0
#include "run/json_members.h"

#include <fmt/format.h>

#include <charconv>

namespace streamutils {

JsonMembers::JsonMembers(std::string_view line) : padded_(line) {
  padded_.append(Record::kPadding, '\0');
  record_.reset(std::string_view(padded_).substr(0, line.size()));
  ok_ = record_.check();
}

Value JsonMembers::element(std::string_view name, std::size_t i) const {
  const auto path = Path::parse(fmt::format("{}.{}", name, i));
  return path ? record_.get(*path) : Value();
}

std::string JsonMembers::text(std::string_view name) {
  const Value value = get(name);
  ok_ = ok_ && value.is(Kind::string);
  if (!value.is(Kind::string)) return {};
  std::string scratch;
  return std::string(value.text(scratch));
}

std::uint64_t JsonMembers::number(std::string_view name) {
  const std::string_view raw = get(name).raw();
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), n);
  const bool whole = !raw.empty() && error == std::errc() && end == raw.data() + raw.size();
  ok_ = ok_ && whole;
  return whole ? n : 0;
}

}  // namespace streamutils
