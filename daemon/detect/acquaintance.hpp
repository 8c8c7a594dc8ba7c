#pragma once
// What one account is known to use: addresses, networks, countries, autonomous systems, agents,
// endpoint classes, servers of rooms, hours of the day. Says of each request what is new about it.
// An item is new for `stays_new` after its first use, and forgotten when it was not used for
// `remembered`. Nothing is said until the account is known for `warm_after` and was used on
// `warm_days` days; what it used until then is not new later. An account that was silent for
// `remembered` begins anew. Nothing freezes it: a thief's network is known like any other in time,
// which is why rules should look at what is new together with how much is taken.
// Bounded: of each kind the most recently used items up to a cap; the oldest goes first and would
// be new again. Items are 32-bit seeded fingerprints, so that something new is taken for known with
// a probability of at most 64 / 2^32 = 1.5e-8. Time counts in whole hours, since that is enough and
// a record then changes at most once an hour, but for news.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "model/event.hpp"
#include "model/geography.hpp"
#include "model/novelty.hpp"

namespace noci::detect {

/// Kinds of items: the traits from address to server.
inline constexpr std::size_t item_kinds = 7;

/// What a request shows of its account. Fingerprints are 0 where it shows nothing.
struct Meeting {
  std::array<std::uint32_t, item_kinds> prints{};
  std::uint32_t hour = 0;  ///< since the epoch
  /// 0 to 23 on working days, 24 to 47 on weekends, local time; unset when nobody need be awake.
  std::optional<int> hour_of_day;
};

/// Unset as long as nothing can be said; whole days, at most `most_days`.
struct KnownDays {
  static constexpr std::int64_t most_days = 14;

  std::optional<std::int8_t> account;
  std::optional<std::int8_t> address;
  std::optional<std::int8_t> network;
  std::optional<std::int8_t> agent;
};

class Acquaintance {
 public:
  static constexpr Duration remembered = std::chrono::days{60};
  static constexpr Duration stays_new = std::chrono::hours{24};
  static constexpr Duration warm_after = std::chrono::hours{72};
  static constexpr int warm_days = 3;
  /// Hours of the day need a week: until then no weekend was seen.
  static constexpr Duration hours_warm_after = std::chrono::days{7};

  // Of its table.
  std::uint64_t print = 0;

  /// Says what is new and remembers it; true when the record changed. The trait `account` is left
  /// to who knows since when accounts are watched at all.
  bool meet(const Meeting& meeting, Novelty& novelty, KnownDays& days);

  /// The account's id.
  [[nodiscard]] const std::string& name() const { return name_; }

  void set_name(std::string_view name) { name_ = name; }

  /// After meet: whether enough is known to call anything new.
  [[nodiscard]] bool is_warm() const;

  [[nodiscard]] std::uint32_t last_hour() const { return last_; }

  /// Speed, in km/h, from where it was before; unset without a place before. Never more than it
  /// was: the time before is rounded down, and less than 100 km is no journey, for databases err.
  /// Sets `changed` when the record did.
  std::optional<std::int64_t> travel(const Coordinates& here, TimePoint at, bool& changed);

  [[nodiscard]] std::int64_t bytes() const;
  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  /// What was said of the meeting before: clients come many times an hour in the same way, and then
  /// the items need not be looked at.
  struct Told {
    std::uint64_t meeting = 0;  ///< its fingerprint; 0: none
    Novelty novelty;
    KnownDays days;
  };

  /// Hours since the epoch, of which 16 bits are kept: items live shorter than that lasts.
  struct Item {
    std::uint32_t print;
    std::uint16_t first;
    std::uint16_t last;
  };

  /// Hours since its first use, as far as that matters.
  std::uint32_t use(std::size_t kind, std::uint32_t item, std::uint32_t hour, bool& changed);
  void forget_old();
  bool is_new_hour(const Meeting& meeting, bool& changed);
  bool take_in(const Meeting& meeting, Novelty& novelty, KnownDays& days);

  Told told_;
  std::uint32_t first_ = 0;
  std::uint32_t last_ = 0;
  std::uint8_t days_ = 0;  ///< of use, until it is warm; 0: not met yet
  std::array<std::uint8_t, item_kinds> counts_{};
  std::vector<Item> items_;  ///< by kind
  // One bit for each hour of the day that was used since `hours_since_`, and before that. The
  // generations change after half of `remembered`.
  std::array<std::uint64_t, 2> hours_{};
  std::uint32_t hours_since_ = 0;
  std::uint32_t new_hour_ = 0;  ///< the newest hour that was new
  std::int32_t latitude_ = 0;   ///< in ten-thousandths of a degree, which are eleven metres
  std::int32_t longitude_ = 0;
  std::uint32_t located_ = 0;  ///< in tens of minutes since the epoch; 0: never
  std::string name_;
};

}  // namespace noci::detect
