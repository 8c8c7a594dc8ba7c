#include "app/cli_options.hpp"

namespace noci {

void add_config(CLI::App& command, ConfigOption& config) {
  command
      .add_option("-c,--config", config.path,
                  "settings file (default: " + std::string(default_config_path) +
                      "; without it the built-in defaults hold)")
      ->type_name("FILE");
}

void add_known_by(CLI::App& command, ConfigOption& config) {
  command
      .add_option("-c,--config", config.path,
                  "settings whose geo databases and shared addresses count (default: none)")
      ->type_name("FILE");
}

void add_input(CLI::App& command, InputOptions& input, const std::string& paths) {
  command
      .add_option(
          paths, input.paths,
          "Synapse logs, text or JSON, as they are or packed by gzip or zstd; a folder stands\n"
          "for the logs in it; - is standard input")
      ->type_name(paths == "PATH" ? "" : "PATH...");
  command.add_flag(
      "--rotated", input.rotated,
      "with the rotated files beside each PATH: PATH.1, PATH.2.gz, PATH.2026-11-22.zst");
  command
      .add_option("--timezone", input.timezone,
                  "IANA zone of a text log's local time (default: this machine's)")
      ->type_name("ZONE");
  command
      .add_option(
          "--prefix", input.prefix,
          "how a text log's records begin, as the formatter of Synapse's log configuration\n"
          "has it: '%(asctime)s [%(levelname)s] %(name)s: %(request)s %(message)s'")
      ->type_name("FORMAT");
}

void add_time(CLI::App& command, const std::string& name, std::optional<TimePoint>& value,
              const std::string& description) {
  command
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            value = parse_rfc3339(text);
            if (!value) {
              throw CLI::ValidationError(
                  name, "'" + text + "' is not a time such as 2026-06-07 or 2026-06-07T02:00:00Z");
            }
          },
          description)
      ->type_name("TIME");
}

}  // namespace noci
