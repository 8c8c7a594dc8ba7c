#include "settings/detection.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "settings/condition.hpp"
#include "settings/suggest.hpp"

namespace noci {
namespace {

using Shape = YamlNode::Shape;

constexpr std::int64_t any_number = std::numeric_limits<std::int64_t>::max();

struct MatchName {
  std::string_view name;
  Match match;
};

constexpr std::array match_names{MatchName{"contains", Match::contains},
                                 MatchName{"startswith", Match::startswith},
                                 MatchName{"endswith", Match::endswith},
                                 MatchName{"cidr", Match::cidr},
                                 MatchName{"gt", Match::gt},
                                 MatchName{"gte", Match::gte},
                                 MatchName{"lt", Match::lt},
                                 MatchName{"lte", Match::lte},
                                 MatchName{"exists", Match::exists}};

bool is_comparison(Match match) {
  return match == Match::gt || match == Match::gte || match == Match::lt || match == Match::lte;
}

bool is_pattern(Match match) {
  return match == Match::contains || match == Match::startswith || match == Match::endswith;
}

bool has_wildcard(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '*' || text[i] == '?') {
      return true;
    }
  }
  return false;
}

std::vector<std::string_view> all_field_names() {
  return {field_names.begin(), field_names.end()};
}

/// The words a field can hold, where there are only so many.
std::vector<std::string_view> words_of(Field field) {
  switch (field) {
    case Field::action:
      return {action_names.begin(), action_names.end()};
    case Field::outcome:
      return {"success", "failure", "aborted"};
    case Field::messages_basis:
      return {"exact", "estimate"};
    default:
      return is_flag(field) ? std::vector<std::string_view>{"true", "false"}
                            : std::vector<std::string_view>{};
  }
}

}  // namespace

std::optional<Field> read_field(const YamlNode& node, std::string_view name, Report& report) {
  const auto field = field_named(name);
  if (!field) {
    report.fault(node.place, "unknown-field", "unknown field " + cite(name),
                 suggest(name, all_field_names()));
  }
  return field;
}

std::optional<std::int64_t> read_field_number(const YamlNode& node, Field field,
                                              std::string_view name, Report& report) {
  if (field == Field::bytes) {
    return as_size(node, name, 0, any_number, report);
  }
  if (field == Field::duration && node.is(Shape::scalar) && parse_duration(node.text)) {
    return std::chrono::nanoseconds(*parse_duration(node.text)).count();
  }
  return as_integer(node, name, 0, any_number, report);
}

bool PredicateReader::read_modifier(std::string_view modifier, Place place, Predicate& predicate,
                                    bool& expand) {
  if (modifier == "all") {
    predicate.all = true;
    return true;
  }
  const auto found = std::find_if(match_names.begin(), match_names.end(),
                                  [&](const MatchName& each) { return each.name == modifier; });
  if (found == match_names.end() && modifier != "expand") {
    std::vector<std::string_view> names{"expand", "all"};
    for (const MatchName& each : match_names) {
      names.push_back(each.name);
    }
    report_.fault(place, "unknown-modifier", "unknown modifier " + cite(modifier),
                  suggest(modifier, names));
    return false;
  }
  if (predicate.match != Match::equals || expand) {
    report_.fault(place, "bad-modifier", "two modifiers say how to compare",
                  "keep one; only `all` goes together with another");
    return false;
  }
  if (modifier == "expand") {
    expand = true;
    predicate.match = Match::list;
  } else {
    predicate.match = found->match;
  }
  return true;
}

bool PredicateReader::read_key(const YamlNode& key, Predicate& predicate, bool& expand) {
  std::string_view rest = key.text;
  const auto take = [&] {
    const auto bar = std::min(rest.find('|'), rest.size());
    const std::string_view piece = rest.substr(0, bar);
    rest.remove_prefix(std::min(bar + 1, rest.size()));
    return piece;
  };
  const auto field = read_field(key, take(), report_);
  if (!field) {
    return false;
  }
  predicate.field = *field;
  while (!rest.empty()) {
    const int column = key.place.column + static_cast<int>(key.text.size() - rest.size());
    if (!read_modifier(take(), {key.place.line, column}, predicate, expand)) {
      return false;
    }
  }
  return check_match(key, predicate, expand);
}

/// Whether field and comparison go together.
bool PredicateReader::check_match(const YamlNode& key, const Predicate& predicate, bool expand) {
  const std::string field(name_of(predicate.field));
  const bool number = is_number(predicate.field);
  std::string help;
  if (predicate.field == Field::timestamp) {
    help = "event times are compared by the limits' timespan and by the schedule";
  } else if (is_comparison(predicate.match) && !number) {
    help = "gt, gte, lt and lte compare numbers; " + field + " is text";
  } else if ((is_pattern(predicate.match) || expand) && number) {
    help = field + " is a number: compare it with gt, gte, lt or lte, or name values";
  } else if (predicate.match == Match::cidr && predicate.field != Field::source_ip &&
             predicate.field != Field::source_network) {
    help = "cidr compares source.ip and source.network only";
  } else if (predicate.all && !is_pattern(predicate.match)) {
    help = "`all` goes with contains, startswith or endswith: one value cannot equal several";
  } else {
    return true;
  }
  report_.fault(key.place, "bad-modifier", cite(key.text) + " does not work", help);
  return false;
}

void PredicateReader::check_word(const YamlNode& value, Field field, const std::string& text) {
  const std::vector<std::string_view> words = words_of(field);
  if (words.empty()) {
    return;
  }
  const bool pattern = has_wildcard(text);
  const bool known = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return pattern ? glob_match(text, word) : word == text;
  });
  if (known) {
    return;
  }
  const bool action = field == Field::action;
  report_.fault(
      value.place, action ? "unknown-action" : "bad-value",
      (action ? "unknown action " : std::string(name_of(field)) + " is never ") + cite(text),
      suggest(text, words));
}

void PredicateReader::read_text_value(const YamlNode& value, Predicate& predicate) {
  auto text = as_text(value, name_of(predicate.field), report_);
  if (!text) {
    return;
  }
  if (predicate.match == Match::equals) {
    check_word(value, predicate.field, *text);
  }
  if (is_pattern(predicate.match) && text->empty()) {
    report_.fault(value.place, "bad-value", "an empty text matches everything", "write a text");
  }
  predicate.texts.push_back(std::move(*text));
}

void PredicateReader::read_number(const YamlNode& value, Predicate& predicate) {
  if (const auto number =
          read_field_number(value, predicate.field, name_of(predicate.field), report_)) {
    predicate.numbers.push_back(*number);
    if (predicate.field == Field::status && (*number < 100 || *number > 599)) {
      report_.fault(value.place, "out-of-range", "there is no status " + cite(value.text),
                    "status codes lie between 100 and 599");
    }
  }
}

void PredicateReader::read_list_name(const YamlNode& value, Predicate& predicate) {
  const auto text = as_text(value, "expand", report_);
  if (!text) {
    return;
  }
  if (text->size() < 3 || text->front() != '%' || text->back() != '%') {
    report_.fault(value.place, "bad-value", cite(*text) + " is not a list",
                  "write '%NAME%' for lists/NAME.txt");
    return;
  }
  const std::string name = text->substr(1, text->size() - 2);
  const auto found = lists_.find(name);
  if (found == lists_.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, list] : lists_) {
      names.push_back(known);
    }
    const std::string help = suggest(name, names);
    report_.fault(value.place, "unknown-list", "there is no list " + cite(name),
                  help.empty() ? "make lists/" + name + ".txt" : help);
    return;
  }
  predicate.list = found->second.list;
  used_lists_.push_back(name);
}

void PredicateReader::read_values(const YamlNode& key, const YamlNode& value, Predicate& predicate,
                                  bool expand) {
  if (predicate.match == Match::exists) {
    predicate.expected = as_bool(value, key.text, report_).value_or(true);
    return;
  }
  const auto values = items_of(value);
  if (values.empty()) {
    report_.fault(value.is(Shape::null) ? key.place : value.place, "wrong-type",
                  cite(key.text) + " has no value",
                  "write a value; for a missing field write " +
                      std::string(name_of(predicate.field)) + "|exists: false");
    return;
  }
  const bool single = is_comparison(predicate.match) || expand;
  if (single && values.size() > 1) {
    report_.fault(value.place, "wrong-type", cite(key.text) + " has several values",
                  expand ? "use one selection for each list" : "a threshold is one number");
    return;
  }
  for (const YamlNode* each : values) {
    if (expand) {
      read_list_name(*each, predicate);
    } else if (is_number(predicate.field)) {
      read_number(*each, predicate);
    } else if (predicate.match == Match::cidr) {
      const auto text = as_text(*each, key.text, report_);
      if (const auto network = text ? Cidr::parse(*text) : std::nullopt) {
        predicate.networks.push_back(*network);
      } else if (text) {
        report_.fault(each->place, "bad-value", cite(*text) + " is not a network",
                      "write 192.0.2.0/24 or 2001:db8::/32");
      }
    } else {
      read_text_value(*each, predicate);
    }
  }
}

std::vector<Predicate> PredicateReader::read_map(const YamlNode& node, const std::string& what) {
  std::vector<Predicate> predicates;
  if (!node.is(Shape::map) || node.keys.empty()) {
    report_.fault(node.place, "wrong-type", "the " + what + " must be a map of fields and values",
                  "as in {event.action: room_join}");
    return predicates;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    Predicate predicate;
    bool expand = false;
    if (read_key(node.keys[i], predicate, expand)) {
      read_values(node.keys[i], node.items[i], predicate, expand);
      predicates.push_back(std::move(predicate));
    }
  }
  return predicates;
}

Detection read_detection(const YamlNode& node, PredicateReader& predicates, Report& report) {
  Detection detection;
  if (!node.is(Shape::map)) {
    report.fault(node.place, "wrong-type", "'detection' must be a map of named selections",
                 "as in join: {event.action: room_join}");
    return detection;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlNode& key = node.keys[i];
    const YamlNode& value = node.items[i];
    if (key.text == "condition") {
      detection.condition = as_text(value, "condition", report).value_or("");
      detection.condition_place = value.place;
      continue;
    }
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (key.text.find_first_not_of(allowed) != std::string::npos || is_reserved_word(key.text) ||
        key.text == "1") {
      report.fault(key.place, "bad-value", cite(key.text) + " cannot name a selection",
                   "use letters, digits and `_`, and none of the words and, or, not, of, all, "
                   "any, them");
    }
    Selection selection;
    selection.name = key.text;
    for (const YamlNode* map : items_of(value)) {
      selection.any_of.push_back(predicates.read_map(*map, "selection " + cite(key.text)));
    }
    if (selection.any_of.empty()) {
      report.fault(key.place, "wrong-type", "selection " + cite(key.text) + " is empty",
                   "write fields and values below it");
    }
    detection.selections.push_back(std::move(selection));
    detection.places.push_back(key.place);
  }
  return detection;
}

}  // namespace noci
