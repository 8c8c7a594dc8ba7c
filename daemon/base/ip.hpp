#pragma once
// IP addresses and networks as text and as 16 bytes (IPv4 is kept as ::ffff:a.b.c.d).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace noci {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v4 = false;  ///< written as IPv4, or as IPv4-mapped IPv6

  /// Strict: what inet_pton reads, plus a zone (`%eth0`), which is dropped.
  static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  bool operator==(const IpAddress&) const = default;
};

struct Cidr {
  IpAddress network;
  int prefix = 128;  ///< bits of the 16-byte form; an IPv4 /24 is 120

  /// `192.0.2.0/24`, `2001:db8::/32`; a bare address is a network of one.
  static std::optional<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// Whether all of the other network lies in this one.
  [[nodiscard]] bool contains(const Cidr& other) const;
};

/// Whom an address is given to, as far as its digits tell: its IPv4 /24 (the least that is routed)
/// or IPv6 /64 (one subscriber's line), as `192.0.2.0/24`.
[[nodiscard]] std::string network_of(IpAddress address);

}  // namespace noci
