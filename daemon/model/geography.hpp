#pragma once
// Where addresses are, as somebody else knows: an interface, since the pure rooms open no files.
// io/geo_database is the real one.

#include <cstdint>
#include <optional>
#include <string>

#include "base/ip.hpp"

namespace noci {

struct Coordinates {
  double latitude = 0;  ///< degrees
  double longitude = 0;
};

/// What is known of an address; what is not is empty.
struct Whereabouts {
  std::string country;            ///< ISO 3166-1, two letters
  std::uint32_t as_number = 0;    ///< autonomous system; 0: unknown
  std::string as_name;            ///< of the organisation that runs it
  std::optional<Coordinates> at;  ///< of the middle of the area it may be in
};

class Geography {
 public:
  Geography() = default;
  Geography(const Geography&) = delete;
  Geography& operator=(const Geography&) = delete;
  virtual ~Geography() = default;

  /// The same answer for the same address as long as it lives.
  [[nodiscard]] virtual Whereabouts locate(const IpAddress& address) const = 0;
};

/// Along the surface of the earth, in km; within 0.6 % (it is not quite a ball).
[[nodiscard]] double distance_km(const Coordinates& a, const Coordinates& b);

}  // namespace noci
