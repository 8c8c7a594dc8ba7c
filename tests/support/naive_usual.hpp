#pragma once
// What is usual, the slow and obvious way: of every key and day the whole amount, of every week
// the hours. Takes over from the engine's contract how amounts are rounded (buckets) and how weeks
// fade; everything else is worked out anew from what was kept, each time it is asked for.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "detect/baseline.hpp"
#include "model/rule.hpp"

namespace noci::test {

/// Of one baseline limit.
class NaiveUsual {
 public:
  void learn(const Limit& limit, const std::string& key, TimePoint at, const std::string& value) {
    const std::int64_t day = at.time_since_epoch() / std::chrono::days{1};
    const std::int64_t hour = at.time_since_epoch() / std::chrono::hours{1};
    Life& life = lives_[key];
    if (!life.days.empty() && day < life.days.rbegin()->first) {
      return;
    }
    Day& today = life.days[day];
    today.values.insert(value);
    today.sum += limit.baseline->of == LimitType::value_sum ? std::stoll(value) : 1;
    today.total = limit.baseline->of == LimitType::value_count
                      ? static_cast<std::int64_t>(today.values.size())
                      : today.sum;
    if (hour > life.hour) {
      life.hour = hour;
      ++hours_[hour];
    }
  }

  void freeze(const std::string& key, TimePoint at) {
    Life& life = lives_[key];
    const std::int64_t day = at.time_since_epoch() / std::chrono::days{1};
    if (!life.days.empty() && life.days.rbegin()->first == day) {
      life.days.rbegin()->second.frozen = true;
    }
  }

  [[nodiscard]] std::int64_t value(const std::string& key, TimePoint at, Duration lateness) {
    const Life& life = lives_[key];
    if (life.days.empty()) {
      return 0;
    }
    const TimePoint over{std::chrono::days{life.days.rbegin()->first + 1}};
    return at < over + lateness ? life.days.rbegin()->second.total : 0;
  }

  /// What is allowed before factors; nothing while it warms up.
  [[nodiscard]] std::optional<double> allowed(const Limit& limit, const std::string& key,
                                              TimePoint at) {
    const Baseline& asked = *limit.baseline;
    const Life& life = lives_[key];
    if (life.days.empty()) {
      return std::nullopt;
    }
    const std::int64_t today = life.days.rbegin()->first;
    const std::int64_t warm_up = asked.warm_up / std::chrono::days{1};
    const double season = asked.seasonal ? season_of(today, at) : 1;
    double most = static_cast<double>(limit.threshold);
    bool known = false;
    std::vector<std::int64_t> own;
    for (const auto& [day, one] : life.days) {
      if (day < today && day >= today - 28 && !one.frozen && one.total > 0) {
        own.push_back(rounded(one.total));
      }
    }
    if (asked.own > 0 && own.size() >= 3 && today - life.days.begin()->first >= warm_up) {
      const std::int64_t middle = upper_median(own);
      std::vector<std::int64_t> away;
      for (const std::int64_t one : own) {
        away.push_back(std::abs(one - middle));
      }
      const std::int64_t deviation = std::max(upper_median(away), middle / 4);
      const double ordinary =
          std::floor(static_cast<double>(middle) + 3 * 1.4826 * static_cast<double>(deviation));
      const double busy = std::min(static_cast<double>(*std::ranges::max_element(own)), ordinary);
      most = std::max(most, asked.own * busy * season);
      known = true;
    }
    std::vector<std::int64_t> tops;
    std::vector<std::int64_t> counts;
    for (std::int64_t day = today - 28; day < today; ++day) {
      std::vector<std::int64_t> totals;
      for (const auto& [who, other] : lives_) {
        const auto found = other.days.find(day);
        if (found != other.days.end() && !found->second.frozen && found->second.total > 0) {
          totals.push_back(rounded(found->second.total));
        }
      }
      if (!totals.empty()) {
        std::ranges::sort(totals);
        const auto rank = static_cast<std::size_t>(
            std::ceil(asked.quantile * static_cast<double>(totals.size())));
        tops.push_back(totals[std::max<std::size_t>(rank, 1) - 1]);
        counts.push_back(static_cast<std::int64_t>(totals.size()));
      }
    }
    if (asked.peers > 0 && !tops.empty() && static_cast<std::int64_t>(tops.size()) >= warm_up &&
        upper_median(counts) >= asked.fewest_peers) {
      most = std::max(most, asked.peers * static_cast<double>(upper_median(tops)) * season);
      known = true;
    }
    return known ? std::optional(most) : std::nullopt;
  }

 private:
  struct Day {
    std::set<std::string> values;
    std::int64_t sum = 0;
    std::int64_t total = 0;
    bool frozen = false;
  };

  struct Life {
    std::map<std::int64_t, Day> days;
    std::int64_t hour = -1;
  };

  static std::int64_t rounded(std::int64_t amount) {
    return detect::amount_of(detect::bucket_of(amount));
  }

  static std::int64_t upper_median(std::vector<std::int64_t> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }

  [[nodiscard]] double season_of(std::int64_t today, TimePoint at) const {
    // Weeks begin on Monday; the epoch was a Thursday.
    const auto week_of = [](std::int64_t hour) { return (hour + 72) / 168; };
    std::array<std::int64_t, 168> shape{};
    if (!hours_.empty()) {
      for (std::int64_t week = week_of(hours_.begin()->first);
           week < week_of(hours_.rbegin()->first); ++week) {
        for (std::int64_t h = 0; h < 168; ++h) {
          const auto found = hours_.find(week * 168 + h - 72);
          std::int64_t& one = shape[static_cast<std::size_t>(h)];
          one += (found == hours_.end() ? 0 : found->second * 4) - one / 4;
        }
      }
    }
    std::array<double, 7> days{};
    for (std::size_t h = 0; h < 168; ++h) {
      days[h / 24] += static_cast<double>(shape[h]);
    }
    const double most = *std::ranges::max_element(days);
    if (most == 0) {
      return 1;
    }
    const auto first = static_cast<std::size_t>((today * 24 + 72) % 168);
    const double hours =
        static_cast<double>((at - TimePoint(std::chrono::days{today})).count()) / 3'600'000.0;
    double mass = 0;
    for (std::size_t h = 0; h < 24; ++h) {
      mass += static_cast<double>(shape[first + h]) *
              std::clamp(hours - static_cast<double>(h), 0.0, 1.0);
    }
    return std::clamp(mass / most, 0.25, 1.0);
  }

  std::map<std::string, Life> lives_;
  std::map<std::int64_t, std::int64_t> hours_;  ///< keys that did something in each
};

}  // namespace noci::test
