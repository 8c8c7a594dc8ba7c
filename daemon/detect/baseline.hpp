#pragma once
// What is usual, in words an operator can check: the days of a key itself (OwnDays) and the days
// of all keys of the rule (PeerDays). Days are UTC.
// A key's own: its totals of the last 28 days, of those on which it did anything. Its busy day is
// the busiest of them, but none counts for more than Hampel's identifier lets pass as ordinary,
// median + 3 x 1.4826 x MAD (Hampel: "The Influence Curve and its Role in Robust Estimation", 1974;
// Davies, Gather: "The Identification of Multiple Outliers", 1993), so whoever wants to poison it
// must do so on half of its days. A day on which the rule fired is not learned.
// Its peers': a high quantile of the totals of each day, from logarithmic buckets (Masson, Rim,
// Lee: "DDSketch", 2019; here 1/16 octave, at most 3 % off), and of these the median over the days.
// The shape of the week, as the number of keys that do anything in each of its hours, belongs to
// the peers too: a key keeps only its scale (56 bytes), as in Holt and Winters' seasonal factors.

#include <array>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci::detect {

inline constexpr int learned_days = 28;
/// A season never lowers a limit below this share: a quiet hour is no proof.
inline constexpr double least_season = 0.25;

[[nodiscard]] std::int64_t day_of(TimePoint time);
[[nodiscard]] TimePoint start_of_day(std::int64_t day);

/// Amounts in buckets: exact up to 31, then sixteen for each doubling. 0 is nothing.
[[nodiscard]] std::uint16_t bucket_of(std::int64_t amount);
/// The largest amount of a bucket.
[[nodiscard]] std::int64_t amount_of(std::uint16_t bucket);

class OwnDays {
 public:
  [[nodiscard]] std::int64_t day() const { return day_; }

  /// Of `day()`.
  [[nodiscard]] std::int64_t total() const { return total_; }

  [[nodiscard]] bool is_frozen() const { return frozen_; }

  [[nodiscard]] bool has_begun() const { return day_ != no_day; }

  /// The key did something on `day`: earlier days are over, and learned unless frozen.
  void begin_day(std::int64_t day);

  void set_total(std::int64_t total) { total_ = total; }

  /// The day is no example of what is usual.
  void freeze() { frozen_ = true; }

  /// Whether this is its first event in that hour.
  bool enter_hour(TimePoint at);

  struct Usual {
    int days = 0;               ///< on which it did anything, of the last 28
    std::int64_t age = 0;       ///< days since it was first seen
    std::int64_t busiest = 0;   ///< as it was
    std::int64_t busy_day = 0;  ///< as far as it is ordinary
  };

  [[nodiscard]] Usual usual() const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  static constexpr std::int64_t no_day = INT64_MIN;

  std::int64_t day_ = no_day;
  std::int64_t first_day_ = 0;
  std::int64_t total_ = 0;
  std::int64_t hour_ = INT64_MIN;
  std::array<std::uint16_t, learned_days> days_{};  ///< by day modulo 28
  bool frozen_ = false;
};

class PeerDays {
 public:
  /// A key's total of a day has grown from one amount to another; 0 is none.
  void move(std::int64_t day, std::int64_t from, std::int64_t to, double quantile);
  /// A key did something in this hour, for the first time.
  void enter_hour(TimePoint at);

  struct Usual {
    int days = 0;
    std::int64_t keys = 0;   ///< on a day in the middle
    std::int64_t total = 0;  ///< the quantile, likewise
  };

  /// From the days before `day`.
  [[nodiscard]] Usual usual(std::int64_t day, double quantile) const;
  /// The share of a busy day that is usual on `day` until `now`; 1 before a week was seen.
  [[nodiscard]] double season(std::int64_t day, TimePoint now) const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  static constexpr std::size_t hours_of_week = 168;

  struct OpenDay {
    std::int64_t day = 0;
    std::int64_t keys = 0;
    std::vector<std::pair<std::uint16_t, std::int64_t>> buckets;  ///< ascending
  };

  struct ClosedDay {
    std::int64_t day = 0;
    std::int64_t keys = 0;
    std::int64_t total = 0;
  };

  OpenDay* open_day(std::int64_t day, double quantile);
  [[nodiscard]] static std::int64_t quantile_of(const OpenDay& day, double quantile);

  std::deque<OpenDay> open_;  ///< ascending; two, since lines of yesterday may be late
  std::deque<ClosedDay> closed_;
  std::array<std::uint32_t, hours_of_week> shape_{};  ///< of whole weeks, older ones fading
  std::array<std::uint32_t, hours_of_week> week_{};   ///< of the week that is not over
  std::int64_t week_number_ = INT64_MIN;
};

}  // namespace noci::detect
