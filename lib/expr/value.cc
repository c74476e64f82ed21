// The names of types, and the one form of event numbers.
// SPDX-License-Identifier: Apache-2.0
#include "expr/value.h"

#include <cmath>
#include <limits>

namespace streamutils::expr {

std::string_view type_name(Kind kind) {
  switch (kind) {
    case Kind::error:
      return "error";
    case Kind::null:
      return "null_type";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::uinteger:
      return "uint";
    case Kind::real:
    case Kind::number:
      return "double";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::timestamp:
      return "google.protobuf.Timestamp";
    case Kind::duration:
      return "google.protobuf.Duration";
    case Kind::type:
      return "type";
    case Kind::optional:
      return "optional_type";
    case Kind::ip:
      return "net.IP";
    case Kind::cidr:
      return "net.CIDR";
  }
  return "unknown";
}

Value Value::number_big(std::uint64_t u) {
  if (u <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return number(static_cast<std::int64_t>(u));
  }
  return {Kind::number, Form::big, 0, Payload{.u = u}};
}

Value Value::number(double d) {
  // 2^63 itself is out; NaN fails both comparisons.  -0.0 stays a double.
  if (d >= -0x1p63 && d < 0x1p63 && !(d == 0 && std::signbit(d))) {
    const auto i = static_cast<std::int64_t>(d);
    if (static_cast<double>(i) == d) return number(i);
  }
  return {Kind::number, Form::plain, 0, Payload{.d = d}};
}

}  // namespace streamutils::expr
