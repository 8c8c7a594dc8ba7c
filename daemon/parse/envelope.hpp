#pragma once
// What stands in front of each physical line: `NAME | ` of Synapse's workers image
// (docker/conf-workers there) and of `docker compose logs`, the syslog prefixes of RFC 3164,
// RFC 5424 (with the octet count of RFC 6587, too) and rsyslog's file format, and the time that
// `docker logs -t` and `kubectl logs --timestamps` print. Total: a line without an envelope comes
// back as it was, and so does one whose envelope does not contain a record's beginning.

#include <string_view>

#include "parse/stamp.hpp"

namespace noci {

struct Envelope {
  std::string_view worker;  ///< of `NAME | `, the innermost one
  std::string_view body;
  Stamp stamp;  ///< for records that print no time
};

/// `any_body`: how records begin is not known here, so that any text may be one.
[[nodiscard]] Envelope open_envelope(std::string_view line, bool any_body = false);

}  // namespace noci
