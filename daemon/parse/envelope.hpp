#pragma once
// What wrappers put in front of each physical line: `NAME | ` of Synapse's workers image
// (docker/conf-workers there) and of `docker compose logs`, and the syslog prefixes of RFC 3164,
// RFC 5424 and rsyslog's file format. Total: a line without an envelope comes back as it was, and
// so does one whose envelope does not contain a record's beginning.

#include <string_view>

namespace noci {

struct Envelope {
  std::string_view worker;  ///< of `NAME | `, the innermost one
  std::string_view body;
};

[[nodiscard]] Envelope open_envelope(std::string_view line);

}  // namespace noci
