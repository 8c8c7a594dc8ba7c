#include "app/alerts_test.hpp"

#include <chrono>
#include <iostream>
#include <random>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "app/webhooks.hpp"
#include "io/http_client.hpp"
#include "notify/payload.hpp"
#include "notify/webhook.hpp"

namespace noci {
namespace {

TimePoint wall_clock() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

/// Receivers de-duplicate on the id, so each test has its own.
std::string fresh_id() {
  std::random_device device;
  std::string id = "test-";
  for (int i = 0; i < 4; ++i) {
    id += std::to_string(device());
  }
  return id;
}

Judgement send(const Webhook& webhook, const std::string& event_id, const std::string& payload) {
  boost::asio::io_context context{1};
  Judgement judgement;
  const std::int64_t now =
      std::chrono::floor<std::chrono::seconds>(wall_clock()).time_since_epoch().count();
  boost::asio::co_spawn(
      context, fetch(make_request(webhook, event_id, payload, now), fetch_options(webhook)),
      [&](std::exception_ptr error, Result<HttpResponse> response) {
        if (error) {
          std::rethrow_exception(error);
        }
        judgement =
            response ? judge(*response, wall_clock()) : judge_failure(response.error().what);
      });
  context.run();
  return judgement;
}

}  // namespace

ExitCode alerts_test(const AlertsTestOptions& options) {
  Faults faults;
  Faults warnings;
  const auto settings = read_settings(options.config, faults, warnings);
  std::vector<Webhook> webhooks;
  if (settings) {
    webhooks = read_webhooks(*settings, faults);
  }
  if (!faults.empty()) {
    print(faults, std::cerr, "");
    return ExitCode::input_at_fault;
  }
  const Node node{settings->node_name, "", NOCI_VERSION, ""};
  const Alert alert = test_alert(node, wall_clock(), fresh_id());
  bool any = false;
  bool all_delivered = true;
  for (const Webhook& webhook : webhooks) {
    if (!options.webhook.empty() && options.webhook != webhook.name) {
      continue;
    }
    any = true;
    const Judgement judgement = send(webhook, alert.event_id(), payload_json(alert, node));
    const bool delivered = judgement.verdict == Verdict::delivered;
    all_delivered = all_delivered && delivered;
    std::cout << (delivered ? "ok    " : "FAIL  ") << webhook.name << " at " << webhook.url.origin()
              << (delivered ? ": delivered" : ": " + judgement.why) << '\n';
  }
  if (!any) {
    std::cerr << (options.webhook.empty()
                      ? "noci alerts test: no webhook is configured"
                      : "noci alerts test: no webhook has the name '" + options.webhook + "'")
              << '\n';
    return ExitCode::input_at_fault;
  }
  return all_delivered ? ExitCode::fine : ExitCode::environment_at_fault;
}

}  // namespace noci
