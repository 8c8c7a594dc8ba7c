#include "notify/template.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>

#include "alerts.hpp"
#include "support/catch.hpp"

using namespace noci;
using noci::testing::alert;
using noci::testing::node;
namespace json = boost::json;

namespace {

json::value rendered(std::string_view text, const Alert& about = alert()) {
  const auto parsed = parse_template(text);
  INFO((parsed ? std::string() : parsed.error().what));
  REQUIRE(parsed);
  return json::parse(parsed->render(payload_json(about, node())));
}

std::string fault_of(std::string_view text) {
  const auto parsed = parse_template(text);
  return parsed ? "no fault" : parsed.error().what;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("placeholders inside a text are written as text") {
  REQUIRE(rendered(R"({"t": "[{{data.level}}] {{ data.entity.key }}: {{data.limits.0.value}} > )"
                   R"({{data.limits.0.limit}} x{{data.limits.0.factor}}"})") ==
          json::parse(R"({"t": "[high] @a:hs: 6 > 5 x0.25"})"));
}

TEST_CASE("a string that is one placeholder keeps the type of its value") {
  REQUIRE(rendered(R"(["{{data.sequence}}", "{{data.simulated}}", "{{data.rule.tags}}",
                       "{{data.times}}", "{{data.level}}"])") ==
          json::parse(R"([2, false, ["attack.t1213.005"],
                       {"first_event": "2026-06-07T00:12:01.000Z",
                        "last_event": "2026-06-07T00:14:31.000Z",
                        "detected": "2026-06-07T00:14:31.512Z"}, "high"])"));
}

TEST_CASE("what is not a placeholder stays as it is") {
  REQUIRE(rendered(R"({"a": [1, 2.5, true, null, "{x} }}"], "b": {"c": ""}})") ==
          json::parse(R"({"a": [1, 2.5, true, null, "{x} }}"], "b": {"c": ""}})"));
}

TEST_CASE("data may be left out, and names with dots are found") {
  REQUIRE(rendered(R"(["{{summary}}", "{{evidence.top.source.ip.0.0}}",
                       "{{data.evidence.top.source.ip.1.1}}"])") ==
          json::parse(R"(["@a:hs joined 6 rooms in 10 min; the limit is 5", "192.0.2.10", 2])"));
}

TEST_CASE("a value that this alert does not have is null, empty, or the default") {
  REQUIRE(rendered(R"(["{{data.reason}}", "<{{data.reason}}>", "{{data.reason|default:none given}}",
                       "{{data.limits.7.value}}", "{{data.rule.runbook | default: - | chat}}"])") ==
          json::parse(R"([null, "<>", "none given", null, "-"])"));
}

TEST_CASE("a path that no payload can have is a fault when the template is read") {
  REQUIRE(fault_of(R"({"t": "x {{data.nonsense}}"})") ==
          "in \"x {{data.nonsense}}\": the payload has nothing called 'data.nonsense'; "
          "docs/alerts.md lists what it has");
  for (const char* path :
       {"", "data.level.x", "data.limits.x", "data.limits.0.nope", "data..level"}) {
    INFO(path);
    REQUIRE(fault_of("[\"{{" + std::string(path) + "}}\"]").find("nothing called") !=
            std::string::npos);
  }
}

TEST_CASE("other faults of a template say where they are") {
  REQUIRE(fault_of("{\n\"a\": 1,\n}").find("line 3 is not JSON") == 0);
  REQUIRE(fault_of("").find("is not JSON") != std::string::npos);
  REQUIRE(fault_of("{} {}").find("is not JSON") != std::string::npos);
  REQUIRE(fault_of(R"(["{{data.level"])") == "in \"{{data.level\": '{{' without '}}'");
  REQUIRE(fault_of(R"(["{{data.level|upper}}"])").find("unknown filter 'upper'") !=
          std::string::npos);
  REQUIRE(fault_of(R"({"{{data.level}}": 1})").find("only values") != std::string::npos);
}

TEST_CASE("nothing an attacker wrote breaks out of its string") {
  Alert hostile = alert();
  hostile.key = {{Field::user_agent, R"(", "channel": "#all", "x": "{{data.node.name}})"}};
  const json::value body = rendered(R"({"text": "by {{data.entity.key}}"})", hostile);
  REQUIRE(body == json::value({{"text", R"(by ", "channel": "#all", "x": "{{data.node.name}})"}}));
}

TEST_CASE("the chat filter leaves no mention, link or markup behind") {
  REQUIRE(chat_text("<!channel> & @all") ==
          "&lt;!channel&gt; &amp; @\xe2\x80\x8b"
          "all");
  REQUIRE(chat_text("[x](http://evil)") == "[x]\xe2\x80\x8b(http:\xe2\x80\x8b//evil)");
  REQUIRE(chat_text("plain: text] 1.5") == "plain: text] 1.5");
  REQUIRE(rendered(R"(["{{data.sequence|chat}}"])") == json::parse(R"(["2"])"));
}

TEST_CASE("every shipped template can be used and cannot be made to ping anybody") {
  Alert hostile = alert();
  hostile.summary = "<!channel> @channel @here @room [x](http://evil) <http://evil|x>";
  hostile.key = {{Field::user_agent, hostile.summary}};
  hostile.rule_title = hostile.summary;
  hostile.evidence.top = {{Field::room_id, {{hostile.summary, 1}}},
                          {Field::source_ip, {{hostile.summary, 1}}},
                          {Field::user_agent, {{hostile.summary, 1}}}};
  int seen = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(NOCI_SOURCE_DIR) + "/config/templates")) {
    INFO(entry.path().filename().string());
    const std::string body = json::serialize(rendered(read(entry.path()), hostile));
    REQUIRE(body.find("channel") != std::string::npos);
    REQUIRE(body.find("{{") == std::string::npos);
    ++seen;
    if (entry.path().stem() == "generic-ticket") {
      continue;  // a ticket system reads fields, and mentions mean nothing there
    }
    for (const char* dangerous :
         {"@channel", "@here", "@room", "<!", "](http", "<http", "://evil"}) {
      REQUIRE(body.find(dangerous) == std::string::npos);
    }
  }
  REQUIRE(seen == 5);
}

TEST_CASE("every shipped template reads well with the least an alert can hold") {
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(NOCI_SOURCE_DIR) + "/config/templates")) {
    Alert least = alert();
    least.evidence = {};
    INFO(entry.path().filename().string());
    const json::value body = rendered(read(entry.path()), least);
    REQUIRE(json::serialize(body).find("6 rooms in 10 min") != std::string::npos);
  }
}

TEST_CASE("a payload that is not JSON goes out as it is rather than not at all") {
  const auto parsed = parse_template(R"({"t": "{{summary}}"})");
  REQUIRE(parsed);
  REQUIRE(parsed->render("damaged") == "damaged");
}
