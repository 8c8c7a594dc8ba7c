#include "notify/webhook.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "notify/signature.hpp"

namespace noci {
namespace {

/// Written by us or by the HTTP client; a second one would make the request ambiguous.
constexpr std::array<std::string_view, 8> reserved_headers{
    "webhook-id",     "webhook-timestamp", "webhook-signature", "host",
    "content-length", "transfer-encoding", "connection",        "upgrade"};

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

Result<void> check_header(const std::string& name, const std::string& value) {
  if (!is_token(name)) {
    return failure("'" + printable(name, 60) + "' is not the name of an HTTP header");
  }
  for (const std::string_view reserved : reserved_headers) {
    if (equals_ignoring_case(name, reserved)) {
      return failure("the header " + name + " is written by noci and cannot be set");
    }
  }
  if (!is_header_value(value)) {
    return failure("the value of the header " + name + " holds a control character");
  }
  return {};
}

bool has_header(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

tl::unexpected<Error> fault(const WebhookSettings& settings, const std::string& what) {
  return failure("webhook '" + printable(settings.name, 60) + "': " + what);
}

}  // namespace

Result<Webhook> resolve_webhook(const WebhookSettings& settings, const WebhookFiles& files) {
  Webhook webhook;
  webhook.name = settings.name;
  webhook.resolved = settings.resolved;
  webhook.ca_file = settings.ca_file;
  webhook.timeout = settings.timeout;
  webhook.rate = settings.rate;
  webhook.heartbeat = settings.heartbeat;
  const std::string_view url = settings.url_file.empty() ? settings.url : files.url;
  if (!parse_url(std::string(trim(url)), webhook.url)) {
    return fault(settings,
                 "the URL cannot be used; it is http:// or https://, a host, and no "
                 "user or password");
  }
  if (!settings.secret_file.empty()) {
    auto key = parse_secret(files.secret);
    if (!key) {
      return fault(settings, settings.secret_file + ": " + key.error().what);
    }
    webhook.signing_key = std::move(*key);
  }
  if (!settings.template_file.empty()) {
    auto body = parse_template(files.body_template);
    if (!body) {
      return fault(settings, settings.template_file + ": " + body.error().what);
    }
    webhook.body_template = std::move(*body);
  }
  for (const auto& [name, value] : settings.headers) {
    if (auto checked = check_header(name, value); !checked) {
      return fault(settings, checked.error().what);
    }
    webhook.headers.emplace_back(name, value);
  }
  for (const std::string& name : settings.levels) {
    const auto level = level_named(name);
    if (!level) {
      return fault(settings, "there is no level '" + printable(name, 60) + "'");
    }
    webhook.levels.push_back(*level);
  }
  return webhook;
}

bool wants(const Webhook& webhook, const Alert& alert) {
  if (alert.status == AlertStatus::test) {
    return true;
  }
  if (alert.status == AlertStatus::resolved && !webhook.resolved) {
    return false;
  }
  // Who does not hear that noci is blind takes silence for peace.
  return alert.system || webhook.levels.empty() ||
         std::find(webhook.levels.begin(), webhook.levels.end(), alert.level) !=
             webhook.levels.end();
}

HttpRequest make_request(const Webhook& webhook, std::string_view event_id,
                         std::string_view payload, std::int64_t unix_seconds) {
  HttpRequest request;
  request.url = webhook.url;
  request.body =
      webhook.body_template ? webhook.body_template->render(payload) : std::string(payload);
  request.headers = webhook.headers;
  const auto add_default = [&](const char* name, const char* value) {
    if (!has_header(webhook.headers, name)) {
      request.headers.emplace_back(name, value);
    }
  };
  add_default("Content-Type", "application/json");
  add_default("User-Agent", "noci/" NOCI_VERSION);
  request.headers.emplace_back("webhook-id", event_id);
  request.headers.emplace_back("webhook-timestamp", std::to_string(unix_seconds));
  if (webhook.signing_key) {
    request.headers.emplace_back("webhook-signature",
                                 sign(*webhook.signing_key, event_id, unix_seconds, request.body));
  }
  return request;
}

}  // namespace noci
