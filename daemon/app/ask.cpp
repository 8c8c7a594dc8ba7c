#include "app/ask.hpp"

#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/why.hpp"
#include "base/text.hpp"
#include "io/control.hpp"
#include "settings/load.hpp"

namespace noci {
namespace {

namespace json = boost::json;

constexpr Duration patience = std::chrono::seconds{10};

/// The daemon's answer, or nothing after saying why there is none.
std::optional<json::object> ask_daemon(const ConfigOption& config, const json::object& question,
                                       ExitCode& code) {
  Faults faults;
  Faults warnings;
  // Just after a refused reload is when one asks: faults elsewhere in the file do not matter here.
  const auto settings = read_settings(config, faults, warnings);
  if (!settings) {
    print(faults, std::cerr, "warning: ");
  }
  const std::string socket = (settings ? *settings : default_settings()).control_socket;
  code = ExitCode::environment_at_fault;
  const auto answer = ask(socket, json::serialize(question), patience);
  if (!answer) {
    std::cerr << "noci: " << answer.error().what << '\n';
    return std::nullopt;
  }
  boost::system::error_code error;
  auto value = json::parse(*answer, error);
  if (error || !value.is_object()) {
    std::cerr << "noci: the daemon at " << socket << " gave an answer that is not JSON\n";
    return std::nullopt;
  }
  code = ExitCode::fine;
  return std::move(value.as_object());
}

std::string text_of(const json::value& value) {
  if (value.is_null()) {
    return "-";
  }
  return value.is_string() ? printable(std::string_view(value.as_string()), 400)
                           : json::serialize(value);
}

void print_pair(const char* name, const json::value& value) {
  const std::string text = text_of(value);
  std::cout << name << std::string(16 - std::string_view(name).size(), ' ')
            << (text.empty() ? "-" : text) << '\n';
}

std::string percent_of(const json::value& share) {
  if (share.is_null()) {
    return "not known yet";
  }
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << share.to_number<double>() * 100 << " %";
  return text.str();
}

void print_health(const json::object& status) {
  for (const json::value& entry : status.at("workers").as_array()) {
    const json::object& worker = entry.as_object();
    std::cout << "worker          " << text_of(worker.at("name")) << ": "
              << percent_of(worker.at("lost")) << " of its lines lost, "
              << percent_of(worker.at("base_gap")) << " of its requests usually without a line\n";
  }
  for (const json::value& entry : status.at("blind").as_array()) {
    const json::object& blind = entry.as_object();
    std::cout << "BLIND           to " << text_of(blind.at("about")) << " since "
              << text_of(blind.at("since")) << ": " << text_of(blind.at("cause")) << '\n';
  }
}

void print_status(const json::object& status) {
  for (const char* name :
       {"version", "newest_event", "lag_ms", "records", "requests", "errors", "forged", "rules",
        "keys", "open_episodes", "last_commit", "commit_error", "last_alert", "config_loaded"}) {
    print_pair(name, status.at(name));
  }
  if (!text_of(status.at("state_lost")).empty()) {
    print_pair("state_lost", status.at("state_lost"));
  }
  const json::object& outbox = status.at("outbox").as_object();
  std::cout << "outbox          " << text_of(outbox.at("pending")) << " pending, "
            << text_of(outbox.at("dead")) << " dead\n";
  for (const json::value& entry : status.at("webhooks").as_array()) {
    const json::object& webhook = entry.as_object();
    const std::string error = text_of(webhook.at("last_error"));
    std::cout << "webhook         " << text_of(webhook.at("name")) << ": "
              << text_of(webhook.at("delivered")) << " delivered, "
              << text_of(webhook.at("failed_attempts")) << " failed attempts"
              << (error.empty() ? "" : ", last error: " + error) << '\n';
  }
  for (const json::value& entry : status.at("sources").as_array()) {
    const json::object& source = entry.as_object();
    std::cout << "source          " << text_of(source.at("name")) << ": "
              << text_of(source.at("files_opened")) << " files opened, "
              << describe_bytes(source.at("bytes").to_number<std::int64_t>()) << " read, "
              << describe_bytes(source.at("behind_bytes").to_number<std::int64_t>())
              << " to read\n";
    for (const json::value& fault : source.at("faults").as_array()) {
      std::cout << "  cannot read   " << text_of(fault) << '\n';
    }
  }
  print_health(status);
}

}  // namespace

ExitCode status(const StatusOptions& options) {
  ExitCode code = ExitCode::fine;
  const auto answer = ask_daemon(options.config, {{"ask", "status"}}, code);
  if (answer && options.json) {
    std::cout << json::serialize(*answer) << '\n';
  } else if (answer) {
    print_status(*answer);
  }
  return code;
}

ExitCode why(const WhyOptions& options) {
  ExitCode code = ExitCode::fine;
  const auto answer = ask_daemon(options.config, {{"ask", "why"}, {"key", options.key}}, code);
  if (answer && options.json) {
    std::cout << json::serialize(*answer) << '\n';
  } else if (answer) {
    std::cout << why_text(*answer);
  }
  return code;
}

}  // namespace noci
