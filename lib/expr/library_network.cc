// The network extension: internet addresses and ranges of them, as Kubernetes has them.
//
// Strict: no zones, no leading zeros, no dotted IPv4 in IPv6.  An IPv4-mapped address in
// hexadecimal is the IPv4 address that it stands for.
// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <charconv>
#include <cstring>

#include "expr/json_output.h"
#include "expr/library.h"

namespace streamutils::expr {
namespace {

std::optional<Address> parse_ip(std::string_view text) {
  constexpr std::size_t kLongest = 45;
  if (text.size() > kLongest || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  Address a;
  if (inet_pton(AF_INET, terminated.c_str(), a.octets) == 1) {
    a.v4 = true;
    return a;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), a.octets) != 1) return std::nullopt;
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(a.octets, kMapped, sizeof kMapped) != 0) return a;
  if (text.find('.') != std::string_view::npos) return std::nullopt;
  Address inner;
  inner.v4 = true;
  std::memcpy(inner.octets, a.octets + sizeof kMapped, 4);
  return inner;
}

std::optional<Address> parse_cidr(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto a = parse_ip(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  int prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const bool plain = error == std::errc() && end == digits.data() + digits.size() &&
                     (digits.size() == 1 || digits[0] != '0') && digits[0] != '-';
  const bool mapped = a && a->v4 && text.find(':') != std::string_view::npos;
  if (!a || mapped || !plain || prefix > a->bits()) return std::nullopt;
  a->prefix = static_cast<std::uint8_t>(prefix);
  return a;
}

Value made(Context& c, Kind kind, const Address& a) {
  return Value::address(kind, c.arena().make(a));
}

Value to_ip(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  const auto a = parse_ip(args[0].text());
  return a ? made(c, Kind::ip, *a)
           : fail(c.arena(), ErrorKind::bad_value, "no IP address", args[0]);
}

Value to_cidr(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  const auto a = parse_cidr(args[0].text());
  return a ? made(c, Kind::cidr, *a)
           : fail(c.arena(), ErrorKind::bad_value, "no CIDR range", args[0]);
}

Value is_ip(Context&, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  return Value::boolean(parse_ip(args[0].text()).has_value());
}

Value is_cidr(Context&, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  return Value::boolean(parse_cidr(args[0].text()).has_value());
}

Value is_canonical(Context& c, Arguments args) {
  if (!args[0].is(Kind::string)) return mismatch(args);
  const auto a = parse_ip(args[0].text());
  if (!a) return fail(c.arena(), ErrorKind::bad_value, "no IP address", args[0]);
  std::string text;
  append_address(text, made(c, Kind::ip, *a));
  return Value::boolean(text == args[0].text());
}

// --- Kinds of addresses --------------------------------------------------------------------------

bool all_zero(const Address& a, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if (a.octets[i] != 0) return false;
  }
  return true;
}

bool is_loopback(const Address& a) {
  return a.v4 ? a.octets[0] == 127 : all_zero(a, 15) && a.octets[15] == 1;
}
bool is_unspecified(const Address& a) { return all_zero(a, a.size()); }
bool is_multicast(const Address& a) {
  return a.v4 ? (a.octets[0] & 0xf0) == 0xe0 : a.octets[0] == 0xff;
}
bool is_link_local_multicast(const Address& a) {
  if (a.v4) return a.octets[0] == 224 && a.octets[1] == 0 && a.octets[2] == 0;
  return a.octets[0] == 0xff && (a.octets[1] & 0x0f) == 2;
}
bool is_link_local_unicast(const Address& a) {
  if (a.v4) return a.octets[0] == 169 && a.octets[1] == 254;
  return a.octets[0] == 0xfe && (a.octets[1] & 0xc0) == 0x80;
}
bool is_broadcast(const Address& a) {
  return a.v4 && a.octets[0] == 255 && a.octets[1] == 255 && a.octets[2] == 255 &&
         a.octets[3] == 255;
}
bool is_global_unicast(const Address& a) {
  return !is_unspecified(a) && !is_loopback(a) && !is_multicast(a) && !is_link_local_unicast(a) &&
         !is_broadcast(a);
}

template <bool (*test)(const Address&)>
Value tested(Context&, Arguments args) {
  return args[0].is(Kind::ip) ? Value::boolean(test(*args[0].address())) : mismatch(args);
}

Value family(Context&, Arguments args) {
  if (!args[0].is(Kind::ip)) return mismatch(args);
  return Value::integer(args[0].address()->v4 ? 4 : 6);
}

// --- Ranges --------------------------------------------------------------------------------------

Address masked(Address a) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int kept = std::min(8, std::max(0, a.prefix - static_cast<int>(8 * i)));
    a.octets[i] = static_cast<std::uint8_t>(a.octets[i] & (0xff00 >> kept));
  }
  return a;
}

// True if the first `range.prefix` bits agree.
bool covers(const Address& range, Address a) {
  if (range.v4 != a.v4) return false;
  a.prefix = range.prefix;
  return std::memcmp(masked(range).octets, masked(a).octets, a.size()) == 0;
}

Value contains_ip(Context& c, Arguments args) {
  if (!args[0].is(Kind::cidr)) return mismatch(args);
  if (args[1].is(Kind::ip)) return Value::boolean(covers(*args[0].address(), *args[1].address()));
  if (!args[1].is(Kind::string)) return mismatch(args);
  const auto a = parse_ip(args[1].text());
  return a ? Value::boolean(covers(*args[0].address(), *a))
           : fail(c.arena(), ErrorKind::bad_value, "no IP address", args[1]);
}

Value contains_cidr(Context& c, Arguments args) {
  if (!args[0].is(Kind::cidr)) return mismatch(args);
  const Address& outer = *args[0].address();
  std::optional<Address> inner;
  if (args[1].is(Kind::cidr)) inner = *args[1].address();
  if (args[1].is(Kind::string)) {
    inner = parse_cidr(args[1].text());
    if (!inner) return fail(c.arena(), ErrorKind::bad_value, "no CIDR range", args[1]);
  }
  if (!inner) return mismatch(args);
  return Value::boolean(outer.prefix <= inner->prefix && covers(outer, *inner));
}

Value address_of(Context& c, Arguments args) {
  if (!args[0].is(Kind::cidr)) return mismatch(args);
  Address a = *args[0].address();
  a.prefix = 0;
  return made(c, Kind::ip, a);
}

Value masked_range(Context& c, Arguments args) {
  if (!args[0].is(Kind::cidr)) return mismatch(args);
  return made(c, Kind::cidr, masked(*args[0].address()));
}

Value prefix_length(Context&, Arguments args) {
  return args[0].is(Kind::cidr) ? Value::integer(args[0].address()->prefix) : mismatch(args);
}

constexpr Function kFunctions[] = {
    {"ip", CallStyle::global, 1, 1, to_ip, "ip(s)", "An IPv4 or IPv6 address.",
     "ip('10.0.0.1') == ip('10.0.0.1')", "true"},
    {"cidr", CallStyle::global, 1, 1, to_cidr, "cidr(s)", "A range of addresses.",
     "cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"},
    {"isIP", CallStyle::global, 1, 1, is_ip, "isIP(s)", "True if ip(s) would not fail.",
     "isIP('10.0.0.256')", "false"},
    {"isCIDR", CallStyle::global, 1, 1, is_cidr, "isCIDR(s)", "True if cidr(s) would not fail.",
     "isCIDR('10.0.0.0/8')", "true"},
    {"ip.isCanonical", CallStyle::global, 1, 1, is_canonical, "ip.isCanonical(s)",
     "True if the address is spelled as RFC 5952 wants it.", "ip.isCanonical('2001:DB8::1')",
     "false"},
    {"family", CallStyle::method, 1, 1, family, "a.family()", "4 or 6.", "ip('::1').family()", "6"},
    {"isLoopback", CallStyle::method, 1, 1, tested<is_loopback>, "a.isLoopback()",
     "127.0.0.0/8, ::1.", "ip('127.0.0.1').isLoopback()", "true"},
    {"isUnspecified", CallStyle::method, 1, 1, tested<is_unspecified>, "a.isUnspecified()",
     "0.0.0.0, ::.", "ip('::').isUnspecified()", "true"},
    {"isLinkLocalMulticast", CallStyle::method, 1, 1, tested<is_link_local_multicast>,
     "a.isLinkLocalMulticast()", "224.0.0.0/24, ff02::/16.",
     "ip('224.0.0.1').isLinkLocalMulticast()", "true"},
    {"isLinkLocalUnicast", CallStyle::method, 1, 1, tested<is_link_local_unicast>,
     "a.isLinkLocalUnicast()", "169.254.0.0/16, fe80::/10.", "ip('fe80::1').isLinkLocalUnicast()",
     "true"},
    {"isGlobalUnicast", CallStyle::method, 1, 1, tested<is_global_unicast>, "a.isGlobalUnicast()",
     "Any other address of one host, private ones too.", "ip('192.168.0.1').isGlobalUnicast()",
     "true"},
    {"containsIP", CallStyle::method, 2, 2, contains_ip, "c.containsIP(a)",
     "True if the range has the address, an ip or a string.",
     "cidr('192.168.0.0/24').containsIP(ip('192.168.1.1'))", "false"},
    {"containsCIDR", CallStyle::method, 2, 2, contains_cidr, "c.containsCIDR(d)",
     "True if the range has all of the other one.",
     "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"},
    {"ip", CallStyle::method, 1, 1, address_of, "c.ip()", "The address of a range.",
     "string(cidr('10.1.2.3/8').ip())", "'10.1.2.3'"},
    {"masked", CallStyle::method, 1, 1, masked_range, "c.masked()",
     "The range from its first address.", "string(cidr('10.1.2.3/8').masked())", "'10.0.0.0/8'"},
    {"prefixLength", CallStyle::method, 1, 1, prefix_length, "c.prefixLength()", "The 8 of a /8.",
     "cidr('10.0.0.0/8').prefixLength()", "8"},
};

}  // namespace

Library network_library() { return {"Network addresses", kFunctions}; }

}  // namespace streamutils::expr
