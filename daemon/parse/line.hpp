#pragma once
// The prefix of a text record as Synapse's `precise` formatter prints it
// (synapse/config/logger.py and docs/sample_log_config.yaml there):
//   asctime[ - worker:NAME] - logger - lineno - LEVEL - request - message
// with its dialects: no milliseconds, a dot instead of the comma, `request- message` of old sample
// configurations, an empty request (1.142). Everything is anchored at the line's beginning; a line
// that does not match is not a record. Wrappers in front are envelope.hpp's business.

#include <string_view>

#include "base/time.hpp"

namespace noci {

struct LogLine {
  std::string_view minute;  ///< `2026-11-22 20:55`, digits checked, not yet a valid date
  Duration within{};        ///< seconds and milliseconds of that minute
  std::string_view worker;  ///< of `worker:NAME`
  std::string_view logger;  ///< `synapse.access.http.8008`
  std::string_view level;
  std::string_view request;  ///< request id, empty outside a context in 1.142
  std::string_view message;
};

[[nodiscard]] bool parse_log_line(std::string_view line, LogLine& out);

}  // namespace noci
