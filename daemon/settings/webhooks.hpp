#pragma once
// The `webhooks` section of noci.yaml: where alerts go. No message of a fault repeats a URL or a
// header's value, since these often hold secrets.

#include <vector>

#include "model/settings.hpp"
#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] std::vector<WebhookSettings> read_webhooks(const YamlNode& node, Report& report);

}  // namespace noci
