#pragma once
// What is known of who and from where, between parsing and the engine: fills in the fields of an
// event that its line does not say, from what came before it. A pure function with memory: no
// clock, no files; where addresses are it asks a Geography.
//   who       actor.id: the account, or for a request without one the only account that was seen
//             on the same address and agent in the last half hour (place.hpp)
//   where     source.network, source.geo.country, source.as
//   as usual? first_seen.…, known_days.…, travel.kmh (acquaintance.hpp)
// Promises: of a proven request the actor is its account, whatever came before and in whatever
// order; what an event has already is left as it is (a rule's test may say more than a log);
// run(A+B) equals run(A), save, restore, run(B). Memory is bounded by a budget: the account that
// was silent for longest is forgotten first, and counted. The homeserver is part of every key.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/zones.hpp"
#include "detect/acquaintance.hpp"
#include "detect/kept_table.hpp"
#include "detect/place.hpp"
#include "detect/predicate.hpp"
#include "model/event.hpp"
#include "model/geography.hpp"
#include "model/rule.hpp"
#include "model/stats.hpp"

namespace noci {

struct FamiliarOptions {
  HashSeed seed{};
  Duration lateness{};
  std::int64_t memory_budget = std::int64_t{128} << 20;  ///< bytes
  std::vector<Zone> zones;  ///< of the hours of the day, by source; UTC where there is none
};

class Familiar {
 public:
  explicit Familiar(FamiliarOptions options = {});

  /// Of these lists `shared_addresses` counts: requests from such an address are never linked.
  void use_lists(const std::vector<std::shared_ptr<const List>>& lists);
  /// Nothing is known of addresses without one.
  void use_geography(std::shared_ptr<const Geography> geography);

  /// `at` is the event's time as it is believed. The event's new views are valid until the next
  /// call.
  void regard(Event& event, TimePoint at);

  /// What a commit must keep now; `whole` when it needs no earlier one. It is to be numbered one
  /// after the other, as the engine's, and restored in the same order.
  struct State {
    std::vector<std::string> blobs;  ///< the head first
    std::uint64_t oldest_needed = 0;
  };

  [[nodiscard]] State take_state(bool whole);
  /// Whether the oldest state without an answer was kept.
  void state_settled(bool kept);
  /// To a fresh one, every blob of every commit that was kept. On an error it must be thrown away.
  [[nodiscard]] Result<void> restore(std::uint64_t number, std::string_view blob);
  [[nodiscard]] Result<void> finish_restore();

  [[nodiscard]] FamiliarStats stats() const;

 private:
  /// Of an address, worked out once.
  struct Origin {
    std::uint64_t print = 0;
    std::string address;
    std::string network;
    Whereabouts where;
    std::string as;
    std::array<std::uint32_t, detect::item_kinds> prints{};
  };

  struct Product {
    std::uint64_t agent = 0;
    std::uint32_t print = 0;
  };

  /// Of the request at hand: its address, if there is one, and its agent's fingerprint.
  struct Sender {
    const Origin* origin = nullptr;
    std::uint64_t agent = 0;
  };

  struct LocalHour {
    std::int64_t quarter = -1;
    int hour_of_day = 0;
  };

  using Acquaintance = detect::Acquaintance;
  using Place = detect::Place;

  [[nodiscard]] const Origin& origin_of(std::string_view address);
  [[nodiscard]] std::uint32_t item_print(Trait trait, std::string_view text) const;
  [[nodiscard]] std::uint32_t product_print(std::string_view agent, std::uint64_t print);
  [[nodiscard]] std::uint64_t account_print(const Event& event);
  [[nodiscard]] std::uint64_t place_print(const Event& event, const Sender& sender);
  [[nodiscard]] int hour_of_day(SourceIndex source, TimePoint at);
  [[nodiscard]] bool is_shared(std::string_view address, TimePoint at) const;
  void say_where(Event& event, const Origin& origin) const;
  [[nodiscard]] detect::Meeting meeting_of(const Event& event, TimePoint at, const Sender& sender);
  void meet(Event& event, TimePoint at, const Sender& sender);
  void see(const Event& event, TimePoint at, const Sender& sender, std::uint64_t account);
  void link(Event& event, TimePoint at, const Sender& sender);
  [[nodiscard]] Acquaintance& acquaintance_of(const Event& event, std::uint64_t print,
                                              std::uint32_t hour);
  void keep_budget(std::uint32_t hour);

  // familiar_persist.cpp
  [[nodiscard]] std::string sealed(ByteWriter& out) const;
  [[nodiscard]] bool read_head(ByteReader& in, std::uint64_t number, bool whole);

  FamiliarOptions options_;
  std::array<HashSeed, trait_count> seeds_{};
  std::array<std::uint32_t, action_count> actions_{};  ///< fingerprints of their names
  std::unique_ptr<detect::CompiledList> shared_;
  std::shared_ptr<const Geography> geography_;
  detect::KeptTable<Acquaintance> people_;
  detect::KeptTable<Place> places_;
  std::optional<std::uint32_t> began_;   ///< hour of the first event
  std::optional<std::uint32_t> forgot_;  ///< hour of the last account that had to be forgotten
  FamiliarStats stats_;

  // Answers that would come out the same again, by fingerprint.
  std::vector<Origin> origins_;
  std::vector<Product> products_;
  std::vector<LocalHour> hours_;  ///< by source
  std::string key_;
  std::vector<std::string_view> candidates_;  ///< of the event at hand
};

}  // namespace noci
