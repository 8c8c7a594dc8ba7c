#include "notify/webhook.hpp"

#include "alerts.hpp"
#include "support/catch.hpp"

using namespace noci;
using noci::testing::alert;
using noci::testing::node;

namespace {

constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

WebhookSettings settings() {
  WebhookSettings settings;
  settings.name = "soc";
  settings.url = "https://hooks.example.org/path/t0ken";
  return settings;
}

Webhook webhook(const WebhookSettings& from, const WebhookFiles& files = {}) {
  auto resolved = resolve_webhook(from, files);
  INFO((resolved ? std::string() : resolved.error().what));
  REQUIRE(resolved);
  return *resolved;
}

std::string fault_of(const WebhookSettings& from, const WebhookFiles& files = {}) {
  const auto resolved = resolve_webhook(from, files);
  return resolved ? "no fault" : resolved.error().what;
}

std::string header(const HttpRequest& request, std::string_view name) {
  std::string value = "(none)";
  int count = 0;
  for (const auto& [key, text] : request.headers) {
    if (key == name) {
      value = text;
      ++count;
    }
  }
  return count > 1 ? "(several)" : value;
}

}  // namespace

TEST_CASE("a request carries the payload in the envelope") {
  const HttpRequest request = make_request(webhook(settings()), "abc-1", "{}", 1614265330);
  REQUIRE(request.method == "POST");
  REQUIRE(request.url.host == "hooks.example.org");
  REQUIRE(request.url.target == "/path/t0ken");
  REQUIRE(request.body == "{}");
  REQUIRE(header(request, "Content-Type") == "application/json");
  REQUIRE(header(request, "User-Agent") == "noci/" NOCI_VERSION);
  REQUIRE(header(request, "webhook-id") == "abc-1");
  REQUIRE(header(request, "webhook-timestamp") == "1614265330");
  REQUIRE(header(request, "webhook-signature") == "(none)");
}

// The vector that the Standard Webhooks specification publishes.
TEST_CASE("with a secret the request is signed over what is sent") {
  WebhookSettings signing = settings();
  signing.secret_file = "secret";
  const HttpRequest request =
      make_request(webhook(signing, {"", secret, ""}), "msg_p5jXN8AQM9LWM0D4loKWxJek",
                   R"({"test": 2432232314})", 1614265330);
  REQUIRE(header(request, "webhook-signature") ==
          "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("a template replaces the body, and the signature is over the new body") {
  WebhookSettings shaped = settings();
  shaped.template_file = "chat.json";
  shaped.secret_file = "secret";
  const Webhook resolved = webhook(shaped, {"", secret, R"({"text":"{{data.level}}"})"});
  const std::string payload = payload_json(alert(), node());
  const HttpRequest request = make_request(resolved, "abc-1", payload, 1);
  REQUIRE(request.body == R"({"text":"high"})");
  WebhookSettings plain = settings();
  plain.secret_file = "secret";
  REQUIRE(header(request, "webhook-signature") ==
          header(make_request(webhook(plain, {"", secret, ""}), "abc-1", request.body, 1),
                 "webhook-signature"));
}

TEST_CASE("a header of the settings wins over a default and cannot replace the envelope") {
  WebhookSettings own = settings();
  own.headers = {{"Authorization", "Bearer x"},
                 {"content-type", "application/json; charset=utf-8"}};
  const HttpRequest request = make_request(webhook(own), "abc-1", "{}", 1);
  REQUIRE(header(request, "Authorization") == "Bearer x");
  REQUIRE(header(request, "content-type") == "application/json; charset=utf-8");
  REQUIRE(header(request, "Content-Type") == "(none)");
  for (const char* reserved : {"Webhook-Id", "webhook-signature", "Host", "Content-Length"}) {
    own.headers = {{reserved, "x"}};
    INFO(reserved);
    REQUIRE(fault_of(own).find("cannot be set") != std::string::npos);
  }
  own.headers = {{"X-Token", "hunter2\r\nHost: evil"}};
  REQUIRE(fault_of(own) ==
          "webhook 'soc': the value of the header X-Token holds a control character");
  own.headers = {{"X Token", "x"}};
  REQUIRE(fault_of(own).find("not the name of an HTTP header") != std::string::npos);
}

TEST_CASE("the URL may come from a file, and a bad one is not repeated") {
  WebhookSettings from_file = settings();
  from_file.url.clear();
  from_file.url_file = "url";
  REQUIRE(webhook(from_file, {"http://[::1]:8080/x\n", "", ""}).url.origin() ==
          "http://[::1]:8080");
  from_file.url_file.clear();
  for (const char* bad : {"", "ftp://t0ken", "https://user:t0ken@host/", "t0ken"}) {
    from_file.url = bad;
    INFO(bad);
    REQUIRE(fault_of(from_file).find("the URL cannot be used") != std::string::npos);
    REQUIRE(fault_of(from_file).find("t0ken") == std::string::npos);
  }
}

TEST_CASE("faults of the secret and the template name their file") {
  WebhookSettings faulty = settings();
  faulty.secret_file = "/etc/noci/soc.secret";
  REQUIRE(fault_of(faulty, {"", "nothing", ""}).find("/etc/noci/soc.secret: ") !=
          std::string::npos);
  faulty.secret_file.clear();
  faulty.template_file = "/etc/noci/soc.json";
  REQUIRE(fault_of(faulty, {"", "", "[\"{{x}}\"]"}).find("/etc/noci/soc.json: ") !=
          std::string::npos);
  faulty.template_file.clear();
  faulty.levels = {"urgent"};
  REQUIRE(fault_of(faulty) == "webhook 'soc': there is no level 'urgent'");
}

TEST_CASE("a webhook takes the levels it wants and resolutions when it wants them") {
  WebhookSettings choosy = settings();
  Alert about = alert();
  REQUIRE(wants(webhook(choosy), about));
  choosy.levels = {"medium", "critical"};
  choosy.resolved = false;
  const Webhook resolved = webhook(choosy);
  REQUIRE_FALSE(wants(resolved, about));
  about.level = Level::critical;
  REQUIRE(wants(resolved, about));
  about.status = AlertStatus::resolved;
  REQUIRE_FALSE(wants(resolved, about));
  choosy.resolved = true;
  REQUIRE(wants(webhook(choosy), about));
  about.level = Level::low;
  REQUIRE_FALSE(wants(webhook(choosy), about));
  about.status = AlertStatus::test;
  REQUIRE(wants(resolved, about));
}

TEST_CASE("that noci is blind is told whatever the levels, that it recovered unless ends are not") {
  WebhookSettings choosy = settings();
  choosy.levels = {"critical"};
  Alert about = alert();
  about.system = SystemNews{};
  REQUIRE(wants(webhook(choosy), about));
  about.status = AlertStatus::resolved;
  REQUIRE(wants(webhook(choosy), about));
  choosy.resolved = false;
  REQUIRE_FALSE(wants(webhook(choosy), about));
}
