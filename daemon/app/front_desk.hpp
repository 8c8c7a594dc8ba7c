#pragma once
// Everything on the delivery thread that people and machines talk to: signals, /metrics, /healthz
// and /readyz, the control socket, systemd. It also holds the newest status of the analysis.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "app/analysis.hpp"
#include "app/configuration.hpp"
#include "app/deliverer.hpp"
#include "app/log.hpp"
#include "app/metrics.hpp"
#include "app/status.hpp"
#include "io/control.hpp"
#include "io/http_server.hpp"
#include "io/service_manager.hpp"

namespace noci {

/// The two threads' worlds, as the desk sees them; all outlive it.
struct FrontDeskParts {
  boost::asio::io_context& delivery_context;
  boost::asio::io_context& analysis_context;
  Analysis& analysis;
  Deliverer& deliverer;
  std::function<TimePoint()> wall_clock;
};

class FrontDesk {
 public:
  FrontDesk(FrontDeskParts parts, ConfigOption config, const Configuration& configuration,
            std::shared_ptr<spdlog::logger> log);

  /// Listens; an error names the address and what to do.
  [[nodiscard]] Result<void> open();
  /// Serves until the deliverer has seen Stop and its senders have had a moment to finish.
  boost::asio::awaitable<void> serve(EffectChannel& effects);
  /// From the analysis thread.
  void publish(AnalysisStatus status);
  [[nodiscard]] Node node() const;

 private:
  boost::asio::awaitable<void> obey_signals();
  boost::asio::awaitable<void> keep_watchdog_calm();
  void reload();
  void refuse_reload(const Faults& faults);
  void warn_of_restart(const Settings& fresh);
  [[nodiscard]] bool is_alive() const;
  /// A line for each reason; empty when it is.
  [[nodiscard]] std::string why_not_ready() const;
  /// Nothing while the analysis is stuck: then the dead-man's switch is to go off.
  [[nodiscard]] std::optional<Pulse> pulse();
  [[nodiscard]] HttpResponse answer(std::string_view method, std::string_view target);
  boost::asio::awaitable<std::string> answer_control(std::string question);

  FrontDeskParts parts_;
  ConfigOption config_;
  Settings settings_;
  std::string config_hash_;
  std::shared_ptr<spdlog::logger> log_;
  boost::asio::signal_set signals_;
  Metrics metrics_{NOCI_VERSION};
  HttpServer http_;
  ControlServer control_;
  ServiceManager service_;
  AnalysisStatus analysis_status_;
  bool stopping_ = false;
};

}  // namespace noci
