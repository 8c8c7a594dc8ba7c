#include "settings/webhooks.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "base/http.hpp"
#include "base/ip.hpp"
#include "base/text.hpp"
#include "settings/location.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;
using Shape = YamlNode::Shape;

bool is_loopback(const Url& url) {
  const auto address = IpAddress::parse(url.host);
  static const auto loopback = Cidr::parse("127.0.0.0/8");
  return url.host == "localhost" || url.host == "::1" ||
         (address && loopback && loopback->contains(*address));
}

void read_url(MapReader& map, WebhookSettings& webhook, Report& report) {
  const YamlNode* node = map.find("url");
  webhook.url_file = read_secret_path(map, "url_file", report);
  if (node != nullptr && !webhook.url_file.empty()) {
    report.fault(map.place_of("url_file"), "conflict", "a webhook has both 'url' and 'url_file'",
                 "keep one of them");
  }
  if (node == nullptr && !map.has("url") && !map.has("url_file")) {
    report.fault(map.place(), "missing-key", "the webhook has no 'url'",
                 "give 'url', or 'url_file' when the URL itself is a secret");
  }
  if (node == nullptr) {
    return;
  }
  webhook.url = as_text(*node, "url", report).value_or("");
  Url url;
  if (!parse_url(webhook.url, url)) {
    // The text is not repeated: webhook URLs often hold a token.
    report.fault(node->place, "bad-url", "'url' cannot be used",
                 "it must be http:// or https://, without user name and password");
  } else if (!url.tls && !is_loopback(url)) {
    report.warn(node->place, "plain-http", "alerts travel unencrypted to " + cite(url.origin()),
                "use https, or a receiver on this machine");
  }
}

bool is_reserved_header(std::string_view name) {
  constexpr std::array reserved{std::string_view("host"),
                                std::string_view("content-length"),
                                std::string_view("content-type"),
                                std::string_view("transfer-encoding"),
                                std::string_view("connection"),
                                std::string_view("webhook-id"),
                                std::string_view("webhook-timestamp"),
                                std::string_view("webhook-signature")};
  return std::any_of(reserved.begin(), reserved.end(),
                     [&](std::string_view other) { return equals_ignoring_case(name, other); });
}

void read_headers(const YamlNode& node, WebhookSettings& webhook, Report& report) {
  if (!node.is(Shape::map)) {
    report.fault(node.place, "wrong-type", "'headers' must be a map",
                 "write `Name: value` lines below it");
    return;
  }
  constexpr std::string_view token =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& header = node.keys[i].text;
    if (header.empty() || header.find_first_not_of(token) != std::string::npos) {
      report.fault(node.keys[i].place, "bad-value", cite(header) + " is not a header name");
    } else if (is_reserved_header(header)) {
      report.fault(node.keys[i].place, "reserved-header",
                   "header " + cite(header) + " is set by noci itself", "remove it");
    }
    const auto value = as_text(node.items[i], header, report);
    const auto is_control = [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    };
    if (value && std::any_of(value->begin(), value->end(), is_control)) {
      report.fault(node.items[i].place, "bad-value",
                   "the value of header " + cite(header) + " holds a control character");
    } else if (value) {
      webhook.headers.emplace_back(header, *value);
    }
  }
}

void read_levels(const YamlNode& node, WebhookSettings& webhook, Report& report) {
  const std::vector<std::string_view> names{"informational", "low", "medium", "high", "critical"};
  for (const YamlNode* item : items_of(node)) {
    if (const auto level = as_choice(*item, "levels", names, report)) {
      webhook.levels.emplace_back(names[*level]);
    }
  }
}

RateSettings read_rate(const YamlNode& node, Report& report) {
  MapReader map(node, "rate", report);
  RateSettings rate;
  rate.alerts = map.integer("alerts", rate.alerts, 0, 1'000'000);
  rate.per = map.duration("per", rate.per, 1s, 24h);
  map.finish();
  return rate;
}

WebhookSettings read_webhook(const YamlNode& node, std::set<std::string>& names, Report& report) {
  MapReader map(node, "webhook", report);
  WebhookSettings webhook;
  webhook.name = read_name(map, "", report);
  if (!map.has("name")) {
    report.fault(map.place(), "missing-key", "the webhook has no 'name'",
                 "name it: the name stands in metrics and logs instead of the URL");
  } else if (!names.insert(webhook.name).second) {
    report.fault(map.place_of("name"), "duplicate-name",
                 "two webhooks are called " + cite(webhook.name), "give each its own 'name'");
  }
  read_url(map, webhook, report);
  webhook.secret_file = read_secret_path(map, "secret_file", report);
  webhook.template_file = read_path(map, "template_file", "", report);
  webhook.ca_file = read_path(map, "ca_file", "", report);
  if (const YamlNode* headers = map.find("headers", true)) {
    read_headers(*headers, webhook, report);
  }
  if (const YamlNode* levels = map.find("levels")) {
    read_levels(*levels, webhook, report);
  }
  webhook.resolved = map.boolean("resolved", webhook.resolved);
  webhook.timeout = map.duration("timeout", webhook.timeout, 1s, 5min);
  if (const YamlNode* rate = map.find("rate", true)) {
    webhook.rate = read_rate(*rate, report);
  }
  webhook.heartbeat = map.duration("heartbeat", webhook.heartbeat, 0s, 24h);
  map.finish();
  return webhook;
}

}  // namespace

std::vector<WebhookSettings> read_webhooks(const YamlNode& node, Report& report) {
  std::vector<WebhookSettings> webhooks;
  if (!node.is(Shape::list)) {
    report.fault(node.place, "wrong-type", "'webhooks' must be a list",
                 "begin each webhook with `- name: …`");
    return webhooks;
  }
  std::set<std::string> names;
  for (const YamlNode& item : node.items) {
    webhooks.push_back(read_webhook(item, names, report));
  }
  return webhooks;
}

}  // namespace noci
