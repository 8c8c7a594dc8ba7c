#include "settings/location.hpp"

#include <cstdlib>
#include <limits>

#include "base/ip.hpp"
#include "base/text.hpp"
#include "settings/file.hpp"

namespace noci {
namespace {

/// The one variable that is expanded: systemd's LoadCredential= puts secrets into that folder.
constexpr std::string_view credentials_variable = "${CREDENTIALS_DIRECTORY}";

}  // namespace

std::string read_path(MapReader& map, std::string_view key, const std::string& fallback,
                      Report& report) {
  const YamlNode* node = map.find(key);
  if (node == nullptr) {
    return fallback;
  }
  const auto text = as_text(*node, key, report);
  if (!text) {
    return fallback;
  }
  if (text->empty()) {
    report.fault(node->place, "bad-value", cite(key) + " is empty", "name a file or folder");
  }
  return beside(report.file(), *text);
}

std::string read_secret_path(MapReader& map, std::string_view key, Report& report) {
  const YamlNode* node = map.find(key);
  auto text = node == nullptr ? std::nullopt : as_text(*node, key, report);
  if (!text) {
    return {};
  }
  if (std::string_view(*text).substr(0, credentials_variable.size()) == credentials_variable) {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr) {
      // `noci check` by hand has no credentials; the service has.
      report.warn(node->place, "no-credentials",
                  cite(key) +
                      " names a systemd credential, and "
                      "CREDENTIALS_DIRECTORY is not set here",
                  "expected outside the service; there, use LoadCredential=");
      return *text;
    }
    text->replace(0, credentials_variable.size(), folder);
  } else if (text->find("${") != std::string::npos) {
    report.fault(node->place, "bad-value", cite(key) + " holds a variable that is not expanded",
                 "only a leading ${CREDENTIALS_DIRECTORY} is");
  }
  return beside(report.file(), *text);
}

std::optional<ListenAddress> read_listen_address(MapReader& map, std::string_view key,
                                                 Report& report) {
  const YamlNode* node = map.find(key);
  const auto text = node == nullptr ? std::nullopt : as_text(*node, key, report);
  if (!text) {
    return std::nullopt;
  }
  const auto colon = text->rfind(':');
  std::string host = colon == std::string::npos ? "" : text->substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = IpAddress::parse(host);
  const auto port = colon == std::string::npos ? std::nullopt : parse_size(text->substr(colon + 1));
  if (!address || address->is_v4 == bracketed || !port ||
      *port > std::numeric_limits<std::uint16_t>::max()) {
    report.fault(node->place, "bad-value", cite(key) + " is " + cite(*text),
                 "it must be ADDRESS:PORT such as 127.0.0.1:9469 or [::1]:9469");
    return std::nullopt;
  }
  return ListenAddress{host, static_cast<std::uint16_t>(*port)};
}

std::string read_name(MapReader& map, const std::string& fallback, Report& report) {
  const YamlNode* node = map.find("name");
  const auto text = node == nullptr ? std::nullopt : as_text(*node, "name", report);
  if (!text) {
    return fallback;
  }
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  constexpr std::size_t longest = 64;
  if (text->empty() || text->size() > longest ||
      text->find_first_not_of(allowed) != std::string::npos) {
    report.fault(node->place, "bad-value", "'name' is " + cite(*text),
                 "use 1 to 64 letters, digits, `.`, `_` and `-`");
  }
  return *text;
}

}  // namespace noci
