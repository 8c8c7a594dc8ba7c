#include "base/ip.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace noci {
namespace {

constexpr std::array<std::uint8_t, 12> v4_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  text = text.substr(0, text.find('%'));
  std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
  if (text.empty() || text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), buffer.begin());
  IpAddress address;
  if (text.find(':') == std::string_view::npos) {
    std::copy(v4_mapped.begin(), v4_mapped.end(), address.bytes.begin());
    address.is_v4 = true;
    if (inet_pton(AF_INET, buffer.data(), address.bytes.data() + v4_mapped.size()) != 1) {
      return std::nullopt;
    }
    return address;
  }
  if (inet_pton(AF_INET6, buffer.data(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  address.is_v4 = std::equal(v4_mapped.begin(), v4_mapped.end(), address.bytes.begin());
  return address;
}

std::string IpAddress::to_string() const {
  if (is_v4) {  // inet_ntop goes through printf, and each address of a log comes by here
    std::array<char, INET_ADDRSTRLEN> text{};
    char* end = text.data();
    for (std::size_t i = v4_mapped.size(); i < bytes.size(); ++i) {
      end = std::to_chars(end, text.data() + text.size(), bytes[i]).ptr;
      *end++ = '.';
    }
    return {text.data(), end - 1};
  }
  std::array<char, INET6_ADDRSTRLEN + 1> buffer{};
  inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    return std::nullopt;
  }
  const int base = address->is_v4 ? 96 : 0;
  if (slash == std::string_view::npos) {
    return Cidr{*address, 128};
  }
  const std::string_view bits = text.substr(slash + 1);
  int prefix = 0;
  const auto [end, error] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
  if (error != std::errc{} || end != bits.data() + bits.size() || prefix < 0 ||
      prefix > 128 - base) {
    return std::nullopt;
  }
  return Cidr{*address, base + prefix};
}

bool Cidr::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(prefix / 8);
  if (std::memcmp(network.bytes.data(), address.bytes.data(), whole) != 0) {
    return false;
  }
  const int rest = prefix % 8;
  if (rest == 0) {
    return true;
  }
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((network.bytes[whole] ^ address.bytes[whole]) & mask) == 0;
}

bool Cidr::contains(const Cidr& other) const {
  return other.prefix >= prefix && contains(other.network);
}

std::string network_of(IpAddress address) {
  const std::size_t kept = address.is_v4 ? 15 : 8;
  std::fill(address.bytes.begin() + static_cast<std::ptrdiff_t>(kept), address.bytes.end(),
            std::uint8_t{0});
  return address.to_string() + (address.is_v4 ? "/24" : "/64");
}

}  // namespace noci
