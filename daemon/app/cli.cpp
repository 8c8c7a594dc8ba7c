#include "app/cli.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/alert_desk.hpp"
#include "app/alerts.hpp"
#include "app/alerts_test.hpp"
#include "app/ask.hpp"
#include "app/check.hpp"
#include "app/cli_options.hpp"
#include "app/daemon.hpp"
#include "app/explain.hpp"
#include "app/replay.hpp"
#include "app/report.hpp"
#include "app/rules_test.hpp"
#include "app/tune.hpp"

namespace noci {
namespace {

void add_run(CLI::App& app, Verb& verb) {
  auto* command = app.add_subcommand("run", "watch the logs and raise alerts: the daemon");
  add_config(*command, options_for<RunOptions>(*command, verb, run_daemon)->config);
  command->footer(
      "SIGHUP reloads settings and rules and keeps the old ones on any fault. SIGTERM and SIGINT\n"
      "commit what is known and end within seconds.");
}

void add_check(CLI::App& app, Verb& verb) {
  auto* command = app.add_subcommand(
      "check", "everything that could keep the daemon from working, all at once");
  add_config(*command, options_for<CheckOptions>(*command, verb, check)->config);
  command->footer(
      "Exit status: 0 fine, 1 settings, rules or lists are at fault, 3 the machine is (a log that\n"
      "cannot be read, a directory that cannot be written).");
}

void add_limits(CLI::App& command, std::string& file) {
  command.add_option("--limits", file, "numbers in force instead of the settings'")
      ->type_name("FILE")
      ->check(CLI::Validator(CLI::ExistingFile).description(""));
}

void add_rules(CLI::App& app, Verb& verb) {
  auto* rules = app.add_subcommand("rules", "work on rules");
  rules->require_subcommand(1);
  auto* command = rules->add_subcommand("test", "check rules and run the tests in their files");
  const auto options = options_for<RulesTestOptions>(*command, verb, rules_test);
  command
      ->add_option("DIR", options->rules_dir,
                   "directory of rules (default: " + options->rules_dir + ")")
      ->type_name("");
  command->add_option("--lists", options->lists_dir, "directory of lists (default: DIR/lists)")
      ->type_name("DIR");
  command->footer(
      "  noci rules test /etc/noci/rules.d && systemctl reload noci\n"
      "Every fault is told with file, line and column. Exit status 1: a rule has a fault, or a "
      "test\n"
      "in a file does not end as it says.");
}

void add_replay(CLI::App& app, Verb& verb) {
  auto* command =
      app.add_subcommand("replay", "run finished logs through the rules: what would have alerted");
  const auto options = options_for<ReplayOptions>(*command, verb, replay);
  add_config(*command, options->config);
  command->add_option("--rules", options->rules_dir, "directory of rules instead of the settings'")
      ->type_name("DIR");
  command->add_option("--lists", options->lists_dir, "directory of lists (default: RULES/lists)")
      ->type_name("DIR");
  add_limits(*command, options->limits_file);
  add_input(*command, options->input);
  command->get_option("PATH")->required();
  add_choice<bool>(*command, "--format", options->jsonl, {{"text", false}, {"jsonl", true}},
                   "text: a sentence per alert; jsonl: the payload of every state change");
  command->footer(
      "  noci replay --rotated /var/log/matrix-synapse/homeserver.log\n"
      "  noci replay /var/log/matrix-synapse     every log of the folder, workers side by side\n"
      "Rotated files are read in the order of what they hold, however they are named. Exit status "
      "1:\n"
      "an archive is damaged; everything before the damage was read.");
}

void add_tune(CLI::App& app, Verb& verb) {
  auto* command = app.add_subcommand("tune", "what your own logs say about the limits");
  const auto options = options_for<TuneOptions>(*command, verb, tune);
  add_config(*command, options->config);
  command->add_option("--rules", options->rules_dir, "directory of rules instead of the settings'")
      ->type_name("DIR");
  command->add_option("--lists", options->lists_dir, "directory of lists (default: RULES/lists)")
      ->type_name("DIR");
  add_limits(*command, options->limits_file);
  add_input(*command, options->input, "--history");
  command->get_option("--history")->required();
  command
      ->add_option("--target", options->target,
                   "alerts that somebody will look at (default: 1/day)")
      ->type_name("N/day")
      ->transform(CLI::Validator(
          [](std::string& text) {
            if (text.ends_with("/day")) {
              text.resize(text.size() - std::string_view("/day").size());
            }
            return std::string();
          },
          "", ""))
      ->check(CLI::NonNegativeNumber);
  command->add_option("--write", options->write, "where the proposed limits go")->type_name("FILE");
  add_choice<bool>(*command, "--format", options->jsonl, {{"text", false}, {"jsonl", true}},
                   "text, or one JSON object per limit and theft");
  command->footer(
      "  noci tune --history LOG... --target 2/day --write /etc/noci/limits.yaml\n"
      "For each limit: how high each key came, who went over it, and what would fit the target;\n"
      "then when thefts laid over these logs would be found.");
}

void add_explain(CLI::App& app, Verb& verb) {
  auto* command = app.add_subcommand("explain", "what noci makes of each record of a log");
  const auto options = options_for<ExplainOptions>(*command, verb, explain);
  add_input(*command, options->input);
  add_known_by(*command, options->config);
  add_choice<bool>(*command, "--format", options->jsonl, {{"text", false}, {"jsonl", true}},
                   "text, or one JSON object per record");
  command->footer(
      "Without PATH standard input is read.\n"
      "  tail -f /var/log/matrix-synapse/homeserver.log | noci explain\n"
      "  noci explain --format jsonl LOG | jq 'select(.kind == \"forged\")'");
}

void add_report(CLI::App& app, Verb& verb) {
  auto* command = app.add_subcommand(
      "report", "what each account, address or remote server took, largest first");
  const auto options = options_for<ReportOptions>(*command, verb, report);
  add_input(*command, options->input);
  add_known_by(*command, options->config);
  command->get_option("PATH")->required();
  add_choice<Field>(*command, "--by", options->by,
                    {{"user.id", Field::user_id},
                     {"source.ip", Field::source_ip},
                     {"source.network", Field::source_network},
                     {"server.name", Field::server_name}},
                    "whose books (default: user.id)");
  add_time(*command, "--since", options->since, "leave out what ended before");
  add_time(*command, "--until", options->until, "leave out what ended at or after");
  add_choice<ReportFormat>(
      *command, "--format", options->format,
      {{"text", ReportFormat::text}, {"jsonl", ReportFormat::jsonl}, {"csv", ReportFormat::csv}},
      "how to print");
  auto* key = command->add_option("--key", options->key, "only this account, address or server")
                  ->type_name("KEY");
  add_choice<ReportDetail>(*command, "--detail", options->detail,
                           {{"rooms", ReportDetail::rooms},
                            {"media", ReportDetail::media},
                            {"targets", ReportDetail::targets}},
                           "what exactly the key took");
  command->get_option("--detail")->needs(key);
  command->footer(
      "  noci report --since 2026-06-07T02:00:00Z --rotated "
      "/var/log/matrix-synapse/homeserver.log\n"
      "  noci report --by source.ip --format csv LOG > addresses.csv\n"
      "  noci report --key @alice:example.org --detail rooms LOG");
}

void add_status(CLI::App& app, Verb& verb) {
  auto* command =
      app.add_subcommand("status", "how the running daemon is: sources, lag, commits, outbox");
  const auto options = options_for<StatusOptions>(*command, verb, status);
  add_config(*command, options->config);
  add_choice<bool>(*command, "--format", options->json, {{"text", false}, {"json", true}},
                   "how to print");
  command->footer("The running daemon is asked. Exit status 3: none runs, or you may not ask it.");
}

void add_why(CLI::App& app, Verb& verb) {
  auto* command =
      app.add_subcommand("why", "how near each limit an account, address or server is right now");
  const auto options = options_for<WhyOptions>(*command, verb, why);
  command->add_option("KEY", options->key, "for example @alice:example.org or 192.0.2.7")
      ->type_name("")
      ->required();
  add_config(*command, options->config);
  add_choice<bool>(*command, "--format", options->json, {{"text", false}, {"json", true}},
                   "how to print");
  command->footer("The running daemon is asked. Exit status 3: none runs, or you may not ask it.");
}

void add_webhook(CLI::App& command, std::string& webhook, const char* description) {
  command.add_option("--webhook", webhook, description)->type_name("NAME");
}

void add_alerts_list(CLI::App& alerts, Verb& verb) {
  auto* command = alerts.add_subcommand("list", "alerts, newest first, and what became of each");
  const auto options = options_for<AlertsListOptions>(*command, verb, alerts_list);
  add_config(*command, options->config);
  add_choice<std::string>(*command, "--state", options->state,
                          {{"pending", "pending"}, {"delivered", "delivered"}, {"dead", "dead"}},
                          "only those with such a delivery; dead: given up");
  add_webhook(*command, options->webhook, "only those for the webhook of this name");
  add_choice<std::string>(*command, "--level", options->level,
                          {{"informational", "informational"},
                           {"low", "low"},
                           {"medium", "medium"},
                           {"high", "high"},
                           {"critical", "critical"}},
                          "only this level");
  add_time(*command, "--since", options->since, "leave out what happened before");
  command->add_option("--most", options->most, "how many (default: 20, at most 1000)")
      ->type_name("NUMBER")
      ->check(CLI::Range(std::int64_t{1}, most_alerts_listed).description(""));
  add_choice<bool>(*command, "--format", options->jsonl, {{"text", false}, {"jsonl", true}},
                   "two lines, or one JSON object, per alert");
}

void add_alerts_show(CLI::App& alerts, Verb& verb) {
  auto* command = alerts.add_subcommand(
      "show", "one alert as it is sent, and how every webhook's delivery stands");
  const auto options = options_for<AlertsShowOptions>(*command, verb, alerts_show);
  command->add_option("ID", options->id, "an event's id, or an alert's for all its events")
      ->type_name("")
      ->required();
  add_config(*command, options->config);
  add_choice<bool>(*command, "--format", options->jsonl, {{"text", false}, {"jsonl", true}},
                   "how to print");
}

void add_alerts_resend(CLI::App& alerts, Verb& verb) {
  auto* command = alerts.add_subcommand("resend", "send again what was given up or delivered");
  const auto options = options_for<AlertsResendOptions>(*command, verb, alerts_resend);
  command->add_option("ID", options->id, "an event's id, or an alert's for all its events")
      ->type_name("");
  command->add_flag("--dead", options->dead, "all that were given up");
  add_webhook(*command, options->webhook, "only to the webhook of this name");
  add_config(*command, options->config);
  command->footer(
      "The webhook-id stays, so a receiver that tells events by it shows none twice. What is\n"
      "pending is tried at once.");
}

void add_alerts_discard(CLI::App& alerts, Verb& verb) {
  auto* command = alerts.add_subcommand("discard", "give up what is not delivered yet");
  const auto options = options_for<AlertsDiscardOptions>(*command, verb, alerts_discard);
  command->add_option("ID", options->id, "an event's id, or an alert's for all its events")
      ->type_name("");
  command->add_flag("--pending", options->pending, "all that are not delivered yet");
  add_webhook(*command, options->webhook, "only for the webhook of this name");
  add_config(*command, options->config);
  command->footer("They stay in the list as dead, `discarded by operator`.");
}

void add_alerts_test(CLI::App& alerts, Verb& verb) {
  auto* command = alerts.add_subcommand("test", "send a test alert to every webhook, now");
  const auto options = options_for<AlertsTestOptions>(*command, verb, alerts_test);
  add_config(*command, options->config);
  add_webhook(*command, options->webhook, "only the webhook of this name");
}

void add_alerts(CLI::App& app, Verb& verb) {
  auto* alerts = app.add_subcommand("alerts", "what became of alerts; send again, give up, test");
  add_alerts_list(*alerts, verb);
  add_alerts_show(*alerts, verb);
  add_alerts_resend(*alerts, verb);
  add_alerts_discard(*alerts, verb);
  add_alerts_test(*alerts, verb);
  alerts->require_subcommand(0, 1);
  alerts->footer(
      "The daemon is asked where it runs; else its database is read.\n"
      "  noci alerts list --state dead        what was given up, and why\n"
      "  noci alerts show ID                  the whole payload, attempts, the next try\n"
      "  noci alerts resend --dead            once the receiver is well again\n"
      "  noci alerts discard --pending --webhook NAME");
  alerts->callback([alerts, &verb] {
    if (alerts->get_subcommands().empty()) {
      verb = [alerts] {
        std::cerr << alerts->help("noci");
        return ExitCode::usage;
      };
    }
  });
}

}  // namespace

int run_cli(int argc, char* argv[]) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write, not the end of noci
  CLI::App app(
      "noci watches the logs of a Matrix Synapse homeserver and tells its operators when an\n"
      "account, an address or a remote server takes more than it should.",
      "noci");
  app.set_version_flag("--version", "noci " NOCI_VERSION);
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "print the help of every command");
  app.footer(
      "Exit status: 0 fine, 1 the input is at fault, 2 usage, 3 the environment is at fault.\n"
      "Manual pages: noci(1), noci.yaml(5).");
  Verb verb;
  for (const auto add : {add_run, add_check, add_rules, add_replay, add_tune, add_explain,
                         add_report, add_status, add_why, add_alerts}) {
    add(app, verb);
  }
  // CLI11 would only say that a command is missing.
  const auto is_meant = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_meant).empty()) {
    std::cerr << "noci: unknown command '" << argv[1] << "'; `noci --help` lists them\n";
    return static_cast<int>(ExitCode::usage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  try {
    return static_cast<int>(verb());
  } catch (const std::exception& error) {
    std::cerr << "noci: " << error.what() << '\n';
    return static_cast<int>(ExitCode::environment_at_fault);
  }
}

}  // namespace noci
