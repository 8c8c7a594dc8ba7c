#pragma once
// From the settings of a webhook to one that can send: its URL, secret and template files read.
// A relative file name is looked up among the systemd credentials of the service first.

#include <vector>

#include "io/http_client.hpp"
#include "model/settings.hpp"
#include "notify/webhook.hpp"

namespace noci {

/// Every webhook that can be used; what is wrong with the others goes to `faults`.
[[nodiscard]] std::vector<Webhook> read_webhooks(const Settings& settings, Faults& faults);

[[nodiscard]] FetchOptions fetch_options(const Webhook& webhook);

}  // namespace noci
