#pragma once
// The highest value that each key of a log ever had at each limit, and what limits would have kept
// the number of alerts down. Values are in the limit's own terms: divided by the factors of
// factors in force, so that they compare with the number in the rule. Left out are sequences, which
// have no such number, and baselines, which fit themselves.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "detect/engine.hpp"

namespace noci {

/// One limit of one rule over the whole history.
struct LimitPeaks {
  const Limit* limit = nullptr;
  std::size_t keys = 0;
  double median = 0, p99 = 0, p999 = 0, max = 0;
  /// Keys that went over it, the furthest first.
  std::vector<std::pair<std::string, double>> over;
  std::int64_t proposed = 0;  ///< today's number where there is no reason for another
};

struct RulePeaks {
  const Rule* rule = nullptr;
  std::size_t keys_over = 0;  ///< any of today's limits
  std::vector<LimitPeaks> limits;
};

class TunePeaks {
 public:
  void add(const Reading& reading);

  /// Days between the first and the last event that counted; 0 when there was none.
  [[nodiscard]] double days() const;
  /// Rules in the order of their titles. Raises the limit that most keys went over, and again,
  /// until at most `allowed` keys of all rules go over; a key counts once for a rule, however often
  /// it went over. Never more than five times today's: what lies beyond is to be looked at, not
  /// tuned away, since a theft may be in the history.
  [[nodiscard]] std::vector<RulePeaks> propose(double allowed) const;

 private:
  std::map<const Rule*, std::unordered_map<std::string, std::vector<double>>> peaks_;
  std::optional<TimePoint> first_, last_;
};

/// Up to the next number with two digits that count: 1,234 → 1,300.
[[nodiscard]] std::int64_t rounded_up(double value);

}  // namespace noci
