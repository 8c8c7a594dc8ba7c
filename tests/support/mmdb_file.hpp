#pragma once
// Writes small databases in MaxMind's format (specification: maxmind.github.io/MaxMind-DB, version
// 2.0), as the tests of the geo fields need them: networks and what is known of them.

#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.hpp"

namespace noci::testing {

class MmdbFile {
 public:
  explicit MmdbFile(std::string type = "Test-City") : type_(std::move(type)) {
    nodes_.push_back({free, free});
  }

  MmdbFile& country(const char* network, std::string_view iso_code) {
    return add(network, map(1) + text("country") + map(1) + text("iso_code") + text(iso_code));
  }

  MmdbFile& city(const char* network, std::string_view iso_code, double latitude,
                 double longitude) {
    return add(network, map(2) + text("country") + map(1) + text("iso_code") + text(iso_code) +
                            text("location") + map(2) + text("latitude") + real(latitude) +
                            text("longitude") + real(longitude));
  }

  MmdbFile& as(const char* network, std::uint32_t number, std::string_view name) {
    return add(network, map(2) + text("autonomous_system_number") + number32(number) +
                            text("autonomous_system_organization") + text(name));
  }

  [[nodiscard]] std::string bytes() const {
    std::string out;
    for (const auto& node : nodes_) {
      for (const std::int64_t record : node) {
        const std::int64_t count = static_cast<std::int64_t>(nodes_.size());
        const std::int64_t value = record == free ? count
                                   : record < 0   ? count + 16 - record - 2
                                                  : record;
        out += big_endian(static_cast<std::uint64_t>(value), 4);
      }
    }
    out += std::string(16, '\0') + data_;
    out += std::string("\xab\xcd\xef") + "MaxMind.com" + map(9);
    out += text("node_count") + number32(static_cast<std::uint32_t>(nodes_.size()));
    out += text("record_size") + number16(32) + text("ip_version") + number16(6);
    out += text("database_type") + text(type_) + text("languages") + std::string("\x00\x04", 2);
    out += text("binary_format_major_version") + number16(2);
    out += text("binary_format_minor_version") + number16(0);
    out += text("build_epoch") + std::string("\x04\x02", 2) + big_endian(1'780'000'000, 4);
    out += text("description") + map(0);
    return out;
  }

  void write(const std::string& path) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes();
  }

 private:
  /// No value; data at offset N of the data section is -2 - N.
  static constexpr std::int64_t free = -1;

  static std::string big_endian(std::uint64_t value, int size) {
    std::string out;
    for (int i = size - 1; i >= 0; --i) {
      out.push_back(static_cast<char>(value >> (8 * i)));
    }
    return out;
  }

  static std::string control(unsigned type, std::size_t size) {
    if (size < 29) {
      return {static_cast<char>(type << 5 | size)};
    }
    return {static_cast<char>(type << 5 | 29), static_cast<char>(size - 29)};
  }

  static std::string text(std::string_view value) {
    return control(2, value.size()) + std::string(value);
  }

  static std::string map(std::size_t size) { return control(7, size); }

  static std::string number16(std::uint16_t value) { return control(5, 2) + big_endian(value, 2); }

  static std::string number32(std::uint32_t value) { return control(6, 4) + big_endian(value, 4); }

  static std::string real(double value) {
    std::uint64_t bits = 0;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&bits, &value, sizeof bits);
    return control(3, 8) + big_endian(bits, 8);
  }

  /// IPv4 networks lie in ::/96. No network may lie in another.
  MmdbFile& add(const char* network, const std::string& data) {
    Cidr cidr = *Cidr::parse(network);
    if (cidr.network.is_v4) {
      cidr.network.bytes[10] = cidr.network.bytes[11] = 0;
    }
    std::size_t node = 0;
    for (int depth = 0; depth < cidr.prefix; ++depth) {
      const auto at = static_cast<std::size_t>(depth);
      const std::size_t side = cidr.network.bytes[at / 8] >> (7 - at % 8) & 1;
      if (depth + 1 == cidr.prefix) {
        nodes_[node][side] = -2 - static_cast<std::int64_t>(data_.size());
      } else {
        if (nodes_[node][side] == free) {
          nodes_[node][side] = static_cast<std::int64_t>(nodes_.size());
          nodes_.push_back({free, free});
        }
        node = static_cast<std::size_t>(nodes_[node][side]);
      }
    }
    data_ += data;
    return *this;
  }

  std::string type_;
  std::vector<std::array<std::int64_t, 2>> nodes_;
  std::string data_;
};

}  // namespace noci::testing
