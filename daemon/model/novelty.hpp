#pragma once
// What may be new about a request of an account: the words of the fields first_seen.… and
// known_days.…, and how an event carries them.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace noci {

enum class Trait : std::uint8_t {
  account,  ///< itself never seen before
  address,
  network,
  country,
  as,      ///< autonomous system
  agent,   ///< the product, not its version
  action,  ///< endpoint class
  server,  ///< whose room it is
  hour,    ///< of the day, on working days and weekends apart
};

inline constexpr std::size_t trait_count = 9;

/// `known` → `true` or `false`, in the words of rules; empty when unset.
[[nodiscard]] constexpr std::string_view flag_text(std::optional<bool> flag) {
  return !flag ? std::string_view() : *flag ? "true" : "false";
}

/// For each trait: new, not new, or nothing known about it.
class Novelty {
 public:
  void set(Trait trait, bool is_new) {
    const std::uint16_t bit = bit_of(trait);
    known_ = static_cast<std::uint16_t>(known_ | bit);
    new_ = static_cast<std::uint16_t>(is_new ? new_ | bit : new_ & ~bit);
  }

  /// Takes what `other` knows and this does not.
  void fill(const Novelty& other) {
    const auto more = static_cast<std::uint16_t>(other.known_ & ~known_);
    known_ = static_cast<std::uint16_t>(known_ | more);
    new_ = static_cast<std::uint16_t>(new_ | (other.new_ & more));
  }

  [[nodiscard]] std::optional<bool> of(Trait trait) const {
    return (known_ & bit_of(trait)) == 0 ? std::nullopt
                                         : std::optional((new_ & bit_of(trait)) != 0);
  }

  /// One bit for each trait that something is known about, the first trait lowest.
  [[nodiscard]] std::uint16_t known() const { return known_; }

 private:
  static std::uint16_t bit_of(Trait trait) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(trait));
  }

  std::uint16_t known_ = 0;
  std::uint16_t new_ = 0;
};

}  // namespace noci
