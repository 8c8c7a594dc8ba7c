#include "settings/steps.hpp"

#include <algorithm>

#include "settings/condition.hpp"

namespace noci {
namespace {

class StepReader {
 public:
  StepReader(const Detection& detection, std::vector<bool>& used, Report& report)
      : detection_(detection), used_(used), report_(report) {}

  [[nodiscard]] bool read(const YamlNode& node, SequenceStep& step) {
    if (!node.is(YamlNode::Shape::map)) {
      return read_expression(node, step);
    }
    MapReader map(node, "step", report_);
    const YamlNode* select = map.need("select", "which events: a selection or an expression");
    step.count = map.integer("count", 1, 1, most_step_events);
    map.finish();
    return select != nullptr && read_expression(*select, step);
  }

 private:
  [[nodiscard]] bool read_expression(const YamlNode& node, SequenceStep& step) {
    const auto text = as_text(node, "step", report_);
    if (!text) {
      return false;
    }
    step.select_text = *text;
    Place place = node.place;
    place.column += node.quoted ? 1 : 0;
    auto condition = parse_condition(*text, place, detection_.selections, used_, report_);
    if (condition) {
      step.select = std::move(*condition);
    }
    return condition.has_value();
  }

  const Detection& detection_;
  std::vector<bool>& used_;
  Report& report_;
};

/// How many events one key may have to be remembered for: before each event of a step that may
/// begin it, as many as complete the step before.
std::int64_t events_to_remember(const Limit& limit) {
  std::int64_t sum = 0;
  std::int64_t later = 0;
  for (auto step = limit.steps.rbegin(); step != limit.steps.rend(); ++step) {
    later = step->count * (limit.type == LimitType::temporal_ordered ? later + 1 : 1);
    later = std::min(later, most_step_events + 1);
    sum += later;
  }
  return sum;
}

}  // namespace

bool read_steps(const YamlNode& node, const Detection& detection, std::vector<bool>& used,
                Report& report, Limit& limit) {
  bool all_read = true;
  StepReader reader(detection, used, report);
  for (const YamlNode* item : items_of(node)) {
    all_read = reader.read(*item, limit.steps.emplace_back()) && all_read;
  }
  if (limit.steps.size() < 2 || limit.steps.size() > most_steps) {
    report.fault(node.place, "out-of-range",
                 "a sequence has " + std::to_string(limit.steps.size()) + " steps",
                 "name 2 to " + std::to_string(most_steps) + " of them, as in [search, join]");
  } else if (events_to_remember(limit) > most_step_events) {
    report.fault(node.place, "out-of-range",
                 "the counts of the steps multiply to more than " +
                     std::to_string(most_step_events) + " events to remember for each key",
                 "use smaller counts; one count above ten is rarely needed");
  }
  return all_read;
}

}  // namespace noci
