#include "parse/claim_counts.hpp"

#include <map>
#include <random>

#include "support/catch.hpp"

namespace noci {

TEST_CASE("claims are counted as a map counts them") {
  ClaimCounts counts;
  std::map<std::uint64_t, std::uint32_t> known;
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    // Few keys, many of them neighbours in the table, so that runs meet and wrap around.
    const std::uint64_t key = random() % 300 * 3;
    if (random() % 5 < 3 && known.size() < 120) {
      counts.add(key);
      ++known[key];
    } else if (const auto found = known.lower_bound(key); found != known.end()) {
      counts.remove(found->first);
      if (--found->second == 0) {
        known.erase(found);
      }
    }
    REQUIRE(counts.count(key) == (known.contains(key) ? known[key] : 0));
  }
  for (std::uint64_t key = 0; key < 900; ++key) {
    CHECK(counts.count(key) == (known.contains(key) ? known[key] : 0));
  }
}

}  // namespace noci
