#include "detect/place.hpp"

#include <algorithm>

namespace noci::detect {

bool Place::see(std::uint64_t account, std::uint32_t minute) {
  if (newest_seen.account == account && newest_seen.minute == minute) {
    return false;
  }
  newest_seen = {account, minute};
  const auto found = std::ranges::find(candidates, account, &Candidate::account);
  if (found != candidates.end()) {
    const bool changed = minute > found->minute;
    found->minute = std::max(found->minute, minute);
    return changed;
  }
  if (candidates.size() < most_candidates) {
    candidates.push_back({account, minute});
    return true;
  }
  const auto oldest = std::ranges::min_element(candidates, {}, &Candidate::minute);
  if (oldest->minute > minute) {
    return false;
  }
  *oldest = {account, minute};
  return true;
}

std::uint32_t Place::newest() const {
  return candidates.empty() ? 0
                            : std::ranges::max_element(candidates, {}, &Candidate::minute)->minute;
}

std::int64_t Place::bytes() const {
  return static_cast<std::int64_t>(sizeof(Place) + candidates.size() * sizeof(Candidate) * 3 / 2);
}

void Place::save(ByteWriter& out) const {
  out.number(candidates.size());
  for (const Candidate& candidate : candidates) {
    out.fixed64(candidate.account);
    out.number(candidate.minute);
  }
}

bool Place::load(ByteReader& in) {
  const std::uint64_t count = in.count();
  if (count > most_candidates) {
    return false;
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    candidates.push_back({in.fixed64(), static_cast<std::uint32_t>(in.number())});
  }
  return in.ok();
}

}  // namespace noci::detect
