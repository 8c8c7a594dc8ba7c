#pragma once
// Chance with a memory: the same seed and the same tags give the same numbers, on every machine and
// whatever else is drawn elsewhere. So a theft added to a population changes nobody else's day.

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace sim {

class Random {
 public:
  explicit Random(std::initializer_list<std::uint64_t> tags) {
    for (const std::uint64_t tag : tags) {
      state_ = mixed(state_ ^ (tag + 0x9e3779b97f4a7c15U));
    }
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    return mixed(state_);
  }

  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  bool chance(double probability) { return unit() < probability; }

  double between(double low, double high) { return low + (high - low) * unit(); }

  /// 0 … count-1
  int below(int count) { return static_cast<int>(unit() * count); }

  double exponential(double mean) { return -mean * std::log(1.0 - unit()); }

  double normal() {
    return std::sqrt(-2.0 * std::log(1.0 - unit())) * std::cos(6.283185307179586 * unit());
  }

  /// Half of the draws lie below `median`.
  double lognormal(double median, double sigma) { return median * std::exp(sigma * normal()); }

  int poisson(double mean) {
    if (mean > 60) {
      const double drawn = mean + std::sqrt(mean) * normal();
      return drawn < 0 ? 0 : static_cast<int>(drawn + 0.5);
    }
    const double limit = std::exp(-mean);
    double product = unit();
    int count = 0;
    while (product > limit) {
      product *= unit();
      ++count;
    }
    return count;
  }

 private:
  static std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
  }

  std::uint64_t state_ = 0;
};

}  // namespace sim
