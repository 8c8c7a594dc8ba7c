#pragma once
// The access line "Processed request" (synapse/http/site.py, SynapseRequest._finished_processing):
//   IP - TAG - {REQUESTER} Processed request: T/T [ru=](T, T) [db=](T/T/N) NB CODE[!]
//   "METHOD URI PROTO" "UA" [N dbevts]
// Nothing in it is escaped. It is read unambiguously all the same: the numbers behind a true
// `} Processed request: ` contain `, `, while an address taken from X-Forwarded-For ends at its
// first comma, so the leftmost complete reading is Synapse's own; METHOD, URI and PROTO hold no
// blank; the agent is whatever stands up to the end. Allocates nothing.

#include <cstdint>
#include <string_view>

namespace noci {

struct AccessLine {
  std::string_view address;    ///< as printed: empty, `-`, a path or a client's text are possible
  std::string_view requester;  ///< what stands in the braces
  std::int64_t duration = 0;   ///< nanoseconds, both times together, never negative
  std::int64_t bytes = 0;
  std::int64_t status = 0;
  bool aborted = false;  ///< `!`: the client was gone before the end
  std::string_view method;
  std::string_view uri;
  std::string_view protocol;
  std::string_view user_agent;  ///< empty where `-` is printed
  std::int64_t dbevts = 0;
};

enum class AccessFault : std::uint8_t { none, grammar, tag };

/// `tag` is the listener's, from the logger's name; the message must name the same one.
[[nodiscard]] AccessFault parse_access_line(std::string_view message, std::string_view tag,
                                            AccessLine& out);

/// The parts that JSON formatters print as keys of their own (1.32+).
struct AccessKeys {
  std::string_view address;
  std::string_view tag;
  std::string_view requester;             ///< the account acted as; empty: null
  std::string_view authenticated_entity;  ///< who authenticated; empty: null
  std::string_view method;
  std::string_view uri;
  std::string_view protocol;
  std::string_view user_agent;
};

/// The same where the keys say what stands around the numbers: false when the message is not made
/// of exactly them.
[[nodiscard]] bool parse_access_line(std::string_view message, const AccessKeys& keys,
                                     AccessLine& out);

/// The tag of `synapse.access.http.TAG` or `synapse.access.https.TAG`; empty: another logger.
[[nodiscard]] std::string_view access_tag(std::string_view logger);

}  // namespace noci
