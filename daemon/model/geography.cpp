#include "model/geography.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace noci {

double distance_km(const Coordinates& a, const Coordinates& b) {
  constexpr double mean_radius_km = 6371.0;
  constexpr double degree = std::numbers::pi / 180;
  const double across = std::sin((b.latitude - a.latitude) * degree / 2);
  const double along = std::sin((b.longitude - a.longitude) * degree / 2);
  const double haversine = across * across + std::cos(a.latitude * degree) *
                                                 std::cos(b.latitude * degree) * along * along;
  return 2 * mean_radius_km * std::asin(std::sqrt(std::clamp(haversine, 0.0, 1.0)));
}

}  // namespace noci
