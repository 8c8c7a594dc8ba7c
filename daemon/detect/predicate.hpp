#pragma once
// Predicates of rules, compiled for one look at an event. Sigma's meaning: values are alternatives
// unless `all`; a missing field matches nothing, except `exists: false`.

#include <bitset>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/bytes.hpp"
#include "detect/shape.hpp"
#include "detect/text_pattern.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"

namespace noci::detect {

/// An event being looked at; what is worked out once is kept.
class Look {
 public:
  explicit Look(const Event& event) : event_(event) {}

  [[nodiscard]] const Event& event() const { return event_; }

  [[nodiscard]] const std::optional<IpAddress>& source_ip() const;

 private:
  const Event& event_;
  mutable bool parsed_ = false;
  mutable std::optional<IpAddress> source_ip_;
};

/// A list from lists/NAME.txt: plain values in a table, globs one after the other.
class CompiledList {
 public:
  CompiledList(const List& list, bool case_sensitive);
  /// Whether an entry that still counts at `when` matches.
  [[nodiscard]] bool contains(std::string_view value, TimePoint when) const;

  [[nodiscard]] bool is_empty() const { return values_.empty() && globs_.empty(); }

 private:
  struct Glob {
    TextPattern pattern;
    TimePoint until;
  };

  bool case_sensitive_;

  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  /// Until when each counts.
  boost::unordered_flat_map<std::string, TimePoint, Hash, std::equal_to<>> values_;
  std::vector<Glob> globs_;
};

/// What a shape alone says about a predicate or a condition.
enum class Verdict : std::uint8_t { no, maybe, yes };

class CompiledPredicate {
 public:
  explicit CompiledPredicate(const Predicate& predicate);
  [[nodiscard]] bool matches(const Look& look) const;
  [[nodiscard]] Verdict judge(const Shape& shape) const;

  [[nodiscard]] Field field() const { return field_; }

  [[nodiscard]] bool wants_absence() const { return match_ == Match::exists && !expected_; }

  /// The parts that `until` makes depend on time.
  [[nodiscard]] bool depends_on_time() const { return depends_on_time_; }

 private:
  [[nodiscard]] bool matches_text(std::string_view text, TimePoint when) const;
  [[nodiscard]] bool matches_number(std::int64_t number) const;
  [[nodiscard]] bool matches_network(const Look& look) const;

  Field field_;
  Match match_;
  bool all_;
  bool expected_;
  bool depends_on_time_ = false;
  std::vector<TextPattern> patterns_;
  std::vector<std::int64_t> numbers_;
  std::vector<Cidr> networks_;
  std::shared_ptr<const CompiledList> list_;
  // The answer for each, where it is fixed.
  std::optional<std::bitset<action_count>> actions_;
  std::optional<std::bitset<outcome_count>> outcomes_;
};

/// The meaning of a predicate as bytes: equal bytes, equal meaning.
void write_canonical(ByteWriter& out, const Predicate& predicate);

}  // namespace noci::detect
