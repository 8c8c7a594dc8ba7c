#include "settings/rule_file.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "settings/detection.hpp"
#include "settings/file.hpp"
#include "settings/limits.hpp"
#include "settings/reader.hpp"
#include "settings/rule_tests.hpp"
#include "settings/schedule.hpp"
#include "settings/suggest.hpp"
#include "settings/yaml.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;
using Shape = YamlNode::Shape;

std::vector<std::string_view> level_choices() {
  return {"informational", "low", "medium", "high", "critical"};
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != shape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (shape[i] == '-' ? c != '-' : !hex) {
      return false;
    }
  }
  return true;
}

/// `attack.t1213.005`: a namespace and a name, as Sigma spells them.
bool is_tag(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  const auto dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

class RuleReader {
 public:
  RuleReader(const YamlNode& root, const Lists& lists, std::optional<TimePoint> now, Report& report)
      : map_(root, "rule", report),
        lists_(lists),
        now_(now),
        report_(report),
        predicates_(lists, used_lists_, report) {}

  Rule read(const std::string& text) {
    rule_.file = report_.file();
    read_identity();
    read_description();
    read_logic();
    read_overrides();
    if (const YamlNode* alert = map_.find("alert", true)) {
      read_alert(*alert);
    }
    if (rule_.alert.evidence.top.empty() && !top_given_) {
      rule_.alert.evidence.top = {{Field::room_id, 10},
                                  {Field::media_id, 10},
                                  {Field::source_ip, 5},
                                  {Field::user_agent, 3}};
      const auto is_account = [](Field field) {
        return field == Field::user_id || field == Field::actor_id;
      };
      if (std::none_of(rule_.group_by.begin(), rule_.group_by.end(), is_account)) {
        rule_.alert.evidence.top.emplace_back(Field::user_id, 10);
      }
    }
    if (const YamlNode* mode = map_.find("mode")) {
      rule_.mode = static_cast<Mode>(
          as_choice(*mode, "mode", {"enforce", "simulate", "off"}, report_).value_or(0));
    }
    read_tests();
    map_.finish();
    set_hash(text);
    return std::move(rule_);
  }

 private:
  void read_identity() {
    constexpr std::size_t longest_title = 256;  // what the alert payload promises
    if (const YamlNode* title = map_.need("title", "one line that says what the rule finds")) {
      rule_.title = as_text(*title, "title", report_).value_or("");
      if (rule_.title.empty() || rule_.title.size() > longest_title) {
        report_.fault(title->place, "out-of-range", "the title is empty or too long",
                      "write 1 to 256 characters");
      }
    }
    if (const YamlNode* id = map_.need("id", "a UUID, for example from `uuidgen`")) {
      rule_.id = as_text(*id, "id", report_).value_or("");
      if (!is_uuid(rule_.id)) {
        report_.fault(id->place, "bad-value", "'id' is " + cite(rule_.id),
                      "it must be a UUID in lower case, for example from `uuidgen`");
      }
    }
    const std::vector<std::string_view> statuses{"experimental", "test", "stable", "deprecated",
                                                 "unsupported"};
    rule_.status = "experimental";
    if (const YamlNode* status = map_.find("status")) {
      rule_.status = statuses[as_choice(*status, "status", statuses, report_).value_or(0)];
    }
    if (const YamlNode* level = map_.need("level", suggest("", level_choices()))) {
      rule_.level =
          static_cast<Level>(as_choice(*level, "level", level_choices(), report_).value_or(2));
    }
  }

  void read_description() {
    rule_.description = map_.text("description");
    rule_.runbook = map_.text("runbook");
    map_.text("author");
    for (const std::string_view key : {"date", "modified"}) {
      const YamlNode* date = map_.find(key);
      if (date != nullptr && (date->text.size() != 10 || !parse_rfc3339(date->text))) {
        report_.fault(date->place, "bad-date", cite(key) + " is not a date",
                      "write it as 2026-09-20");
      }
    }
    rule_.references = map_.texts("references");
    rule_.falsepositives = map_.texts("falsepositives");
    if (const YamlNode* tags = map_.find("tags", true)) {
      for (const YamlNode* item : items_of(*tags)) {
        const auto tag = as_text(*item, "tags", report_);
        if (tag && !is_tag(*tag)) {
          report_.fault(item->place, "bad-value", cite(*tag) + " is not a tag",
                        "write lower case with a dot, such as attack.t1213.005");
        } else if (tag) {
          rule_.tags.push_back(*tag);
        }
      }
    }
    if (const YamlNode* logsource = map_.find("logsource")) {
      MapReader map(*logsource, "logsource", report_);
      if (const YamlNode* product = map.find("product")) {
        (void)as_choice(*product, "product", {"synapse"}, report_);
      }
      if (const YamlNode* service = map.find("service")) {
        (void)as_choice(*service, "service", {"access"}, report_);
      }
      map.finish();
    }
  }

  void read_logic() {
    Detection detection;
    if (const YamlNode* node = map_.need("detection",
                                         "name what is counted, as in join: "
                                         "{event.action: room_join}")) {
      detection = read_detection(*node, predicates_, report_);
    }
    if (const YamlNode* node = map_.need("correlation", "say about whom and how much")) {
      Correlation correlation = read_correlation(*node, detection, report_);
      rule_.group_by = std::move(correlation.group_by);
      rule_.limits = std::move(correlation.limits);
      rule_.factors = std::move(correlation.factors);
    }
    rule_.selections = std::move(detection.selections);
    if (const YamlNode* node = map_.find("schedule", true)) {
      rule_.schedule = read_schedule(*node, other_bytes_, report_);
    }
  }

  void read_overrides() {
    const YamlNode* node = map_.find("overrides", true);
    if (node == nullptr) {
      return;
    }
    for (const YamlNode* item : items_of(*node)) {
      read_override(*item);
    }
  }

  void read_override(const YamlNode& node) {
    MapReader map(node, "override", report_);
    Override change;
    if (const YamlNode* match =
            map.need("match", "whom it is for: {user.id: '@bot:example.org'}")) {
      change.match = predicates_.read_map(*match, "match");
      check_match(*match, change.match);
    }
    const YamlNode* factor = map.find("factor");
    if (factor != nullptr) {
      change.factor = as_number(*factor, "factor", 0.01, 1000, report_);
    }
    const YamlNode* exempt = map.find("exempt");
    if (exempt != nullptr) {
      change.exempt = as_bool(*exempt, "exempt", report_).value_or(false);
    }
    if ((factor != nullptr) == change.exempt) {
      report_.fault(map.place(), change.exempt ? "conflict" : "missing-key",
                    "an override has either 'factor' or `exempt: true`",
                    "a factor keeps a ceiling: prefer it");
    }
    if (const YamlNode* until = map.find("until")) {
      change.until = as_until(*until, "until", report_);
      if (change.until && now_ && *change.until <= *now_) {
        report_.warn(until->place, "expired", "the override has expired",
                     "remove it, or give it a new date");
      }
    }
    change.reason = map.text("reason");
    map.finish();
    rule_.overrides.push_back(std::move(change));
  }

  void check_match(const YamlNode& node, const std::vector<Predicate>& match) {
    for (std::size_t i = 0; i < match.size() && match.size() == node.keys.size(); ++i) {
      const auto& keys = rule_.group_by;
      if (std::find(keys.begin(), keys.end(), match[i].field) == keys.end() &&
          match[i].field != Field::homeserver) {
        std::vector<std::string_view> names;
        names.reserve(keys.size());
        for (const Field field : keys) {
          names.push_back(name_of(field));
        }
        report_.fault(node.keys[i].place, "not-in-key",
                      cite(name_of(match[i].field)) + " is not in 'group-by'",
                      "an override is about a key; " + suggest("", names));
      }
    }
  }

  void read_alert(const YamlNode& node) {
    MapReader map(node, "alert section", report_);
    AlertSettings& alert = rule_.alert;
    if (const YamlNode* escalate = map.find("escalate", true)) {
      for (const YamlNode* item : items_of(*escalate)) {
        read_escalation(*item);
      }
    }
    alert.resolve_after = map.duration("resolve_after", alert.resolve_after, 1s, longest_timespan);
    if (const YamlNode* renotify = map.find("renotify")) {
      alert.renotify = as_duration(*renotify, "renotify", 1min, longest_timespan, report_);
    }
    if (const YamlNode* evidence = map.find("evidence", true)) {
      read_evidence(*evidence);
    }
    map.refuse("group", "not in this version: an episode is about one key");
    map.finish();
  }

  void read_escalation(const YamlNode& node) {
    MapReader map(node, "escalation", report_);
    Escalation step;
    if (const YamlNode* at = map.need("at", "how many times the limit: 2x")) {
      step.at = read_multiple(*at);
      if (!rule_.alert.escalate.empty() && step.at <= rule_.alert.escalate.back().at) {
        report_.fault(at->place, "out-of-range", "the steps must grow",
                      "sort them by 'at', each once");
      }
    }
    if (const YamlNode* level = map.need("level", suggest("", level_choices()))) {
      step.level =
          static_cast<Level>(as_choice(*level, "level", level_choices(), report_).value_or(4));
      if (step.level < rule_.level) {
        report_.fault(level->place, "out-of-range", "an escalation is milder than the rule's level",
                      "use at least " + std::string(name_of(rule_.level)));
      }
    }
    map.refuse("page", "not in this version: route by level in the receiver");
    map.finish();
    rule_.alert.escalate.push_back(step);
  }

  /// `2x`, `1.5x` or a bare number above one.
  double read_multiple(const YamlNode& node) {
    constexpr double least = 1.01;
    constexpr double most = 1'000'000;
    std::string_view text = node.text;
    if (!text.empty() && text.back() == 'x') {
      text.remove_suffix(1);
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (!node.is(Shape::scalar) || error != std::errc{} || end != text.data() + text.size() ||
        !(value >= least && value <= most)) {
      report_.fault(node.place, "bad-value", "'at' is " + cite(node.text),
                    "write a multiple of the limit above one, such as 2x");
      return least;
    }
    return value;
  }

  void read_evidence(const YamlNode& node) {
    MapReader map(node, "evidence section", report_);
    EvidenceSettings& evidence = rule_.alert.evidence;
    // The payload's schema allows sixteen samples.
    evidence.samples = static_cast<std::size_t>(
        map.integer("samples", static_cast<std::int64_t>(evidence.samples), 0, 16));
    top_given_ = map.has("top");
    if (const YamlNode* top = map.find("top", true)) {
      if (!top->is(Shape::map)) {
        report_.fault(top->place, "wrong-type", "'top' must be a map of fields and numbers",
                      "as in {matrix.room.id: 10}");
      }
      for (std::size_t i = 0; i < top->keys.size(); ++i) {
        const auto field = read_field(top->keys[i], top->keys[i].text, report_);
        const auto count = as_integer(top->items[i], top->keys[i].text, 1, 100, report_);
        if (field && (*field == Field::timestamp || is_number(*field))) {
          report_.fault(top->keys[i].place, "bad-value",
                        "'top' names frequent values of text fields", "use a text field");
        } else if (field && count) {
          evidence.top.emplace_back(*field, static_cast<std::size_t>(*count));
        }
      }
    }
    map.finish();
  }

  void read_tests() {
    const Zone zone = rule_.schedule ? rule_.schedule->zone : Zone::utc();
    if (const YamlNode* tests = map_.find("tests", true)) {
      rule_.tests = read_rule_tests(*tests, zone, rule_.limits, report_);
    }
    const auto fires = [](const RuleTest& test) { return !test.expect.empty(); };
    const auto fire = std::count_if(rule_.tests.begin(), rule_.tests.end(), fires);
    if (fire == 0 || static_cast<std::size_t>(fire) == rule_.tests.size()) {
      report_.warn(map_.has("tests") ? map_.place_of("tests") : Place{}, "missing-test",
                   fire == 0 ? "no test shows the rule firing" : "no test shows the rule silent",
                   "add 'tests': an attack that fires, and an ordinary case with `expect: []`");
    }
  }

  void set_hash(const std::string& text) {
    std::string bytes = text + other_bytes_;
    std::sort(used_lists_.begin(), used_lists_.end());
    used_lists_.erase(std::unique(used_lists_.begin(), used_lists_.end()), used_lists_.end());
    for (const std::string& name : used_lists_) {
      bytes += lists_.find(name)->second.bytes;
    }
    constexpr std::size_t digits = 12;
    const Sha256 hash = sha256(bytes);
    rule_.hash =
        "sha256:" +
        to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}).substr(0, digits);
  }

  MapReader map_;
  const Lists& lists_;
  std::optional<TimePoint> now_;
  Report& report_;
  std::vector<std::string> used_lists_;
  PredicateReader predicates_;
  Rule rule_;
  std::string other_bytes_;  ///< of calendar files
  bool top_given_ = false;
};

}  // namespace

std::optional<Rule> read_rule_file(const Lists& lists, std::optional<TimePoint> now,
                                   Report& report) {
  const auto text = read_text_file(report.file(), report);
  const auto root = text ? parse_yaml(*text, report) : std::nullopt;
  if (!root) {
    return std::nullopt;
  }
  return RuleReader(*root, lists, now, report).read(*text);
}

}  // namespace noci
