#pragma once
// A rule as it was written, checked and resolved: values only. settings/ makes them from YAML,
// detect/ compiles and runs them. docs/rules.md is the language.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.hpp"
#include "base/time.hpp"
#include "base/zones.hpp"
#include "model/event.hpp"
#include "model/totals.hpp"

namespace noci {

enum class Level : std::uint8_t { informational, low, medium, high, critical };

[[nodiscard]] std::string_view name_of(Level level);
[[nodiscard]] std::optional<Level> level_named(std::string_view name);

enum class Mode : std::uint8_t { enforce, simulate, off };

[[nodiscard]] std::string_view name_of(Mode mode);

// --- lists ---------------------------------------------------------------------------------

/// One line of lists/NAME.txt: a value or `*` glob, and what the operator said of it.
struct ListEntry {
  std::string pattern;
  std::optional<TimePoint> until;  ///< counts while event time is before this
  std::string owner;
  std::string reason;
};

struct List {
  std::string name;
  std::vector<ListEntry> entries;
};

// --- selections ----------------------------------------------------------------------------

enum class Match : std::uint8_t {
  equals,
  contains,
  startswith,
  endswith,
  cidr,
  gt,
  gte,
  lt,
  lte,
  exists,
  list
};

/// `field|modifier: value(s)`. Values are alternatives unless `all`.
struct Predicate {
  Field field = Field::action;
  Match match = Match::equals;
  bool all = false;
  /// Sigma wildcards `*` and `?` count in equals/contains/startswith/endswith unless escaped with
  /// `\`; a pattern here has them as they are and literal ones escaped.
  std::vector<std::string> texts;
  std::vector<std::int64_t> numbers;  ///< for number fields, and the threshold of gt…lte
  std::vector<Cidr> networks;
  bool expected = true;              ///< of exists
  std::shared_ptr<const List> list;  ///< of `|expand: '%NAME%'`
};

/// A named selection: any of these maps, each of which needs all its predicates.
struct Selection {
  std::string name;
  std::vector<std::vector<Predicate>> any_of;
};

/// `a and not (b or c)`: an expression over selection names, in postfix-free tree form.
struct Condition {
  enum class Op : std::uint8_t { selection, negation, conjunction, disjunction };
  Op op = Op::selection;
  std::size_t selection = 0;  ///< index into Rule::selections
  std::vector<Condition> operands;
};

// --- limits --------------------------------------------------------------------------------

enum class LimitType : std::uint8_t {
  event_count,
  value_sum,
  value_count,
  temporal,
  temporal_ordered,
  baseline,
};

inline constexpr LimitType last_limit_type = LimitType::baseline;

[[nodiscard]] std::string_view name_of(LimitType type);

/// Whether steps are awaited instead of amounts counted.
[[nodiscard]] constexpr bool is_sequence(LimitType type) {
  return type == LimitType::temporal || type == LimitType::temporal_ordered;
}

/// One step of a sequence: so many events that match.
struct SequenceStep {
  std::string select_text;  ///< as written; also its name in alerts
  Condition select;
  std::int64_t count = 1;
};

enum class Compare : std::uint8_t { gt, gte };

[[nodiscard]] std::string_view name_of(Compare compare);

/// What a day's amount is compared with; at least one of `own` and `peers` is asked for.
struct Baseline {
  LimitType of = LimitType::event_count;  ///< event_count, value_sum or value_count
  double own = 0;                         ///< times the key's own busy day; 0: not asked for
  double peers = 0;                       ///< times the quantile of the keys of the rule
  double quantile = 0.999;
  Duration warm_up = std::chrono::days{7};
  bool seasonal = true;
  std::int64_t fewest_peers = 20;
};

/// A limit that is a part of the whole.
struct Share {
  double part = 0;
  Whole of = Whole::rooms;
  std::int64_t each = 1;  ///< units of the limit's value that one of them counts: bytes a user
};

struct Limit {
  std::string name;
  LimitType type = LimitType::event_count;
  std::string select_text;  ///< as written
  Condition select;
  Field field = Field::bytes;        ///< what is summed or counted; unused by event_count
  std::vector<SequenceStep> steps;   ///< of a sequence, whose threshold is their number
  std::optional<Baseline> baseline;  ///< of a baseline, whose threshold is its floor
  Duration timespan{};
  Compare compare = Compare::gt;
  std::int64_t threshold = 0;
  std::optional<Share> share;  ///< the threshold is then at least what was written as at_least
  std::int64_t whole = 0;      ///< what the whole comes to, in units of the value; 0: not known
};

/// The limits of a key are multiplied while an event of it within `span` matched.
struct ConditionalFactor {
  std::string when_text;  ///< as written
  Condition when;
  double by = 1;
  Duration span{};
};

// --- schedule ------------------------------------------------------------------------------

/// One stretch of the week in local time, in minutes since Monday 00:00; `from` < `to` ≤ 10080.
struct WeekSpan {
  int from = 0;
  int to = 0;
};

struct Period {
  std::string name;
  std::vector<WeekSpan> when;  ///< empty for the default period
  double factor = 1;
};

/// Factors on thresholds by time of week. `weighted` scales by the time-weighted mean of the
/// factors over the limit's window, `instant` by the factor at the judged time.
struct Schedule {
  Zone zone = Zone::utc();
  std::vector<Period> periods;
  std::size_t default_period = 0;
  bool weighted = true;
  std::vector<std::chrono::local_days> holidays;  ///< sorted; the default period all day
};

// --- overrides and alerting ----------------------------------------------------------------

/// First match wins. The predicates see the group-by fields of the key only.
struct Override {
  std::vector<Predicate> match;
  std::optional<double> factor;
  bool exempt = false;
  std::optional<TimePoint> until;
  std::string reason;
};

struct Escalation {
  double at = 2;  ///< times the limit in force
  Level level = Level::critical;
};

struct EvidenceSettings {
  std::size_t samples = 8;
  /// How many of each to name: by default rooms 10, media 10, addresses 5, agents 3.
  std::vector<std::pair<Field, std::size_t>> top;
};

struct AlertSettings {
  std::vector<Escalation> escalate;  ///< ascending by `at`
  Duration resolve_after = std::chrono::minutes{30};
  std::optional<Duration> renotify;
  EvidenceSettings evidence;
};

// --- in-file tests -------------------------------------------------------------------------

/// `{n}` in a text stands for the 1-based number of the repetition.
struct TestEvent {
  TimePoint at;
  std::int64_t repeat = 1;
  Duration every{};
  std::vector<std::pair<Field, std::string>> fields;
};

struct TestExpectation {
  std::string limit;                     ///< name of the limit that must be broken
  std::optional<std::int64_t> at_event;  ///< 1-based, counted over all events of the test
  std::optional<Level> level;
  std::optional<std::string> key;
  std::string status = "firing";  ///< firing, escalated or resolved
};

struct RuleTest {
  std::string name;
  std::vector<TestEvent> events;
  ServerTotals totals{};                ///< of the server that the test plays on
  std::vector<TestExpectation> expect;  ///< exactly these, in order; empty: no alert
  int line = 0;
};

// --- the rule ------------------------------------------------------------------------------

struct Rule {
  std::string id;
  std::string title;
  std::string file;  ///< where it was read
  std::string status;
  Level level = Level::medium;
  std::string description;
  std::string runbook;
  std::vector<std::string> references;
  std::vector<std::string> tags;
  std::vector<std::string> falsepositives;
  std::vector<Selection> selections;
  std::vector<Field> group_by;
  std::vector<Limit> limits;
  std::vector<ConditionalFactor> factors;  ///< all that hold multiply
  std::optional<Schedule> schedule;
  std::vector<Override> overrides;
  AlertSettings alert;
  Mode mode = Mode::enforce;
  std::vector<RuleTest> tests;
  std::string hash;  ///< `sha256:` and 12 hex digits of the file's bytes and its lists' bytes
};

struct RuleSet {
  std::vector<Rule> rules;  ///< sorted by id
  std::vector<std::shared_ptr<const List>> lists;
};

}  // namespace noci
