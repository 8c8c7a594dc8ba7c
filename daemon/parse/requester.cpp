#include "parse/requester.hpp"

#include <array>
#include <optional>

#include <arpa/inet.h>

#include "base/ip.hpp"
#include "parse/find_byte.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

/// Four decimal numbers without leading zeros: the one spelling that needs no rewriting.
bool is_plain_ipv4(std::string_view text) {
  int parts = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < text.size() && digits < 4 && is_digit(text[digits])) {
      value = value * 10 + (text[digits] - '0');
      ++digits;
    }
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[0] == '0')) {
      return false;
    }
    text.remove_prefix(digits);
    ++parts;
    if (text.empty()) {
      break;
    }
    if (text.front() != '.' || text.size() == 1) {
      return false;
    }
    text.remove_prefix(1);
  }
  return parts == 4;
}

std::string_view canonical(const IpAddress& address, Arena& arena) {
  constexpr std::size_t v4_at = 12;
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(address.is_v4 ? AF_INET : AF_INET6, address.bytes.data() + (address.is_v4 ? v4_at : 0),
            buffer.data(), buffer.size());
  return arena.store(buffer.data());
}

/// A port that a proxy left on the address: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
std::string_view without_port(std::string_view text) {
  std::int64_t port = 0;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return text;
    }
    const std::string_view rest = text.substr(end + 1);
    const bool is_port = rest.starts_with(':') && all_digits(rest.substr(1), port) && port < 65536;
    return rest.empty() || is_port ? text.substr(1, end - 1) : text;
  }
  const std::size_t colon = find_byte(text, ':');
  if (colon != std::string_view::npos && is_plain_ipv4(text.substr(0, colon)) &&
      all_digits(text.substr(colon + 1), port) && port < 65536) {
    return text.substr(0, colon);
  }
  return text;
}

bool is_user_id(std::string_view text) {
  return text.starts_with('@') && find_byte(text, ':') != std::string_view::npos &&
         !has_control(text);
}

/// Where the second account begins in `@a:hs|@b:hs`; npos when there is one account.
std::size_t find_second(std::string_view text) {
  if (find_byte(text.substr(1), '@') == std::string_view::npos) {
    return std::string_view::npos;
  }
  const std::size_t domain = text.find(':');
  if (domain == std::string_view::npos) {
    return domain;
  }
  for (const std::string_view join : {"|@", ".@", ",@"}) {
    const std::size_t at = text.find(join, domain);
    if (at != std::string_view::npos && is_user_id(text.substr(at + 1))) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool read_requester(std::string_view text, Requester& out) {
  out = {};
  if (text.empty() || text == "None" || text == "-") {
    return true;
  }
  if (!text.starts_with('@')) {
    out.server_name = text;
    return !has_control(text) && text.find_first_of(" {}@|") == std::string_view::npos;
  }
  const std::size_t second = find_second(text);
  if (second != std::string_view::npos) {
    out.effective_user_id = text.substr(second);
    text = text.substr(0, second - 1);
  }
  out.user_id = text;
  return is_user_id(text);
}

std::string_view read_address(std::string_view text, Arena& arena) {
  constexpr std::size_t longest = 80;  // an IPv6 address with zone, brackets and port
  if (text.size() < 2 || text.size() > longest || text.front() == '/') {
    return {};
  }
  text = without_port(text);
  if (is_plain_ipv4(text)) {
    return text;
  }
  const std::optional<IpAddress> address = IpAddress::parse(text);
  return address ? canonical(*address, arena) : std::string_view{};
}

}  // namespace noci
