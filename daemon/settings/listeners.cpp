#include "settings/listeners.hpp"

#include <algorithm>
#include <string>

#include "base/ip.hpp"
#include "settings/location.hpp"

namespace noci {
namespace {

using namespace std::chrono_literals;

bool is_loopback(const std::string& text) {
  const auto address = IpAddress::parse(text);
  static const auto loopback = Cidr::parse("127.0.0.0/8");
  return text == "::1" || (address && loopback && loopback->contains(*address));
}

void read_limits(MapReader& map, ListenSettings& listen) {
  listen.connections = map.integer("connections", listen.connections, 1, 1024);
  listen.idle_timeout = map.duration("idle_timeout", listen.idle_timeout, 1s, 7 * 24h);
}

TlsSettings read_tls(const YamlNode& node, Report& report) {
  TlsSettings tls;
  MapReader map(node, "tls section", report);
  tls.cert_file = read_path(map, "cert_file", "", report);
  tls.key_file = read_secret_path(map, "key_file", report);
  tls.ca_file = read_path(map, "ca_file", "", report);
  tls.names = map.texts("names");
  if (!map.has("cert_file") || !map.has("key_file")) {
    report.fault(map.place(), "missing-key", "'tls' needs 'cert_file' and 'key_file'",
                 "name the listener's certificate and its key, both PEM");
  }
  if (!tls.names.empty() && tls.ca_file.empty()) {
    report.fault(map.place_of("names"), "missing-key", "'names' without 'ca_file'",
                 "senders are asked for certificates only where 'ca_file' says who signs them");
  }
  map.finish();
  return tls;
}

}  // namespace

JournalSettings read_journal(MapReader& map, Report& report) {
  JournalSettings journal;
  journal.units = map.texts("units");
  journal.identifiers = map.texts("identifiers");
  journal.containers = map.texts("containers");
  journal.directory = read_path(map, "directory", "", report);
  if (journal.units.empty() && journal.identifiers.empty() && journal.containers.empty()) {
    report.fault(map.place(), "missing-key", "the journal source has no 'units'",
                 "name Synapse's unit, such as matrix-synapse.service; else 'identifiers' or "
                 "'containers'");
  }
  for (const std::string& unit : journal.units) {
    if (unit.find_first_of("*?[") != std::string::npos) {
      report.fault(map.place_of("units"), "bad-value", cite(unit) + " is a pattern",
                   "the journal is asked for whole names: list every unit");
    } else if (unit.find('.') == std::string::npos) {
      report.fault(map.place_of("units"), "bad-value", cite(unit) + " is not a unit's whole name",
                   "write " + unit + ".service");
    }
  }
  return journal;
}

ListenSettings read_tcp(MapReader& map, Report& report) {
  ListenSettings listen;
  if (const auto endpoint = read_listen_address(map, "listen", report)) {
    listen.address = endpoint->address;
    listen.port = endpoint->port;
  } else if (!map.has("listen")) {
    report.fault(map.place(), "missing-key", "the tcp source has no 'listen'",
                 "it must be ADDRESS:PORT such as 127.0.0.1:9470");
  }
  if (const YamlNode* tls = map.find("tls")) {
    listen.tls = read_tls(*tls, report);
  }
  if (!listen.address.empty() && !is_loopback(listen.address) && listen.tls.ca_file.empty()) {
    report.warn(map.place_of("listen"), "open-listener",
                "whoever reaches " + listen.address + " can write records of any account",
                "ask senders for certificates (tls with ca_file), or let a firewall choose them");
  }
  read_limits(map, listen);
  return listen;
}

ListenSettings read_unix_socket(MapReader& map, Report& report) {
  ListenSettings listen;
  listen.path = read_path(map, "path", "", report);
  if (!map.has("path")) {
    report.fault(map.place(), "missing-key", "the unix source has no 'path'",
                 "name the socket, such as /run/noci/intake.sock");
  }
  if (const YamlNode* node = map.find("mode")) {
    const std::string text = as_text(*node, "mode", report).value_or("0660");
    const bool is_mode = text.size() >= 3 && text.size() <= 4 &&
                         text.find_first_not_of("01234567") == std::string::npos;
    listen.mode = is_mode ? static_cast<unsigned>(std::stoul(text, nullptr, 8)) : listen.mode;
    if (!is_mode || (listen.mode & ~0777U) != 0 || (listen.mode & 0600U) != 0600U) {
      report.fault(node->place, "bad-value", "'mode' is " + cite(text),
                   "it must be octal and include 0600, such as 0660");
    }
  }
  listen.group = map.text("group");
  read_limits(map, listen);
  return listen;
}

}  // namespace noci
