#include "settings/rule_tests.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "settings/detection.hpp"
#include "settings/file.hpp"
#include "settings/suggest.hpp"
#include "settings/totals.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;
using Shape = YamlNode::Shape;

constexpr std::int64_t most_events = 200'000;  // a test takes seconds at the most

/// An RFC 3339 time; without `Z` or offset it is local time of `zone`.
std::optional<TimePoint> parse_time(std::string_view text, const Zone& zone) {
  const auto time = parse_rfc3339(text);
  const auto clock = text.find_first_of("Tt ");
  const bool zoned = clock != std::string_view::npos &&
                     text.find_first_of("zZ+-", clock) != std::string_view::npos;
  if (!time || zoned) {
    return time;
  }
  return zone.to_utc(LocalTime(time->time_since_epoch()), *time);
}

class TestReader {
 public:
  TestReader(Zone zone, const std::vector<Limit>& limits, Report& report)
      : zone_(zone), limits_(limits), report_(report) {}

  RuleTest read(const YamlNode& node) {
    MapReader map(node, "test", report_);
    test_.line = map.place().line;
    if (const YamlNode* name = map.need("name", "say in a few words what must happen")) {
      test_.name = as_text(*name, "name", report_).value_or("");
    }
    read_zone(map);
    if (const YamlNode* totals = map.find("totals")) {
      test_.totals = read_totals(*totals, report_);
    }
    if (const YamlNode* events = map.need("events", "list them, or name file:NAME.jsonl")) {
      read_events(*events);
    }
    if (!map.has("expect")) {
      report_.fault(map.place(), "missing-key", "the test has no 'expect'",
                    "list the alerts, or write `expect: []` for silence");
    }
    if (const YamlNode* expect = map.find("expect", true)) {
      for (const YamlNode* item : items_of(*expect)) {
        read_expectation(*item);
      }
    }
    map.finish();
    return std::move(test_);
  }

 private:
  void read_zone(MapReader& map) {
    const YamlNode* node = map.find("timezone");
    const auto name = node == nullptr ? std::nullopt : as_text(*node, "timezone", report_);
    if (!name) {
      return;
    }
    if (const auto zone = Zone::find(*name)) {
      zone_ = *zone;
    } else {
      report_.fault(node->place, "unknown-timezone", "unknown time zone " + cite(*name),
                    "use an IANA name such as Europe/Paris or UTC");
    }
  }

  void read_events(const YamlNode& node) {
    constexpr std::string_view prefix = "file:";
    if (node.is(Shape::scalar) && node.text.substr(0, prefix.size()) == prefix) {
      read_file(node, node.text.substr(prefix.size()));
      return;
    }
    for (const YamlNode* item : items_of(node)) {
      read_event(*item);
    }
    if (test_.events.empty()) {
      report_.fault(node.place, "missing-key", "the test has no events", "list at least one");
    }
    if (count_ > most_events) {
      report_.fault(node.place, "too-large", "the test has " + describe_count(count_) + " events",
                    "at most " + describe_count(most_events) + " can be played");
    }
  }

  void read_event(const YamlNode& node) {
    MapReader map(node, "event", report_);
    TestEvent event;
    if (const YamlNode* at = map.need("at", "when the event happens: '2026-06-07T02:00:00'")) {
      read_time(*at, event);
    }
    event.repeat = map.integer("repeat", 1, 1, most_events);
    event.every = map.duration("every", 0s, 0s, std::chrono::days{30});
    if (event.repeat > 1 && !map.has("every")) {
      report_.fault(map.place(), "missing-key", "the event repeats but has no 'every'",
                    "say how far apart, for example every: 2s");
    }
    count_ = std::min(most_events + 1, count_ + event.repeat);
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::string& key = node.keys[i].text;
      if (key != "at" && key != "repeat" && key != "every") {
        read_value(node.keys[i], node.items[i], event);
      }
    }
    test_.events.push_back(std::move(event));
  }

  void read_time(const YamlNode& node, TestEvent& event) {
    if (const auto time = node.is(Shape::scalar) ? parse_time(node.text, zone_) : std::nullopt) {
      event.at = *time;
    } else {
      report_.fault(node.place, "bad-date", "'at' is not a time",
                    "write '2026-06-07T02:00:00', with Z or in the test's timezone");
    }
  }

  void read_value(const YamlNode& key, const YamlNode& value, TestEvent& event) {
    if (key.text == name_of(Field::timestamp)) {
      report_.fault(key.place, "unknown-key", "an event's time is its 'at'", "write at: …");
      return;
    }
    const auto field = read_field(key, key.text, report_);
    if (!field) {
      return;
    }
    if (is_number(*field)) {
      if (const auto number = read_field_number(value, *field, key.text, report_)) {
        event.fields.emplace_back(*field, std::to_string(*number));
      }
    } else if (const auto text = as_text(value, key.text, report_)) {
      check_word(value, *field, *text);
      event.fields.emplace_back(*field, *text);
    }
  }

  void check_word(const YamlNode& value, Field field, const std::string& text) {
    std::vector<std::string_view> words;
    if (field == Field::action) {
      words.assign(action_names.begin(), action_names.end());
    } else if (field == Field::outcome) {
      words = {"success", "failure", "aborted"};
    } else if (is_flag(field)) {
      words = {"true", "false"};
    } else {
      return;
    }
    if (std::find(words.begin(), words.end(), text) == words.end()) {
      report_.fault(value.place, field == Field::action ? "unknown-action" : "bad-value",
                    "an event cannot have " + std::string(name_of(field)) + " " + cite(text),
                    suggest(text, words));
    }
  }

  /// One JSON object a line, as `noci explain --format jsonl` prints them. JSON is a subset of
  /// YAML, so the same reader serves.
  void read_file(const YamlNode& node, const std::string& name) {
    const std::string path = beside(report_.file(), name);
    Report inner = report_.about(path);
    const auto text = read_text_file(path, inner);
    if (!text) {
      report_.fault(node.place, "cannot-read", "the events cannot be read",
                    "see the fault of " + path);
      return;
    }
    std::string_view rest = *text;
    for (int number = 1; !rest.empty(); ++number) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const std::string line(trim(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!line.empty() && !read_line(line, number, inner)) {
        return;
      }
    }
  }

  bool read_line(const std::string& line, int number, Report& inner) {
    Faults faults;
    Faults warnings;
    Report parsing(inner.file(), faults, warnings);
    const auto object = line.front() == '{' ? parse_yaml(line, parsing) : std::nullopt;
    if (!object || !object->is(Shape::map) || !faults.empty()) {
      inner.fault({number, 1}, "syntax", "the line is not a flat JSON object",
                  "each line is one object as `noci explain --format jsonl` prints it");
      return false;
    }
    TestEvent event;
    bool timed = false;
    for (std::size_t i = 0; i < object->keys.size(); ++i) {
      const YamlNode& value = object->items[i];
      const auto field = field_named(object->keys[i].text);
      if (!field || !value.is(Shape::scalar)) {
        continue;  // explain's own keys, such as `line` and `kind`, and missing values
      }
      if (*field == Field::timestamp) {
        const auto time = parse_time(value.text, zone_);
        timed = time.has_value();
        event.at = time.value_or(TimePoint{});
      } else {
        event.fields.emplace_back(*field, value.text);
      }
    }
    if (!timed) {
      inner.fault({number, 1}, "missing-key", "the event has no readable '@timestamp'",
                  "as in \"@timestamp\": \"2026-06-07T00:14:31Z\"");
    }
    test_.events.push_back(std::move(event));
    return true;
  }

  void read_expectation(const YamlNode& node) {
    MapReader map(node, "expectation", report_);
    TestExpectation expectation;
    const std::vector<std::string_view> statuses{"firing", "escalated", "resolved"};
    if (const YamlNode* status = map.find("status")) {
      expectation.status = statuses[as_choice(*status, "status", statuses, report_).value_or(0)];
    }
    if (const YamlNode* limit = map.find("limit")) {
      expectation.limit = as_text(*limit, "limit", report_).value_or("");
      check_limit(*limit, expectation.limit);
    } else if (expectation.status == "firing" && !map.has("limit")) {
      report_.fault(map.place(), "missing-key", "the expectation has no 'limit'",
                    "name the limit that must be broken");
    }
    if (const YamlNode* at = map.find("at_event")) {
      expectation.at_event = as_integer(*at, "at_event", 1, most_events, report_);
    }
    if (const YamlNode* level = map.find("level")) {
      if (const auto text = as_text(*level, "level", report_)) {
        expectation.level = level_named(*text);
        if (!expectation.level) {
          report_.fault(level->place, "bad-value", "'level' cannot be " + cite(*text),
                        "one of informational, low, medium, high, critical");
        }
      }
    }
    if (map.has("key")) {
      expectation.key = map.text("key");
    }
    map.finish();
    test_.expect.push_back(std::move(expectation));
  }

  void check_limit(const YamlNode& node, const std::string& name) {
    std::vector<std::string_view> names;
    for (const Limit& limit : limits_) {
      names.push_back(limit.name);
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      report_.fault(node.place, "unknown-limit", "the rule has no limit " + cite(name),
                    suggest(name, names));
    }
  }

  Zone zone_;
  const std::vector<Limit>& limits_;
  Report& report_;
  RuleTest test_;
  std::int64_t count_ = 0;
};

}  // namespace

std::vector<RuleTest> read_rule_tests(const YamlNode& node, Zone zone,
                                      const std::vector<Limit>& limits, Report& report) {
  std::vector<RuleTest> tests;
  std::set<std::string> names;
  for (const YamlNode* item : items_of(node)) {
    tests.push_back(TestReader(zone, limits, report).read(*item));
    if (!names.insert(tests.back().name).second) {
      report.fault(item->place, "duplicate-name", "two tests are called " + cite(tests.back().name),
                   "name them differently");
    }
  }
  return tests;
}

}  // namespace noci
