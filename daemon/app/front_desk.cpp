#include "app/front_desk.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/run_to_end.hpp"
#include "app/webhooks.hpp"
#include "app/why.hpp"
#include "base/text.hpp"
#include "pipeline/vigil_alert.hpp"

namespace noci {
namespace {

namespace json = boost::json;
using boost::asio::awaitable;
using boost::asio::use_awaitable;
constexpr auto as_result = boost::asio::as_tuple(use_awaitable);

/// The analysis publishes every second; this much silence means that it is stuck.
constexpr Duration stuck_after = std::chrono::seconds{15};
/// How often that is looked at, where no service manager asks for more.
constexpr Duration look_interval = std::chrono::seconds{1};
/// How long senders may finish what is in flight when noci ends. The rest waits in the outbox.
constexpr Duration farewell = std::chrono::seconds{2};

HttpResponse text_response(int status, std::string body,
                           const char* type = "text/plain; charset=utf-8") {
  return {status, {{"Content-Type", type}, {"Cache-Control", "no-store"}}, std::move(body)};
}

/// Runs on the analysis thread.
awaitable<std::string> ask_why(const Analysis& analysis, std::string key) {
  co_return why_json(key, analysis.why(key));
}

std::string error_json(const std::string& what) {
  return json::serialize(json::object{{"error", what}});
}

}  // namespace

FrontDesk::FrontDesk(FrontDeskParts parts, ConfigOption config, const Configuration& configuration,
                     std::shared_ptr<spdlog::logger> log)
    : parts_(std::move(parts)),
      config_(std::move(config)),
      settings_(configuration.settings),
      config_hash_(configuration.hash),
      log_(std::move(log)),
      signals_(parts_.delivery_context, SIGTERM, SIGINT, SIGHUP),
      http_(parts_.delivery_context.get_executor(),
            [this](std::string_view method, std::string_view target) {
              return answer(method, target);
            }),
      control_(parts_.delivery_context.get_executor(),
               [this](std::string question) { return answer_control(std::move(question)); }) {
  parts_.deliverer.take_pulse_by([this] { return pulse(); });
}

Result<void> FrontDesk::open() {
  if (settings_.metrics.enabled) {
    const auto listening = http_.listen(settings_.metrics.address, settings_.metrics.port);
    if (!listening) {
      return tl::unexpected(listening.error());
    }
    log_->info("event=listening metrics=http://{}:{}/metrics", settings_.metrics.address,
               http_.port());
  }
  // Without the control socket noci watches as well as with it; only questions go unanswered.
  if (const auto listening = control_.listen(settings_.control_socket); !listening) {
    log_->warn("event=control_unavailable why={}", log_value(listening.error().what));
  }
  return {};
}

awaitable<void> FrontDesk::serve(EffectChannel& effects) {
  boost::asio::co_spawn(parts_.delivery_context, obey_signals(), rethrow);
  boost::asio::co_spawn(parts_.delivery_context, keep_watchdog_calm(), rethrow);
  service_.ready("watching");
  co_await parts_.deliverer.run(effects);
  boost::asio::steady_timer timer(parts_.delivery_context, farewell);
  if (!parts_.deliverer.is_idle()) {
    co_await timer.async_wait(as_result);
  }
}

void FrontDesk::publish(AnalysisStatus status) {
  boost::asio::post(parts_.delivery_context, [this, status = std::move(status)]() mutable {
    analysis_status_ = std::move(status);
  });
}

Node FrontDesk::node() const {
  return {settings_.node_name,
          settings_.sources.empty() ? "" : settings_.sources.front().homeserver, NOCI_VERSION,
          config_hash_};
}

awaitable<void> FrontDesk::obey_signals() {
  for (;;) {
    const auto [error, signal] = co_await signals_.async_wait(as_result);
    if (error) {
      co_return;
    }
    if (signal == SIGHUP) {
      reload();
      continue;
    }
    if (stopping_) {
      log_->error("event=killed why=\"a second signal came while noci was ending\"");
      std::_Exit(128 + signal);
    }
    stopping_ = true;
    log_->info("event=stopping signal={}", signal);
    service_.stopping("committing");
    boost::asio::post(parts_.analysis_context, [this] { parts_.analysis.stop(); });
  }
}

awaitable<void> FrontDesk::keep_watchdog_calm() {
  const Duration interval =
      std::min(service_.watchdog_interval().value_or(look_interval), look_interval);
  boost::asio::steady_timer timer(parts_.delivery_context);
  bool stuck = false;
  for (;;) {
    if (is_alive()) {
      service_.keep_alive();
    } else if (!stuck && analysis_status_.at != TimePoint{}) {
      log_->critical(
          "event=analysis_stuck since={} next=\"the service manager ends noci when its "
          "watchdog hears nothing; the log is read again from the last commit\"",
          format_rfc3339(analysis_status_.at));
    }
    if (stuck && is_alive()) {
      log_->warn("event=analysis_goes_on");
    }
    stuck = !is_alive() && analysis_status_.at != TimePoint{};
    timer.expires_after(interval);
    co_await timer.async_wait(as_result);
  }
}

bool FrontDesk::is_alive() const {
  // A pause because the disk is full is said by the deliverer and ends by itself.
  return parts_.deliverer.is_paused() || parts_.wall_clock() - analysis_status_.at < stuck_after;
}

std::string FrontDesk::why_not_ready() const {
  if (stopping_) {
    return "noci is stopping\n";
  }
  if (analysis_status_.at == TimePoint{}) {
    return "the sources are not being followed yet\n";
  }
  std::string why;
  if (parts_.deliverer.is_paused()) {
    why += "the database cannot be written: " + parts_.deliverer.status().commit_error + "\n";
  }
  for (const Blindness& blindness : analysis_status_.health.blindness) {
    if (blindness.blind) {
      why += "blind to " + describe(blindness.subject) + " since " +
             format_rfc3339(blindness.since) + ": " + std::string(name_of(blindness.cause)) + "\n";
    }
  }
  return why;
}

std::optional<Pulse> FrontDesk::pulse() {
  if (stopping_ || !is_alive()) {
    return std::nullopt;
  }
  parts_.deliverer.refresh_outbox_counts();
  const DeliveryStatus& delivery = parts_.deliverer.status();
  std::string why = why_not_ready();
  while (!why.empty() && why.back() == '\n') {
    why.pop_back();
  }
  return Pulse{why.empty(), why, delivery.outbox_pending, delivery.outbox_dead,
               analysis_status_.newest_event};
}

void FrontDesk::reload() {
  DeliveryStatus& status = parts_.deliverer.status();
  ++status.reloads;
  service_.reloading();
  Faults faults;
  auto fresh = read_configuration(config_, {}, faults);
  std::vector<Webhook> webhooks;
  if (fresh) {
    webhooks = read_webhooks(fresh->settings, faults);
  }
  if (!faults.empty()) {
    refuse_reload(faults);
    return;
  }
  warn_of_restart(fresh->settings);
  settings_.webhooks = fresh->settings.webhooks;
  settings_.node_name = fresh->settings.node_name;
  config_hash_ = fresh->hash;
  log_->set_level(spdlog::level::from_str(fresh->settings.log_level));
  settings_.delivery = fresh->settings.delivery;
  parts_.deliverer.replace_webhooks(std::move(webhooks), settings_.delivery, node());
  settings_.health = fresh->settings.health;
  boost::asio::post(
      parts_.analysis_context,
      [this, rules = fresh->rules, geography = fresh->geography, health = settings_.health] {
        parts_.analysis.replace_rules(rules);
        parts_.analysis.replace_geography(geography);
        parts_.analysis.replace_health(health);
      });
  status.config_valid = true;
  status.config_loaded = parts_.wall_clock();
  log_->info("event=reloaded rules={} config_hash={}", fresh->rules->rules.size(), config_hash_);
  service_.ready("watching");
}

void FrontDesk::refuse_reload(const Faults& faults) {
  DeliveryStatus& status = parts_.deliverer.status();
  ++status.reload_failures;
  status.config_valid = false;
  for (const Fault& fault : faults) {
    log_->error("event=config_fault what={}", log_value(fault.to_string()));
  }
  log_->error("event=reload_refused faults={} next=the_old_settings_and_rules_stay", faults.size());
  service_.ready("watching; the last reload was refused");
}

void FrontDesk::warn_of_restart(const Settings& fresh) {
  const auto warn = [&](const char* what, bool differs) {
    if (differs) {
      log_->warn("event=restart_needed for={} why=\"it changes with a restart only\"", what);
    }
  };
  warn("sources", fresh.sources != settings_.sources);
  warn("state", fresh.state_dir != settings_.state_dir ||
                    fresh.commit_interval != settings_.commit_interval);
  warn("metrics", fresh.metrics != settings_.metrics);
  warn("control", fresh.control_socket != settings_.control_socket);
  warn("analysis", fresh.lateness != settings_.lateness ||
                       fresh.memory_budget != settings_.memory_budget ||
                       fresh.familiar_memory != settings_.familiar_memory);
}

HttpResponse FrontDesk::answer(std::string_view, std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/metrics") {
    parts_.deliverer.refresh_outbox_counts();
    return text_response(
        200, metrics_.text(analysis_status_, parts_.deliverer.status(), parts_.wall_clock()),
        "text/plain; version=0.0.4; charset=utf-8");
  }
  if (path == "/healthz") {
    return is_alive() ? text_response(200, "ok\n")
                      : text_response(503, "the analysis thread is stuck\n");
  }
  if (path == "/readyz") {
    const std::string why = why_not_ready();
    return why.empty() ? text_response(200, "ready\n") : text_response(503, "not ready\n" + why);
  }
  return text_response(404, "not found: there are /metrics, /healthz and /readyz\n");
}

awaitable<std::string> FrontDesk::answer_control(std::string question) {
  boost::system::error_code error;
  const json::value value = json::parse(question, error);
  const json::object* const object = error ? nullptr : value.if_object();
  const json::value* const ask = object == nullptr ? nullptr : object->if_contains("ask");
  if (ask != nullptr && ask->is_string() && ask->as_string() == "status") {
    parts_.deliverer.refresh_outbox_counts();
    co_return status_json(analysis_status_, parts_.deliverer.status());
  }
  if (ask != nullptr && ask->is_string() && ask->as_string() == "alerts") {
    co_return json::serialize(parts_.deliverer.answer_alerts(*object));
  }
  const json::value* const key = object == nullptr ? nullptr : object->if_contains("key");
  if (ask == nullptr || !ask->is_string() || ask->as_string() != "why" || key == nullptr ||
      !key->is_string()) {
    co_return error_json("the question is not understood");
  }
  co_return co_await boost::asio::co_spawn(parts_.analysis_context,
                                           ask_why(parts_.analysis, std::string(key->as_string())),
                                           use_awaitable);
}

}  // namespace noci
