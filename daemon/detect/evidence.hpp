#pragma once
// What an operator needs to check an alert: the last few requests and the most frequent rooms,
// media, addresses and agents of one key under one rule. Bounded whatever an attacker sends: the
// heavy hitters are Space-Saving (Metwally, Agrawal, El Abbadi: "Efficient Computation of Frequent
// and Top-k Elements in Data Streams", 2005), long strings are cut. Counts given are guaranteed:
// at least so many; `truncated` tells that rarer values were forgotten.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "model/alert.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"

namespace noci::detect {

/// The most frequent values of a stream, in `capacity` places.
class FrequentValues {
 public:
  void add(std::string_view value, std::size_t capacity);
  /// Largest first, by name where equal.
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> top(std::size_t count) const;

  [[nodiscard]] bool has_forgotten() const { return forgotten_; }

  [[nodiscard]] std::int64_t bytes() const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  struct Place {
    std::string value;
    std::uint64_t hash = 0;  ///< of the value: others of its length are told apart at once
    std::int64_t count = 0;
    std::int64_t error = 0;  ///< of `count`, at most: what the value before it had
  };

  std::vector<Place> places_;
  std::size_t text_bytes_ = 0;  ///< of all values
  bool forgotten_ = false;
};

/// The settings of a rule with its defaults filled in.
[[nodiscard]] EvidenceSettings resolved_evidence(const Rule& rule);

class EvidenceCollector {
 public:
  void add(const Event& event, const EvidenceSettings& settings);
  [[nodiscard]] Evidence evidence(const EvidenceSettings& settings) const;

  [[nodiscard]] TimePoint first_event() const { return first_event_; }

  [[nodiscard]] TimePoint last_event() const { return last_event_; }

  [[nodiscard]] std::int64_t bytes() const;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);

 private:
  FrequentValues& values_of(Field field);
  [[nodiscard]] std::vector<LinkedAccount> linked() const;

  std::deque<Sample> samples_;
  std::vector<std::pair<Field, FrequentValues>> values_;
  // Accounts of requests without one: the only candidate, and one of several.
  FrequentValues alone_;
  FrequentValues several_;
  TimePoint first_event_;
  TimePoint last_event_;
  bool any_ = false;
};

}  // namespace noci::detect
