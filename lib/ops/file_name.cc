// SPDX-License-Identifier: Apache-2.0
#include "ops/file_name.h"

#include <fmt/format.h>

#include <cstdint>

#include "absl/time/time.h"
#include "base/text.h"

namespace streamutils {
namespace {

// A name may have 255 bytes; what a template adds has to fit too.
constexpr std::size_t kLongest = 120;

// FNV-1a, 64 bits: fixed for ever, since names outlive the process.
std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

bool is_safe(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f && c != '/' && c != '%' && c != '\\';
}

// Cuts a text that has been made safe, not inside %XX or a character.
void shorten(std::string& safe, std::size_t begin, std::string_view text) {
  if (safe.size() - begin <= kLongest) return;
  std::size_t end = begin + kLongest - 17;
  while (end > begin && (static_cast<unsigned char>(safe[end]) & 0xC0) == 0x80) --end;
  for (std::size_t i = 1; i <= 2 && end > begin + i; ++i) {
    if (safe[end - i] == '%') {
      end -= i;
      break;
    }
  }
  safe.resize(end);
  safe += fmt::format("%{:016x}", stable_hash(text));
}

// The canonical spelling of a number as people write it: 15e-1 is 1.5.
std::string with_point(std::string number) {
  constexpr std::size_t kMostPlaces = 20;
  const std::size_t mark = number.find("e-");
  if (mark == std::string::npos || number.size() - mark > 4) return number;
  const auto places = static_cast<std::size_t>(std::stoi(number.substr(mark + 2)));
  if (places > kMostPlaces) return number;
  number.resize(mark);
  const std::size_t digits = number.front() == '-' ? 1 : 0;
  if (number.size() - digits <= places) {
    number.insert(digits, places + 1 - (number.size() - digits), '0');
  }
  return number.insert(number.size() - places, 1, '.');
}

}  // namespace

void append_safe(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "%empty";
    return;
  }
  const std::size_t begin = out.size();
  const bool is_text = is_utf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool ascii = static_cast<unsigned char>(text[i]) < 0x80;
    if (is_safe(text[i]) && (i > 0 || text[i] != '.') && (ascii || is_text)) {
      out += text[i];
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(text[i]));
    }
  }
  shorten(out, begin, text);
}

Result<FileName> FileName::parse(std::string_view text) {
  FileName name;
  if (text.empty()) return Error{"an empty file name"};
  name.parts_.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
      name.parts_.back().before += text[i++];
    } else if (c == '}') {
      return Error{
          fmt::format("file name {}: a '}}' without its '{{' (a plain one is }}}})", quote(text))};
    } else if (c != '{') {
      name.parts_.back().before += c;
    } else {
      const std::size_t end = text.find('}', i);
      if (end == text.npos) {
        return Error{fmt::format("file name {}: a '{{' without its '}}' (a plain one is {{{{)",
                                 quote(text))};
      }
      const std::string_view inner = text.substr(i + 1, end - i - 1);
      const std::size_t colon = inner.find(':');
      auto path = Path::parse(inner.substr(0, colon));
      if (!path) return Error{fmt::format("file name {}: {}", quote(text), path.error().message)};
      name.parts_.back().path = std::move(*path);
      if (colon != inner.npos) name.parts_.back().format = inner.substr(colon + 1);
      name.parts_.emplace_back();
      i = end;
    }
  }
  return name;
}

std::vector<Path> FileName::fields() const {
  std::vector<Path> fields;
  for (const Part& part : parts_) {
    if (part.path) fields.push_back(*part.path);
  }
  return fields;
}

void FileName::append(std::string& out, const Record& record) {
  for (const Part& part : parts_) {
    out += part.before;
    if (!part.path) continue;
    const Value value = record.get(*part.path);
    if (!part.format.empty()) {
      append_time(out, value, part.format);
    } else if (value.is(Kind::missing)) {
      out += "%missing";
    } else if (value.is(Kind::null)) {
      out += "%null";
    } else if (value.is(Kind::string)) {
      append_safe(out, value.text(scratch_));
    } else {
      std::string key;
      append_key(key, value);
      append_safe(out, value.is(Kind::number) ? with_point(std::move(key)) : key);
    }
  }
}

// The format is the user's, and so are its slashes.
void FileName::append_time(std::string& out, Value value, const std::string& format) {
  std::optional<Timestamp> t;
  if (value.is(Kind::string)) t = times_.parse_string(value.text(scratch_));
  if (value.is(Kind::number)) t = times_.parse_number(value.raw());
  if (!t) {
    out += value.exists() ? "%no-time" : "%missing";
    return;
  }
  out += absl::FormatTime(format, absl::FromUnixNanos(to_nanos(*t)), absl::UTCTimeZone());
}

}  // namespace streamutils
