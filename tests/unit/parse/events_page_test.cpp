// docs/events.md and the code name the same actions, routes and fields.

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "model/event.hpp"
#include "parse/endpoint_table.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

std::string page() {
  std::ifstream file(NOCI_SOURCE_DIR "/docs/events.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string base_of(routing::Base base) {
  switch (base) {
    case routing::Base::client:
      return "C/";
    case routing::Base::media:
      return "M/";
    case routing::Base::federation:
      return "F/";
    case routing::Base::admin:
      return "A/";
    default:
      return "/";
  }
}

/// The entries of the inventory: "- `action`: …".
std::map<std::string, std::string> entries() {
  std::map<std::string, std::string> found;
  std::istringstream lines(page());
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("- `", 0) == 0 && line.find("`:") != std::string::npos) {
      const std::string action = line.substr(3, line.find("`:") - 3);
      CAPTURE(action);
      REQUIRE(found.emplace(action, line).second);
    }
  }
  return found;
}

}  // namespace

TEST_CASE("docs/events.md names every action and no other") {
  const auto found = entries();
  for (const std::string_view name : action_names) {
    CAPTURE(std::string(name));
    REQUIRE(found.count(std::string(name)) == 1);
  }
  REQUIRE(found.size() == action_count);
}

TEST_CASE("docs/events.md has every route under its action") {
  const auto found = entries();
  for (const auto routes :
       {routing::account_routes(), routing::room_routes(), routing::people_routes(),
        routing::media_routes(), routing::federation_routes(), routing::admin_routes(),
        routing::service_routes()}) {
    REQUIRE_FALSE(routes.empty());
    for (const routing::Route& route : routes) {
      const std::string path = "`" + base_of(route.base) + std::string(route.path) + "`";
      CAPTURE(std::string(name_of(route.action)), path);
      REQUIRE(found.at(std::string(name_of(route.action))).find(path) != std::string::npos);
    }
  }
}

TEST_CASE("docs/events.md has every field and every kind") {
  const std::string text = page();
  for (const std::string_view name : field_names) {
    CAPTURE(std::string(name));
    REQUIRE(text.find("`" + std::string(name) + "`") != std::string::npos);
  }
  for (const std::string_view name : kind_names) {
    CAPTURE(std::string(name));
    REQUIRE(text.find("| `" + std::string(name) + "` |") != std::string::npos);
  }
}
