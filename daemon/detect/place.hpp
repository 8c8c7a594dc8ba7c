#pragma once
// An address and agent together, and the accounts that were seen there: whom a request without an
// account can be linked to. The newest few accounts are kept, which is exact for none, one or
// several. Seen counts in whole minutes, so that a place changes at most once a minute for each of
// its accounts.

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci::detect {

struct Place {
  /// How long an account that was seen explains requests without one.
  static constexpr std::uint32_t linked_minutes = 30;
  /// More are told apart only as evidence: behind one address of an office sit hundreds.
  static constexpr std::size_t most_candidates = 8;

  struct Candidate {
    std::uint64_t account;  ///< fingerprint of its acquaintance
    std::uint32_t minute;   ///< since the epoch
  };

  std::uint64_t print = 0;
  Candidate newest_seen{};  ///< told last: usually it comes again, and changes nothing
  std::vector<Candidate> candidates;

  /// `account` was seen here; true when the place changed.
  bool see(std::uint64_t account, std::uint32_t minute);

  /// Whether a candidate still explains what happens at `minute`.
  [[nodiscard]] static bool explains(const Candidate& candidate, std::uint32_t minute) {
    return std::uint64_t{candidate.minute} + linked_minutes >= minute;
  }

  [[nodiscard]] std::uint32_t newest() const;
  [[nodiscard]] std::int64_t bytes() const;
  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);
};

}  // namespace noci::detect
