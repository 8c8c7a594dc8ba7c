#include "parse/json_line.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include <simdjson.h>

#include "base/time.hpp"
#include "parse/json_layout.hpp"

namespace noci {
namespace {

namespace ondemand = simdjson::ondemand;

struct Key {
  std::string_view name;
  std::string_view JsonLine::*field;
};

constexpr std::array line_keys{
    Key{"log", &JsonLine::message},
    Key{"namespace", &JsonLine::logger},
    Key{"level", &JsonLine::level},
    Key{"request", &JsonLine::request},
    Key{"server_name", &JsonLine::server_name},
    // GcpJsonFormatter, 1.155+
    Key{"message", &JsonLine::message},
    Key{"logger", &JsonLine::logger},
    Key{"severity", &JsonLine::level},
    // structured drains up to 1.22
    Key{"log_namespace", &JsonLine::logger},
};

struct RequestKey {
  std::string_view name;
  std::string_view AccessKeys::*field;
};

constexpr std::array request_keys{
    RequestKey{"ip_address", &AccessKeys::address},
    RequestKey{"site_tag", &AccessKeys::tag},
    RequestKey{"requester", &AccessKeys::requester},
    RequestKey{"authenticated_entity", &AccessKeys::authenticated_entity},
    RequestKey{"method", &AccessKeys::method},
    RequestKey{"url", &AccessKeys::uri},
    RequestKey{"protocol", &AccessKeys::protocol},
    RequestKey{"user_agent", &AccessKeys::user_agent},
};

/// Where the key's text goes; null for keys of no interest.
std::string_view* find_field(std::string_view name, JsonLine& out) {
  for (const Key& key : line_keys) {
    if (key.name == name) {
      return &(out.*(key.field));
    }
  }
  for (const RequestKey& key : request_keys) {
    if (key.name == name) {
      out.has_request_keys = true;
      return &(out.request_keys.*(key.field));
    }
  }
  return nullptr;
}

/// The text of a JSON string without its quotes; copied only where an escape must be undone.
bool read_text(ondemand::value value, Arena& arena, std::string_view& out) {
  const std::string_view token = value.raw_json_token();
  if (std::memchr(token.data(), '\\', token.size()) == nullptr) {
    const std::size_t end = token.rfind('"');
    if (token.size() < 2 || token.front() != '"' || end == 0) {
      return false;
    }
    out = token.substr(1, end - 1);
    return true;
  }
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return false;
  }
  out = arena.store(text);
  return true;
}

/// Epoch seconds as a number, or RFC 3339 as a string.
bool read_time(ondemand::value value, Arena& arena, std::optional<TimePoint>& time) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return false;
  }
  if (type == ondemand::json_type::string) {
    std::string_view text;
    if (!read_text(value, arena, text)) {
      return false;
    }
    time = parse_rfc3339(text);
    return true;
  }
  double seconds = 0;
  // Up to the year 9999, so that no event time can overflow.
  if (type != ondemand::json_type::number || value.get_double().get(seconds) != simdjson::SUCCESS ||
      !(seconds >= 0 && seconds < 253'402'300'800.0)) {
    return false;
  }
  time = TimePoint(Duration(std::llround(seconds * 1000)));
  return true;
}

bool read_field(std::string_view name, ondemand::value value, Arena& arena, JsonLine& out) {
  if (name == "time") {
    return read_time(value, arena, out.time);
  }
  std::string_view* field = find_field(name, out);
  ondemand::json_type type{};
  // What is passed as `extra=` is of no interest, and what is no string is null here.
  if (field == nullptr) {
    return true;
  }
  if (value.type().get(type) != simdjson::SUCCESS) {
    return false;
  }
  if (type != ondemand::json_type::string) {
    return true;
  }
  // The formatter writes its own keys first; a later one of the same name is somebody's extra.
  std::string_view text;
  if (!read_text(value, arena, text)) {
    return false;
  }
  if (field->empty()) {
    *field = text;
  }
  return true;
}

}  // namespace

struct JsonReader::Machine {
  ondemand::parser parser;
};

JsonReader::JsonReader() : machine_(std::make_unique<Machine>()) {}

JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader& JsonReader::operator=(JsonReader&&) noexcept = default;

bool JsonReader::read(std::string_view line, Arena& arena, JsonLine& out) {
  if (read_json_layout(line, arena, out)) {
    return true;
  }
  return read_any(line, arena, out);
}

bool JsonReader::read_any(std::string_view line, Arena& arena, JsonLine& out) {
  out = {};
  const std::size_t capacity = line.size() + simdjson::SIMDJSON_PADDING;
  char* copy = arena.allocate(capacity);
  std::memcpy(copy, line.data(), line.size());
  std::memset(copy + line.size(), ' ', simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  ondemand::object object;
  if (machine_->parser.iterate(copy, line.size(), capacity).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  for (auto entry : object) {
    ondemand::field field;
    std::string_view name;
    if (std::move(entry).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(name) != simdjson::SUCCESS ||
        !read_field(name, field.value(), arena, out)) {
      return false;
    }
  }
  const char* behind = nullptr;
  // Something behind the object means that this is not one record of the formatter.
  return document.current_location().get(behind) == simdjson::OUT_OF_BOUNDS && !out.logger.empty();
}

}  // namespace noci
