#include "settings/limits.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "settings/baseline.hpp"
#include "settings/condition.hpp"
#include "settings/steps.hpp"
#include "settings/suggest.hpp"
#include "settings/totals.hpp"

namespace noci {
namespace {

using Shape = YamlNode::Shape;

// Synapse's own limiters that act per account (config/ratelimiting.py): whoever stays under a
// limit that permits more than these in its timespan is stopped by Synapse, not by us.
struct Limiter {
  Action action;
  std::string_view name;
  double per_second;
  double burst;
};

constexpr std::array limiters{
    Limiter{Action::room_join, "rc_joins.local", 0.1, 10},
    Limiter{Action::user_directory_search, "rc_user_directory", 0.016, 200}};

/// The actions that `condition` lets through, as far as plain `event.action` equalities tell;
/// empty when it may be any.
std::set<std::string> actions_of(const Condition& condition,
                                 const std::vector<Selection>& selections) {
  std::set<std::string> actions;
  switch (condition.op) {
    case Condition::Op::negation:
      return {};
    case Condition::Op::conjunction:
      for (const Condition& operand : condition.operands) {
        // Any operand that bounds the action bounds the whole.
        actions = actions_of(operand, selections);
        if (!actions.empty()) {
          return actions;
        }
      }
      return {};
    case Condition::Op::disjunction:
      for (const Condition& operand : condition.operands) {
        const auto more = actions_of(operand, selections);
        if (more.empty()) {
          return {};
        }
        actions.insert(more.begin(), more.end());
      }
      return actions;
    case Condition::Op::selection:
      break;
  }
  for (const auto& predicates : selections[condition.selection].any_of) {
    const auto bounds = [](const Predicate& each) {
      return each.field == Field::action && each.match == Match::equals;
    };
    const auto found = std::find_if(predicates.begin(), predicates.end(), bounds);
    if (found == predicates.end()) {
      return {};
    }
    actions.insert(found->texts.begin(), found->texts.end());
  }
  return actions;
}

class CorrelationReader {
 public:
  CorrelationReader(const Detection& detection, Report& report)
      : detection_(detection), used_(detection.selections.size()), report_(report) {}

  Correlation read(const YamlNode& node) {
    MapReader map(node, "correlation", report_);
    if (const YamlNode* fields = map.need("group-by", "about whom: user.id, source.ip, …")) {
      read_group_by(*fields);
    }
    if (const YamlNode* limits = map.need("limits", "list at least one limit")) {
      for (const YamlNode* item : items_of(*limits)) {
        read_limit(*item);
      }
      if (result_.limits.empty()) {
        report_.fault(limits->place, "missing-key", "the rule has no limit", "list at least one");
      }
    }
    if (const YamlNode* factors = map.find("factor", true)) {
      for (const YamlNode* item : items_of(*factors)) {
        read_factor(*item);
      }
    }
    map.finish();
    for (std::size_t i = 0; i < used_.size(); ++i) {
      if (!used_[i] && !unread_) {
        report_.fault(detection_.places[i], "unused-selection",
                      "no limit uses selection " + cite(detection_.selections[i].name),
                      "name it in a 'select', or remove it");
      }
    }
    return std::move(result_);
  }

 private:
  void read_group_by(const YamlNode& node) {
    constexpr std::size_t most_fields = 4;
    for (const YamlNode* item : items_of(node)) {
      const auto name = as_text(*item, "group-by", report_);
      const auto field = name ? read_field(*item, *name, report_) : std::nullopt;
      if (!field) {
        continue;
      }
      auto& fields = result_.group_by;
      if (is_number(*field) || *field == Field::timestamp) {
        report_.fault(item->place, "bad-value", cite(*name) + " cannot say about whom",
                      "group by a text field such as user.id");
      } else if (std::find(fields.begin(), fields.end(), *field) != fields.end()) {
        report_.fault(item->place, "duplicate-name", cite(*name) + " stands here twice",
                      "keep one");
      } else {
        fields.push_back(*field);
      }
    }
    if (result_.group_by.size() > most_fields) {
      report_.fault(node.place, "out-of-range", "'group-by' takes four fields at most",
                    "as in [user.id]; [] is the whole server");
    }
  }

  void read_limit(const YamlNode& node) {
    MapReader map(node, "limit", report_);
    const std::size_t before = report_.fault_count();
    Limit limit;
    read_name(map, limit);
    const YamlNode* type = map.need("type", "event_count, value_sum, value_count, temporal, …");
    if (type != nullptr) {
      const std::vector<std::string_view> types{"event_count", "value_sum",        "value_count",
                                                "temporal",    "temporal_ordered", "baseline"};
      limit.type = static_cast<LimitType>(as_choice(*type, "type", types, report_).value_or(0));
    }
    if (is_sequence(limit.type)) {
      read_sequence(map, limit);
    } else {
      map.refuse("steps", "only temporal and temporal_ordered have steps");
      read_select(map, limit);
    }
    if (limit.type == LimitType::baseline) {
      read_usual(map, limit);
    } else if (!is_sequence(limit.type)) {
      read_counted_field(map, limit);
    }
    if (limit.baseline) {
      limit.timespan = std::chrono::days{1};
    } else if (const YamlNode* span = map.need("timespan", "how long the window is: 10m, 24h")) {
      limit.timespan = as_duration(*span, "timespan", shortest_timespan, longest_timespan, report_)
                           .value_or(shortest_timespan);
    }
    if (is_sequence(limit.type)) {
      limit.compare = Compare::gte;
      limit.threshold = static_cast<std::int64_t>(limit.steps.size());
    } else if (limit.baseline) {
      limit.compare = Compare::gt;
    } else if (const YamlNode* condition = map.need("condition", "the bound: {gt: 20}")) {
      read_threshold(*condition, limit);
    }
    map.finish();
    if (report_.fault_count() == before) {
      compare_with_synapse(limit, map.place());
    }
    result_.limits.push_back(std::move(limit));
  }

  void read_name(MapReader& map, Limit& limit) {
    const YamlNode* node = map.need("name", "alerts and tests refer to it");
    if (node == nullptr) {
      return;
    }
    limit.name = as_text(*node, "name", report_).value_or("");
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    constexpr std::size_t longest = 64;
    if (limit.name.empty() || limit.name.size() > longest ||
        limit.name.find_first_not_of(allowed) != std::string::npos) {
      report_.fault(node->place, "bad-value", cite(limit.name) + " cannot name a limit",
                    "use 1 to 64 letters, digits, `_` and `-`");
    } else if (!names_.insert(limit.name).second) {
      report_.fault(node->place, "duplicate-name", "two limits are called " + cite(limit.name),
                    "name them differently");
    }
  }

  void read_select(MapReader& map, Limit& limit) {
    Place place = detection_.condition_place;
    limit.select_text = detection_.condition;
    if (const YamlNode* select = map.find("select")) {
      limit.select_text = as_text(*select, "select", report_).value_or("");
      place = select->place;
      place.column += select->quoted ? 1 : 0;
    } else if (map.has("select")) {
      return;
    } else if (limit.select_text.empty()) {
      report_.fault(map.place(), "missing-key", "the limit has no 'select'",
                    "name a selection, or give 'detection' a 'condition'");
      return;
    }
    if (auto condition =
            parse_condition(limit.select_text, place, detection_.selections, used_, report_)) {
      limit.select = std::move(*condition);
    } else {
      unread_ = true;
    }
  }

  void read_sequence(MapReader& map, Limit& limit) {
    for (const std::string_view key : {"select", "field", "condition"}) {
      map.refuse(key, "a sequence is broken by its last step: name selections in 'steps'");
    }
    if (const YamlNode* steps =
            map.need("steps", "the selections in their order: [search, join]")) {
      unread_ = !read_steps(*steps, detection_, used_, report_, limit) || unread_;
    }
  }

  /// What is counted is read as for a limit of that type.
  void read_usual(MapReader& map, Limit& limit) {
    limit.baseline = read_baseline(map, report_);
    limit.type = limit.baseline->of;
    read_counted_field(map, limit);
    if (const YamlNode* floor = map.need("at_least", "a day of less is never reported: 50")) {
      read_bound(*floor, "at_least", limit);
    }
    limit.type = LimitType::baseline;
  }

  /// `{when: new_network, by: 0.5, for: 24h}`
  void read_factor(const YamlNode& node) {
    MapReader map(node, "factor", report_);
    ConditionalFactor factor;
    if (const YamlNode* when = map.need("when", "a selection or an expression")) {
      factor.when_text = as_text(*when, "when", report_).value_or("");
      Place place = when->place;
      place.column += when->quoted ? 1 : 0;
      auto condition =
          parse_condition(factor.when_text, place, detection_.selections, used_, report_);
      unread_ = unread_ || !condition;
      factor.when = condition ? std::move(*condition) : Condition{};
    }
    if (const YamlNode* by = map.need("by", "what the limits are multiplied by: 0.5")) {
      factor.by = as_number(*by, "by", 0.01, 1000, report_).value_or(1);
    }
    if (const YamlNode* span = map.need("for", "how long after such an event: 24h")) {
      factor.span = as_duration(*span, "for", shortest_timespan, longest_timespan, report_)
                        .value_or(shortest_timespan);
    }
    map.finish();
    result_.factors.push_back(std::move(factor));
  }

  void read_counted_field(MapReader& map, Limit& limit) {
    const bool counts_events = limit.type == LimitType::event_count;
    const YamlNode* node = map.find("field");
    if (counts_events == map.has("field")) {
      report_.fault(counts_events ? map.place_of("field") : map.place(),
                    counts_events ? "conflict" : "missing-key",
                    counts_events ? "event_count counts events and has no 'field'"
                                  : "the limit has no 'field'",
                    counts_events ? "remove it, or use value_count to count different values"
                                  : "name what is summed or counted");
    }
    const auto name = node == nullptr ? std::nullopt : as_text(*node, "field", report_);
    const auto field = name ? read_field(*node, *name, report_) : std::nullopt;
    if (!field || counts_events) {
      return;
    }
    limit.field = *field;
    const auto& keys = result_.group_by;
    if (limit.type == LimitType::value_sum && !is_number(*field)) {
      report_.fault(node->place, "wrong-type", cite(*name) + " is text and cannot be summed",
                    "use value_count to count its different values");
    } else if (limit.type == LimitType::value_count &&
               (is_number(*field) || *field == Field::timestamp)) {
      report_.fault(node->place, "wrong-type",
                    "different values of " + cite(*name) + " cannot be counted",
                    "use value_sum to add them up");
    } else if (std::find(keys.begin(), keys.end(), *field) != keys.end()) {
      report_.fault(node->place, "pointless", "each key has one " + cite(*name) + " only",
                    "count a field that is not in 'group-by'");
    }
  }

  void read_threshold(const YamlNode& node, Limit& limit) {
    MapReader map(node, "condition", report_);
    for (const std::string_view word : {"lt", "lte", "eq", "neq"}) {
      map.refuse(word, "a limit is an upper bound: use gt or gte");
    }
    const YamlNode* gt = map.find("gt");
    const YamlNode* gte = map.find("gte");
    if (map.has("gt") == map.has("gte")) {
      report_.fault(map.place(), "missing-key", "the condition needs 'gt' or 'gte', and not both",
                    "as in {gt: 20}");
    }
    const YamlNode* bound = gt != nullptr ? gt : gte;
    const bool of_whole = bound != nullptr && is_share(*bound);
    if (of_whole) {
      limit.share = read_share(*bound, map, report_);
      if (const YamlNode* least = map.need("at_least", "what people take of a small server")) {
        read_bound(*least, "at_least", limit);
      }
    } else {
      for (const std::string_view word : {"of", "each", "at_least"}) {
        map.refuse(word, "only a share has it: {gt: 0.25%, of: rooms, at_least: 30}");
      }
    }
    map.finish();
    if (bound == nullptr) {
      return;
    }
    limit.compare = gt != nullptr ? Compare::gt : Compare::gte;
    if (!of_whole) {
      read_bound(*bound, gt != nullptr ? "gt" : "gte", limit);
    }
    if (limit.compare == Compare::gte && limit.threshold == 0 && bound->text == "0") {
      report_.fault(bound->place, "out-of-range", "'gte: 0' is always true", "use at least 1");
    }
  }

  void read_bound(const YamlNode& bound, std::string_view name, Limit& limit) {
    const bool sums = limit.type == LimitType::value_sum;
    const auto threshold = sums ? read_field_number(bound, limit.field, name, report_)
                                : as_integer(bound, name, 0, most_threshold, report_);
    limit.threshold = threshold.value_or(0);
    if (limit.threshold > most_threshold) {
      report_.fault(bound.place, "out-of-range", cite(name) + " is " + cite(bound.text),
                    "it must be at most " + std::to_string(most_threshold));
    }
  }

  void compare_with_synapse(const Limit& limit, Place place) {
    const auto& keys = result_.group_by;
    const bool by_account = std::find(keys.begin(), keys.end(), Field::user_id) != keys.end();
    if (!by_account ||
        (limit.type != LimitType::event_count && limit.type != LimitType::value_count)) {
      return;
    }
    const auto actions = actions_of(limit.select, detection_.selections);
    for (const Limiter& limiter : limiters) {
      const double seconds = std::chrono::duration<double>(
                                 std::chrono::duration_cast<std::chrono::seconds>(limit.timespan))
                                 .count();
      const double permitted = limiter.burst + limiter.per_second * seconds;
      if (actions.size() == 1 && *actions.begin() == name_of(limiter.action) &&
          static_cast<double>(limit.threshold) >= permitted) {
        report_.warn(place, "above-rate-limit",
                     "limit " + cite(limit.name) + " can hardly be reached: Synapse's " +
                         std::string(limiter.name) + " permits about " +
                         describe_count(static_cast<std::int64_t>(permitted)) + " in " +
                         describe_duration(limit.timespan),
                     "choose a limit well below, unless you have raised Synapse's");
      }
    }
  }

  /// Factors multiply thresholds; this leaves room for them.
  static constexpr std::int64_t most_threshold = std::int64_t{1} << 50;

  const Detection& detection_;
  std::vector<bool> used_;
  bool unread_ = false;  ///< a select could not be read, and what it uses is unknown
  Report& report_;
  Correlation result_;
  std::set<std::string> names_;
};

}  // namespace

Correlation read_correlation(const YamlNode& node, const Detection& detection, Report& report) {
  return CorrelationReader(detection, report).read(node);
}

}  // namespace noci
