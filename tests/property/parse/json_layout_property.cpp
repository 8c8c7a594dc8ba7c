// The scan that trusts the layout against simdjson, which trusts nothing.

#include <algorithm>
#include <fstream>
#include <string>

#include <rapidcheck/catch.h>

#include "parse/json_layout.hpp"
#include "property/parse/hostile.hpp"
#include "support/catch.hpp"

namespace noci {
namespace {

std::string summary(const JsonLine& line) {
  const AccessKeys& keys = line.request_keys;
  std::string all = line.has_request_keys ? "request" : "record";
  for (const std::string_view text :
       {line.message, line.logger, line.level, line.request, line.server_name, keys.address,
        keys.tag, keys.requester, keys.authenticated_entity, keys.method, keys.uri, keys.protocol,
        keys.user_agent}) {
    all.append("\x1f").append(text);
  }
  return all + "\x1f" + (line.time ? std::to_string(line.time->time_since_epoch().count()) : "");
}

/// Whether the layout was taken for known; then both must say the same.
bool agrees(const std::string& line) {
  JsonReader reader;
  Arena arena;
  JsonLine scanned;
  JsonLine parsed;
  // A block of its own, so that a sanitizer sees every byte read beyond the line.
  const std::string exact(line.begin(), line.end());
  if (!read_json_layout(exact, arena, scanned)) {
    return false;
  }
  RC_ASSERT(reader.read_any(exact, arena, parsed));
  RC_ASSERT(summary(scanned) == summary(parsed));
  return true;
}

}  // namespace

TEST_CASE("the scan of the layout says what simdjson says") {
  rc::prop("of genuine lines, damaged or not", [] {
    std::string line = test::damaged_line();
    RC_PRE(line.starts_with('{'));
    agrees(line);
  });
  rc::prop("of times", [] {
    const auto digits = *rc::gen::container<std::string>(rc::gen::element('0', '1', '9', '.', 'e'));
    agrees(R"({"log":"m","namespace":"a","level":"INFO","time":)" + digits + R"(,"request":"r"})");
  });
  rc::prop("of whatever stands in a string", [] {
    const std::string text = *test::text_without("");
    agrees(R"({"log":")" + text + R"(","namespace":"a","level":"INFO","time":1.5,"request":"r"})");
    agrees(R"({"log":"m","namespace":"a","level":"INFO","time":1.5,"request":")" + text + "\"}");
  });
}

TEST_CASE("nearly every genuine terse line has the known layout") {
  for (const char* name : {"synapse-v1.98.0", "synapse-v1.163.2"}) {
    std::ifstream file(std::string(NOCI_SOURCE_DIR "/tests/corpus/") + name +
                       "/homeserver.json.log");
    std::size_t known = 0;
    std::size_t access = 0;
    for (std::string line; std::getline(file, line);) {
      const bool is_access = line.find("Processed request: ") != std::string::npos;
      access += is_access ? 1 : 0;
      known += agrees(line) && is_access ? 1 : 0;
    }
    INFO(name);
    CHECK(access > 500);
    CHECK(known * 100 >= access * 90);
  }
}

}  // namespace noci
