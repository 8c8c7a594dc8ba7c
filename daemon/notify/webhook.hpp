#pragma once
// A webhook as a pure function: which alerts it wants and the request that carries one, in the
// envelope of Standard Webhooks 1.0. What an answer means is in verdict.hpp; sending, waiting and
// reading files are left to io and app.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.hpp"
#include "base/result.hpp"
#include "model/alert.hpp"
#include "model/settings.hpp"
#include "notify/template.hpp"
#include "notify/verdict.hpp"

namespace noci {

/// One entry of `webhooks` in the settings, its files read and everything checked.
struct Webhook {
  std::string name;
  Url url;
  std::optional<std::string> signing_key;  ///< bytes
  Headers headers;
  std::optional<Template> body_template;
  std::vector<Level> levels;  ///< empty: all
  bool resolved = true;
  std::string ca_file;  ///< trusted beside the system's certificates
  Duration timeout{};
  RateSettings rate{0, {}};
  Duration heartbeat{};
};

/// What the files named in the settings hold; empty where none is named.
struct WebhookFiles {
  std::string url;
  std::string secret;
  std::string body_template;
};

/// An error says what is wrong without repeating the URL, a header's value or the secret.
[[nodiscard]] Result<Webhook> resolve_webhook(const WebhookSettings& settings,
                                              const WebhookFiles& files);

/// Level and `resolved` as configured; a test alert is always wanted, and one about noci's own
/// sight whatever its level.
[[nodiscard]] bool wants(const Webhook& webhook, const Alert& alert);

/// One attempt. `event_id` stays the same over all attempts, `unix_seconds` is the attempt's time.
[[nodiscard]] HttpRequest make_request(const Webhook& webhook, std::string_view event_id,
                                       std::string_view payload, std::int64_t unix_seconds);

}  // namespace noci
