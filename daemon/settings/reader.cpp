#include "settings/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "settings/suggest.hpp"

namespace noci {
namespace {

using Shape = YamlNode::Shape;

std::string describe_shape(const YamlNode& node) {
  switch (node.shape) {
    case Shape::null:
      return "has no value";
    case Shape::list:
      return "is a list";
    case Shape::map:
      return "is a map";
    case Shape::scalar:
      return "is " + cite(node.text);
  }
  return {};
}

void wrong_type(const YamlNode& node, std::string_view name, const std::string& help,
                Report& report) {
  report.fault(node.place, "wrong-type", cite(name) + " " + describe_shape(node), help);
}

void out_of_range(const YamlNode& node, std::string_view name, const std::string& help,
                  Report& report) {
  report.fault(node.place, "out-of-range", cite(name) + " is " + cite(node.text), help);
}

std::string range_text(const std::string& least, const std::string& most) {
  return "it must lie between " + least + " and " + most;
}

std::string number_text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (!text.empty() && text.back() == '.') {
    text.pop_back();
  }
  return text;
}

}  // namespace

std::optional<std::string> as_text(const YamlNode& node, std::string_view name, Report& report) {
  if (!node.is(Shape::scalar)) {
    wrong_type(node, name, "it must be one text", report);
    return std::nullopt;
  }
  return node.text;
}

std::optional<bool> as_bool(const YamlNode& node, std::string_view name, Report& report) {
  if (node.is(Shape::scalar) && !node.quoted && (node.text == "true" || node.text == "false")) {
    return node.text == "true";
  }
  wrong_type(node, name, "it must be true or false", report);
  return std::nullopt;
}

std::optional<std::int64_t> as_integer(const YamlNode& node, std::string_view name,
                                       std::int64_t least, std::int64_t most, Report& report) {
  std::int64_t value = 0;
  const char* const last = node.text.data() + node.text.size();
  const auto [end, error] = std::from_chars(node.text.data(), last, value);
  if (!node.is(Shape::scalar) || node.text.empty() || end != last ||
      error == std::errc::invalid_argument) {
    wrong_type(node, name, "it must be a whole number", report);
    return std::nullopt;
  }
  if (error != std::errc{} || value < least || value > most) {
    out_of_range(node, name, range_text(std::to_string(least), std::to_string(most)), report);
    return std::nullopt;
  }
  return value;
}

std::optional<double> as_number(const YamlNode& node, std::string_view name, double least,
                                double most, Report& report) {
  double value = 0;
  const char* const last = node.text.data() + node.text.size();
  const auto [end, error] = std::from_chars(node.text.data(), last, value);
  if (!node.is(Shape::scalar) || node.text.empty() || end != last || error != std::errc{} ||
      !std::isfinite(value)) {
    wrong_type(node, name, "it must be a number such as 0.5 or 20", report);
    return std::nullopt;
  }
  if (value < least || value > most) {
    out_of_range(node, name, range_text(number_text(least), number_text(most)), report);
    return std::nullopt;
  }
  return value;
}

std::optional<Duration> as_duration(const YamlNode& node, std::string_view name, Duration least,
                                    Duration most, Report& report) {
  std::optional<Duration> value;
  if (node.is(Shape::scalar)) {
    value = node.text == "0s" ? Duration::zero() : parse_duration(node.text);
  }
  if (!value) {
    wrong_type(node, name, "it must be a number and a unit: 250ms, 90s, 10m, 24h or 7d", report);
    return std::nullopt;
  }
  if (*value < least || *value > most) {
    const std::string from = least == Duration::zero() ? "0s" : format_duration(least);
    out_of_range(node, name, range_text(from, format_duration(most)), report);
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> as_size(const YamlNode& node, std::string_view name, std::int64_t least,
                                    std::int64_t most, Report& report) {
  const auto value = node.is(Shape::scalar) ? parse_size(node.text) : std::nullopt;
  if (!value) {
    wrong_type(node, name, "it must be a size such as 1500, 200MB or 500MiB", report);
    return std::nullopt;
  }
  if (*value < least || *value > most) {
    out_of_range(node, name, range_text(describe_bytes(least), describe_bytes(most)), report);
    return std::nullopt;
  }
  return value;
}

std::optional<std::size_t> as_choice(const YamlNode& node, std::string_view name,
                                     const std::vector<std::string_view>& names, Report& report) {
  if (!node.is(Shape::scalar)) {
    wrong_type(node, name, suggest("", names), report);
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), node.text);
  if (found == names.end()) {
    report.fault(node.place, "bad-value", cite(name) + " cannot be " + cite(node.text),
                 suggest(node.text, names));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<TimePoint> parse_until(std::string_view text) {
  constexpr std::size_t length_of_date = 10;
  auto time = parse_rfc3339(text);
  if (time && text.size() == length_of_date) {
    *time += std::chrono::days{1};
  }
  return time;
}

std::optional<TimePoint> as_until(const YamlNode& node, std::string_view name, Report& report) {
  const auto time = node.is(Shape::scalar) ? parse_until(node.text) : std::nullopt;
  if (!time) {
    wrong_type(node, name, "it must be a date such as 2026-12-31 or 2026-12-31T18:00:00Z", report);
  }
  return time;
}

std::vector<const YamlNode*> items_of(const YamlNode& node) {
  std::vector<const YamlNode*> items;
  if (node.is(Shape::list)) {
    for (const YamlNode& item : node.items) {
      items.push_back(&item);
    }
  } else if (!node.is(Shape::null)) {
    items.push_back(&node);
  }
  return items;
}

std::vector<std::string> as_texts(const YamlNode& node, std::string_view name, Report& report) {
  std::vector<std::string> texts;
  for (const YamlNode* item : items_of(node)) {
    if (auto text = as_text(*item, name, report)) {
      texts.push_back(std::move(*text));
    }
  }
  return texts;
}

MapReader::MapReader(const YamlNode& node, std::string what, Report& report)
    : node_(node), what_(std::move(what)), report_(report) {
  if (!node.is(Shape::map) && !node.is(Shape::null)) {
    report_.fault(node.place, "wrong-type", "the " + what_ + " must be a map of keys and values",
                  "write `key: value` lines");
  }
}

const YamlNode* MapReader::value_of(std::string_view key) const {
  for (std::size_t i = 0; i < node_.keys.size(); ++i) {
    if (node_.keys[i].text == key) {
      return &node_.items[i];
    }
  }
  return nullptr;
}

const YamlNode* MapReader::find(std::string_view key, bool empty_allowed) {
  known_.push_back(key);
  const YamlNode* value = value_of(key);
  if (value != nullptr && value->is(Shape::null)) {
    if (!empty_allowed) {
      report_.fault(place_of(key), "wrong-type", cite(key) + " has no value",
                    "give it one, or remove the key");
    }
    return nullptr;
  }
  return value;
}

const YamlNode* MapReader::need(std::string_view key, std::string help) {
  const bool absent = value_of(key) == nullptr;
  const YamlNode* value = find(key);
  // What is not a map at all has been reported as that.
  if (absent && (node_.is(Shape::map) || node_.is(Shape::null))) {
    report_.fault(node_.place, "missing-key", "the " + what_ + " has no " + cite(key),
                  std::move(help));
  }
  return value;
}

bool MapReader::has(std::string_view key) const {
  return value_of(key) != nullptr;
}

std::string MapReader::text(std::string_view key, std::string fallback) {
  const YamlNode* value = find(key);
  return value == nullptr ? fallback : as_text(*value, key, report_).value_or(std::move(fallback));
}

std::vector<std::string> MapReader::texts(std::string_view key) {
  const YamlNode* value = find(key, true);
  return value == nullptr ? std::vector<std::string>{} : as_texts(*value, key, report_);
}

bool MapReader::boolean(std::string_view key, bool fallback) {
  const YamlNode* value = find(key);
  return value == nullptr ? fallback : as_bool(*value, key, report_).value_or(fallback);
}

std::int64_t MapReader::integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                                std::int64_t most) {
  const YamlNode* value = find(key);
  return value == nullptr ? fallback
                          : as_integer(*value, key, least, most, report_).value_or(fallback);
}

Duration MapReader::duration(std::string_view key, Duration fallback, Duration least,
                             Duration most) {
  const YamlNode* value = find(key);
  return value == nullptr ? fallback
                          : as_duration(*value, key, least, most, report_).value_or(fallback);
}

void MapReader::refuse(std::string_view key, const std::string& help) {
  if (has(key) && std::find(known_.begin(), known_.end(), key) == known_.end()) {
    report_.fault(place_of(key), "unknown-key", "key " + cite(key) + " cannot stand here", help);
    refused_.push_back(key);
  }
}

void MapReader::finish() {
  for (const YamlNode& key : node_.keys) {
    const std::string_view name = key.text;
    const auto is_name = [&](std::string_view other) { return other == name; };
    if (std::none_of(known_.begin(), known_.end(), is_name) &&
        std::none_of(refused_.begin(), refused_.end(), is_name)) {
      report_.fault(key.place, "unknown-key", "unknown key " + cite(name) + " in the " + what_,
                    suggest(name, known_));
    }
  }
}

Place MapReader::place_of(std::string_view key) const {
  for (const YamlNode& candidate : node_.keys) {
    if (candidate.text == key) {
      return candidate.place;
    }
  }
  return node_.place;
}

}  // namespace noci
