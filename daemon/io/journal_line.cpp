#include "io/journal_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace noci {
namespace {

/// MESSAGE itself; who wrote it; and what tells whether more of the same line follows in another
/// entry (journald cuts at LineMax=, docker's driver at 16 KiB).
constexpr std::array<std::string_view, 12> wanted{
    "MESSAGE",
    "PRIORITY",
    "SYSLOG_IDENTIFIER",
    "LOGGER",
    "_SYSTEMD_UNIT",
    "_PID",
    "_STREAM_ID",
    "_LINE_BREAK",
    "CONTAINER_NAME",
    "CONTAINER_PARTIAL_MESSAGE",
    "CONTAINER_PARTIAL_ID",
    "CONTAINER_PARTIAL_LAST",
};

unsigned byte_of(char c) {
  return static_cast<unsigned char>(c);
}

/// Length of the character that begins at `at`, 0 where it is not UTF-8 or a control character
/// other than tab and line feed: journalctl's own measure (systemd, src/basic/utf8.c).
std::size_t printable(std::string_view text, std::size_t at) {
  const unsigned first = byte_of(text[at]);
  if (first < 0x80) {
    return (first < 0x20 && first != '\t' && first != '\n') || first == 0x7f ? 0 : 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) {
    return 0;
  }
  std::uint32_t point = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_of(text[at + i]);
    if ((next & 0xc0U) != 0x80) {
      return 0;
    }
    point = point << 6 | (next & 0x3fU);
  }
  const bool is_overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  const bool is_control = point <= 0x9f;
  return is_overlong || is_surrogate || is_control || point > 0x10ffff ? 0 : length;
}

bool is_printable(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = printable(text, at);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

void add_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void add_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out.push_back(c);
    }
  }
  out.push_back('"');
}

void add_bytes(std::string& out, std::string_view bytes) {
  char separator = '[';
  for (const char c : bytes) {
    out.push_back(separator);
    add_number(out, byte_of(c));
    separator = ',';
  }
  out.push_back(']');
}

}  // namespace

JournalLine::JournalLine(std::string& out, std::uint64_t realtime_usec) : out_(out) {
  out_ += R"({"__REALTIME_TIMESTAMP":")";
  add_number(out_, realtime_usec);
  out_.push_back('"');
}

void JournalLine::add(std::string_view field) {
  const auto equals = field.find('=');
  const auto* const found = std::find(wanted.begin(), wanted.end(), field.substr(0, equals));
  if (equals == std::string_view::npos || found == wanted.end()) {
    return;
  }
  const std::uint32_t bit = 1U << static_cast<unsigned>(found - wanted.begin());
  if ((seen_ & bit) != 0) {
    return;
  }
  seen_ |= bit;
  const std::string_view value = field.substr(equals + 1);
  out_ += ",\"";
  out_ += *found;
  out_ += "\":";
  if (is_printable(value)) {
    add_string(out_, value);
  } else {
    add_bytes(out_, value);
  }
}

void JournalLine::end() {
  out_ += "}\n";
}

}  // namespace noci
