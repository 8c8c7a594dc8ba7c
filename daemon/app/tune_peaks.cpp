#include "app/tune_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "detect/key.hpp"

namespace noci {
namespace {

constexpr double most_raised = 5;
// A limit is put a tenth above the highest value that it shall let pass.
constexpr double headroom = 1.1;

using KeyPeaks = std::unordered_map<std::string, std::vector<double>>;

bool is_fitted(const Limit& limit) {
  return !is_sequence(limit.type) && !limit.baseline && !limit.share;
}

bool is_over(double value, const Limit& limit, double threshold) {
  return limit.compare == Compare::gt ? value > threshold : value >= threshold;
}

double quantile(const std::vector<double>& ascending, double share) {
  if (ascending.empty()) {
    return 0;
  }
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(ascending.size()));
  return ascending[std::min(rank, ascending.size() - 1)];
}

std::string words_of(const std::string& key, const Rule& rule) {
  std::string words;
  for (const auto& [field, value] : detect::key_values(key, rule.group_by)) {
    words += (words.empty() ? "" : " ") + value;
  }
  return words.empty() ? "the whole server" : words;
}

/// One rule while its limits are moved.
class Tuning {
 public:
  Tuning(const Rule& rule, const KeyPeaks& peaks) : rule_(rule), peaks_(peaks) {
    for (const Limit& limit : rule.limits) {
      thresholds_.push_back(static_cast<double>(limit.threshold));
    }
  }

  [[nodiscard]] std::size_t keys_over() const {
    return static_cast<std::size_t>(std::ranges::count_if(peaks_, [&](const auto& key) {
      for (std::size_t i = 0; i < thresholds_.size(); ++i) {
        if (is_over(key.second[i], rule_.limits[i], thresholds_[i])) {
          return true;
        }
      }
      return false;
    }));
  }

  /// The limit that most keys went over and that may still be raised; none when there is none.
  [[nodiscard]] std::pair<std::size_t, std::size_t> busiest() const {
    std::pair<std::size_t, std::size_t> best{0, 0};
    for (std::size_t i = 0; i < thresholds_.size(); ++i) {
      if (thresholds_[i] >= most(i)) {
        continue;
      }
      const std::size_t count = over(i).size();
      if (count > best.second) {
        best = {i, count};
      }
    }
    return best;
  }

  /// So that half as many go over it.
  void raise(std::size_t index) {
    const std::vector<double> values = over(index);
    const double pass = values[values.size() / 2] * headroom;
    thresholds_[index] = std::min(most(index), static_cast<double>(rounded_up(pass)));
  }

  [[nodiscard]] RulePeaks result() const {
    RulePeaks result{&rule_, Tuning(rule_, peaks_).keys_over(), {}};
    for (std::size_t i = 0; i < rule_.limits.size(); ++i) {
      if (!is_fitted(rule_.limits[i])) {
        continue;
      }
      LimitPeaks& one = result.limits.emplace_back();
      one.limit = &rule_.limits[i];
      std::vector<double> values;
      for (const auto& [key, peaks] : peaks_) {
        if (peaks[i] <= 0) {
          continue;
        }
        values.push_back(peaks[i]);
        if (is_over(peaks[i], *one.limit, static_cast<double>(one.limit->threshold))) {
          one.over.emplace_back(words_of(key, rule_), peaks[i]);
        }
      }
      std::ranges::sort(values);
      std::ranges::sort(one.over, [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
      one.keys = values.size();
      one.median = quantile(values, 0.5);
      one.p99 = quantile(values, 0.99);
      one.p999 = quantile(values, 0.999);
      one.max = values.empty() ? 0 : values.back();
      one.proposed = static_cast<std::int64_t>(thresholds_[i]);
    }
    return result;
  }

 private:
  [[nodiscard]] double most(std::size_t index) const {
    return most_raised * static_cast<double>(rule_.limits[index].threshold);
  }

  /// Values over the limit, falling.
  [[nodiscard]] std::vector<double> over(std::size_t index) const {
    std::vector<double> values;
    for (const auto& [key, peaks] : peaks_) {
      if (is_over(peaks[index], rule_.limits[index], thresholds_[index])) {
        values.push_back(peaks[index]);
      }
    }
    std::ranges::sort(values, std::greater<>());
    return values;
  }

  const Rule& rule_;
  const KeyPeaks& peaks_;
  std::vector<double> thresholds_;
};

}  // namespace

std::int64_t rounded_up(double value) {
  if (value <= 100) {
    return static_cast<std::int64_t>(std::ceil(value));
  }
  const double step = std::pow(10, std::floor(std::log10(value)) - 1);
  return static_cast<std::int64_t>(std::ceil(value / step - 1e-9) * step);
}

void TunePeaks::add(const Reading& reading) {
  if (std::ranges::none_of(reading.rule.limits, is_fitted)) {
    return;
  }
  first_ = first_ ? std::min(*first_, reading.at) : reading.at;
  last_ = last_ ? std::max(*last_, reading.at) : reading.at;
  std::vector<double>& peaks = peaks_[&reading.rule][std::string(reading.key)];
  peaks.resize(reading.limits.size());
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    const LimitState& state = reading.limits[i];
    if (is_fitted(reading.rule.limits[i]) && state.factor > 0) {
      peaks[i] = std::max(peaks[i], static_cast<double>(state.value) / state.factor);
    }
  }
}

double TunePeaks::days() const {
  return first_ ? std::chrono::duration<double, std::ratio<86400>>(*last_ - *first_).count() : 0;
}

std::vector<RulePeaks> TunePeaks::propose(double allowed) const {
  std::vector<Tuning> tunings;
  std::size_t total = 0;
  for (const auto& [rule, peaks] : peaks_) {
    total += tunings.emplace_back(*rule, peaks).keys_over();
  }
  while (static_cast<double>(total) > allowed) {
    Tuning* worst = nullptr;
    std::pair<std::size_t, std::size_t> limit{0, 0};
    for (Tuning& tuning : tunings) {
      const auto busiest = tuning.busiest();
      if (busiest.second > limit.second) {
        worst = &tuning;
        limit = busiest;
      }
    }
    if (worst == nullptr) {
      break;  // what is left may not be tuned away
    }
    total -= worst->keys_over();
    worst->raise(limit.first);
    total += worst->keys_over();
  }
  std::vector<RulePeaks> results;
  results.reserve(tunings.size());
  for (const Tuning& tuning : tunings) {
    results.push_back(tuning.result());
  }
  std::ranges::sort(results, {}, [](const RulePeaks& one) { return one.rule->title; });
  return results;
}

}  // namespace noci
