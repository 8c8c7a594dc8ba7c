// JSON records: any bytes are read without a step beyond them; and one request, printed by Synapse
// as text and as JSON, gives one event, whatever its client put into it.

#include <string>

#include "fuzz/support.hpp"
#include "parse/parser.hpp"

namespace noci {
namespace {

/// The input without the bytes that Synapse or Twisted let nobody put there.
std::string without(std::string_view text, std::string_view forbidden) {
  std::string kept;
  for (const char c : text) {
    // Non-ASCII is printed as U+FFFD; ASCII will do here.
    if (static_cast<unsigned char>(c) < 0x80 && forbidden.find(c) == std::string_view::npos) {
      kept.push_back(c);
    }
  }
  return kept;
}

/// The first element of X-Forwarded-For: trimmed, and before its comma.
std::string address_from(std::string_view text) {
  std::string address = without(text, ",\n\r");
  const std::size_t from = std::min(address.find_first_not_of(" \t\x0b\x0c"), address.size());
  address = address.substr(from);
  return address.substr(0, address.find_last_not_of(" \t\x0b\x0c") + 1);
}

std::string escaped(const std::string& text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += std::string("\\u00") + digits[c >> 4] + digits[c & 15];
    } else {
      out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    }
  }
  return out;
}

std::string key(const char* name, const std::string& value) {
  return std::string(",\"") + name + "\":\"" + escaped(value) + '"';
}

std::string told_by(const std::string& line) {
  const fuzz::Exact exact(line);
  Parser parser(SourceInfo{});
  Arena arena;
  Record record;
  record.bytes = exact.view();
  return fuzz::told(parser.parse(record, arena).event);
}

void check_agreement(std::string_view input) {
  fuzz::Choices choices(input);
  const std::string address = address_from(choices.part('\n'));
  const std::string method = "GET";
  const std::string uri = "/" + without(choices.part('\n'), " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f");
  const std::string agent = without(choices.part('\n'), "\n\r");
  const std::string user = choices.below(2) == 0 ? "" : "@bob:hs.test";
  const std::string message = address + " - 8008 - {" + (user.empty() ? "None" : user) +
                              "} Processed request: 0.036sec/-0.001sec (0.009sec, 0.000sec) "
                              "(0.018sec/0.004sec/26) 5057B 200 \"" +
                              method + " " + uri + " HTTP/1.1\" \"" +
                              (agent.empty() ? "-" : agent) + "\" [7 dbevts]";
  const std::string account = user.empty() ? "null" : '"' + user + '"';
  const std::string text =
      "2026-11-22 20:55:51,600 - synapse.access.http.8008 - 450 - INFO - GET-65 - " + message;
  const std::string json =
      R"({"log":")" + escaped(message) + '"' + key("namespace", "synapse.access.http.8008") +
      key("level", "INFO") + R"(,"time":1795380951.6)" + key("request", "GET-65") +
      key("ip_address", address) + key("site_tag", "8008") + R"(,"requester":)" + account +
      R"(,"authenticated_entity":)" + account + key("method", method) + key("url", uri) +
      key("protocol", "HTTP/1.1") + key("user_agent", agent) + "}";
  const std::string a = told_by(text);
  const std::string b = told_by(json);
  FUZZ_REQUIRE(a == b);
  FUZZ_REQUIRE(a.starts_with("request") || a.starts_with("ignored"));
}

void check_any(std::string_view input) {
  const fuzz::Exact exact(input.substr(0, input.find('\n')));
  SourceInfo source;
  source.format = LineFormat::json;
  Record record;
  record.bytes = exact.view();
  std::string said[2];
  for (std::string& each : said) {
    Parser parser(source);
    Arena arena;
    const Event event = parser.parse(record, arena).event;
    FUZZ_REQUIRE(event.kind != Kind::forged || event.user_id.empty());
    each = fuzz::told(event);
  }
  FUZZ_REQUIRE(said[0] == said[1]);
}

}  // namespace
}  // namespace noci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = noci::fuzz::text_of(data, size);
  noci::check_any(input);
  noci::check_agreement(input);
  return 0;
}
