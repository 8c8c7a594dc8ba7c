#pragma once
// One record of Synapse's JSON formatters (synapse/logging/_terse_json.py): Terse, plain, GCP, and
// the structured drains before 1.23. Line feeds are escaped in them, so a record cannot be forged,
// and from 1.32 on the parts of an access line stand in keys of their own.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/arena.hpp"
#include "base/time.hpp"
#include "parse/access_line.hpp"

namespace noci {

struct JsonLine {
  std::string_view message;
  std::string_view logger;
  std::string_view level;
  std::string_view request;
  std::string_view server_name;
  std::optional<TimePoint> time;  ///< terse: in steps of 10 ms

  /// Present on every record made inside a request (1.32+).
  bool has_request_keys = false;
  AccessKeys request_keys;
};

class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;
  JsonReader& operator=(JsonReader&&) noexcept;

  /// False unless `line` is exactly one JSON object with a message and a logger. The views are into
  /// the line or the arena.
  [[nodiscard]] bool read(std::string_view line, Arena& arena, JsonLine& out);

  /// The same for every layout, at the price of a copy (simdjson wants padding behind the line).
  [[nodiscard]] bool read_any(std::string_view line, Arena& arena, JsonLine& out);

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace noci
