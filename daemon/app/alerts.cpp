#include "app/alerts.hpp"

#include <chrono>
#include <iostream>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sodium.h>
#include <unistd.h>

#include "app/alert_desk.hpp"
#include "base/text.hpp"
#include "io/control.hpp"
#include "settings/load.hpp"
#include "store/database.hpp"

namespace noci {
namespace {

namespace json = boost::json;

/// A daemon that is busy with a large commit still answers within this.
constexpr Duration patience = std::chrono::seconds{30};

Settings settings_of(const ConfigOption& config, bool& read) {
  Faults faults;
  Faults warnings;
  // Faults elsewhere in the file do not matter here, and a refused reload is when one asks.
  const auto settings = read_settings(config, faults, warnings);
  print(faults, std::cerr, "warning: ");
  read = settings.has_value();
  return settings.value_or(default_settings());
}

/// The answer out of the database itself. Its lock says for sure whether a daemon runs.
Result<json::object> answer_directly(const Settings& settings, const json::object& question) {
  const std::string path = database_path(settings);
  if (access(path.c_str(), F_OK) != 0) {
    return system_failure("cannot open " + path, errno);
  }
  const bool looking = question.at("do").as_string() == "list";
  OpenOptions options;
  options.lock_wait = Duration{0};
  auto database =
      looking ? Database::open_read_only(path) : Database::open(path, randombytes_buf, options);
  if (!database) {
    return failure(database.error().what);
  }
  KnownWebhooks webhooks;
  for (const WebhookSettings& webhook : settings.webhooks) {
    webhooks[webhook.name] = {};
  }
  return answer_alerts(*database, question, webhooks,
                       std::chrono::floor<Duration>(std::chrono::system_clock::now()));
}

struct Answer {
  json::object object;
  bool from_daemon = false;
};

/// Nothing, after it was said why and `code` was set.
std::optional<Answer> answer_to(const ConfigOption& config, json::object question, ExitCode& code) {
  bool read = false;
  const Settings settings = settings_of(config, read);
  code = ExitCode::environment_at_fault;
  Answer answer;
  question["ask"] = "alerts";
  if (const auto told = ask(settings.control_socket, json::serialize(question), patience)) {
    boost::system::error_code error;
    auto value = json::parse(*told, error);
    if (error || !value.is_object()) {
      std::cerr << "noci: the daemon at " << settings.control_socket
                << " gave an answer that is not JSON\n";
      return std::nullopt;
    }
    answer = {std::move(value.as_object()), true};
  } else if (auto direct = answer_directly(settings, question)) {
    if (!read) {
      code = ExitCode::input_at_fault;  // which webhooks there are is not known
      return std::nullopt;
    }
    answer.object = std::move(*direct);
  } else {
    std::cerr << "noci: " << told.error().what << "\nnoci: " << direct.error().what << '\n';
    return std::nullopt;
  }
  if (const json::value* const fault = answer.object.if_contains("error")) {
    std::cerr << "noci: " << printable(std::string_view(fault->as_string()), 400) << '\n';
    return std::nullopt;
  }
  code = ExitCode::fine;
  return answer;
}

std::string text_of(const json::object& object, std::string_view key, std::size_t longest = 400) {
  const json::value* const value = object.if_contains(key);
  if (value == nullptr || value->is_null()) {
    return "";
  }
  return value->is_string() ? printable(std::string_view(value->get_string()), longest)
                            : json::serialize(*value);
}

std::string fate_of(const json::object& delivery) {
  std::string fate = text_of(delivery, "webhook") + " " + text_of(delivery, "state");
  if (const std::string digest = text_of(delivery, "digest"); !digest.empty()) {
    fate += " in " + digest;
  }
  return fate;
}

void print_line(const json::object& alert) {
  std::cout << text_of(alert, "time") << "  " << text_of(alert, "event_id") << "  "
            << text_of(alert, "level") << ' ' << text_of(alert, "status") << "  ";
  std::string fates;
  for (const json::value& delivery : alert.at("deliveries").as_array()) {
    fates += (fates.empty() ? "" : ", ") + fate_of(delivery.as_object());
  }
  std::cout << (fates.empty() ? "no webhook wanted it" : fates) << "\n    "
            << text_of(alert, "summary") << '\n';
}

void print_whole(const json::object& alert) {
  for (const char* name : {"event_id", "alert_id", "time", "level", "status", "rule", "summary"}) {
    std::cout << name << std::string(12 - std::string_view(name).size(), ' ')
              << text_of(alert, name) << '\n';
  }
  for (const json::value& each : alert.at("deliveries").as_array()) {
    const json::object& delivery = each.as_object();
    const std::string why = text_of(delivery, "why");
    std::cout << "webhook     " << fate_of(delivery) << " since "
              << text_of(delivery, delivery.contains("finished") ? "finished" : "created") << ", "
              << text_of(delivery, "attempts") << " attempts failed";
    if (!why.empty()) {
      std::cout << ", last: " << why;
    }
    if (delivery.contains("next_try")) {
      std::cout << ", next try " << text_of(delivery, "next_try");
    }
    std::cout << '\n';
  }
  std::cout << json::serialize(alert.at("payload")) << '\n';
}

/// Changes what fits, and says how much that was.
ExitCode change(const ConfigOption& config, const json::object& question, const std::string& which,
                const char* done, const char* effect) {
  ExitCode code = ExitCode::fine;
  const auto answer = answer_to(config, question, code);
  if (!answer) {
    return code;
  }
  const std::string deliveries = text_of(answer->object, "deliveries");
  if (deliveries == "0") {
    std::cerr << "noci: there is nothing to do for " << which << '\n';
    return question.contains("id") ? ExitCode::input_at_fault : ExitCode::fine;
  }
  std::cout << "deliveries " << done << ": " << deliveries << " of "
            << text_of(answer->object, "events") << " events\n"
            << effect << '\n';
  if (!answer->from_daemon) {
    std::cout << "no daemon runs; this was written into its database\n";
  }
  return ExitCode::fine;
}

/// One of an id and a flag, and not both.
bool is_one_chosen(const char* verb, const std::string& id, bool all, const char* flag) {
  if (id.empty() == all) {
    return true;
  }
  std::cerr << "noci alerts " << verb << ": give either an ID or " << flag << '\n';
  return false;
}

json::object question_of(const char* what, const std::string& id, const char* state,
                         const std::string& webhook) {
  json::object question{{"do", what}};
  if (!id.empty()) {
    question["id"] = id;
  } else {
    question["state"] = state;
  }
  if (!webhook.empty()) {
    question["webhook"] = webhook;
  }
  return question;
}

std::string which_of(const std::string& id, const char* state, const std::string& webhook) {
  return (id.empty() ? std::string("alerts that are ") + state : "'" + printable(id) + "'") +
         (webhook.empty() ? "" : " at webhook '" + printable(webhook) + "'");
}

}  // namespace

ExitCode alerts_list(const AlertsListOptions& options) {
  json::object question{{"do", "list"}, {"most", options.most}};
  for (const auto& [key, value] :
       {std::pair("state", &options.state), std::pair("webhook", &options.webhook),
        std::pair("level", &options.level)}) {
    if (!value->empty()) {
      question[key] = *value;
    }
  }
  if (options.since) {
    question["since"] = format_rfc3339(*options.since);
  }
  ExitCode code = ExitCode::fine;
  const auto answer = answer_to(options.config, question, code);
  if (!answer) {
    return code;
  }
  for (const json::value& alert : answer->object.at("alerts").as_array()) {
    if (options.jsonl) {
      std::cout << json::serialize(alert) << '\n';
    } else {
      print_line(alert.as_object());
    }
  }
  if (answer->object.at("more").as_bool()) {
    std::cerr << "noci: there are older ones; --most and the filters show them\n";
  }
  return code;
}

ExitCode alerts_show(const AlertsShowOptions& options) {
  ExitCode code = ExitCode::fine;
  const auto answer = answer_to(
      options.config,
      {{"do", "list"}, {"id", options.id}, {"most", most_alerts_listed}, {"payload", true}}, code);
  if (!answer) {
    return code;
  }
  const json::array& alerts = answer->object.at("alerts").as_array();
  if (alerts.empty()) {
    std::cerr << "noci: no alert has the id '" << printable(options.id)
              << "'; `noci alerts list` has those that are kept\n";
    return ExitCode::input_at_fault;
  }
  for (const json::value& alert : alerts) {
    if (options.jsonl) {
      std::cout << json::serialize(alert) << '\n';
    } else {
      print_whole(alert.as_object());
    }
  }
  return code;
}

ExitCode alerts_resend(const AlertsResendOptions& options) {
  if (!is_one_chosen("resend", options.id, options.dead, "--dead")) {
    return ExitCode::usage;
  }
  return change(
      options.config, question_of("resend", options.id, "dead", options.webhook),
      which_of(options.id, "dead", options.webhook), "put back",
      "they are sent under the webhook-id they had: who tells events by it shows none twice");
}

ExitCode alerts_discard(const AlertsDiscardOptions& options) {
  if (!is_one_chosen("discard", options.id, options.pending, "--pending")) {
    return ExitCode::usage;
  }
  return change(options.config, question_of("discard", options.id, "pending", options.webhook),
                which_of(options.id, "pending", options.webhook), "given up",
                "`noci alerts resend` puts them back");
}

}  // namespace noci
