#include "app/check.hpp"

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "app/log_sample.hpp"
#include "app/webhooks.hpp"
#include "base/result.hpp"
#include "base/zones.hpp"
#include "io/geo_database.hpp"
#include "io/intake.hpp"
#include "io/journal.hpp"
#include "io/rotation.hpp"
#include "io/unix_socket.hpp"

namespace noci {
namespace {

namespace fs = std::filesystem;

/// Says one line per thing looked at and remembers whether anything was wrong.
class Findings {
 public:
  void good(const std::string& text) { std::cout << "ok    " << text << '\n'; }

  void warn(const std::string& text) { std::cout << "warn  " << text << '\n'; }

  void bad(const std::string& text) {
    std::cout << "FAIL  " << text << '\n';
    any_bad_ = true;
  }

  [[nodiscard]] bool any_bad() const { return any_bad_; }

 private:
  bool any_bad_ = false;
};

/// Root may read everything, which says nothing about the service: go on as its user.
void become_service_user(Findings& findings) {
  const passwd* const user = geteuid() == 0 ? getpwnam("noci") : nullptr;
  if (user == nullptr) {
    return;
  }
  if (initgroups(user->pw_name, user->pw_gid) == 0 && setegid(user->pw_gid) == 0 &&
      seteuid(user->pw_uid) == 0) {
    findings.good("permissions are checked as user noci");
  } else {
    findings.warn("permissions are checked as root, not as user noci");
  }
}

bool may(const std::string& path, int mode) {
  return faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

/// The first directory on the way to `path` that this process cannot enter, or the path itself.
std::string obstacle(const fs::path& path) {
  fs::path walked;
  for (const fs::path& part : path.parent_path()) {
    walked /= part;
    if (!may(walked, X_OK)) {
      return walked;
    }
  }
  return path;
}

void explain_permission(const std::string& path) {
  const std::string directory = directory_of(path);
  std::cout << "        grant reading, now and after rotation, with:\n"
            << "          setfacl -R -m u:noci:rX " << directory << '\n'
            << "          setfacl -d -m u:noci:rX " << directory << '\n';
}

void check_log(const std::string& path, Findings& findings) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file >= 0) {
    close(file);
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
      findings.bad("log " + path + " is not a regular file");
    } else {
      findings.good("log " + path + " can be read");
    }
    return;
  }
  const int reason = errno;
  findings.bad(system_failure("log " + path + " cannot be read", reason).value().what +
               (reason == EACCES ? " (at " + obstacle(path) + ")" : ""));
  if (reason == EACCES) {
    explain_permission(path);
  }
}

void check_journal(const SourceSettings& source, Findings& findings) {
  const auto survey = survey_journal(source.journal);
  if (!survey) {
    findings.bad("source " + source.name + ": " + survey.error().what);
    return;
  }
  for (const SourceFault& fault : survey->faults) {
    findings.bad("source " + source.name + ": " + fault.what);
  }
  for (const std::string& name : survey->silent) {
    findings.warn("source " + source.name + ": the journal has no entry of " + name +
                  " yet; is it spelt as journalctl -o json shows it?");
  }
  if (survey->faults.empty() && survey->silent.empty()) {
    findings.good("source " + source.name + ": the journal can be read");
  }
}

/// A daemon that is running has what it listens on: that is as it should be.
void check_listener(const SourceSettings& source, bool is_running, Findings& findings) {
  boost::asio::io_context unused;
  IntakeOptions options;
  options.name = source.name;
  options.type = source.type;
  options.listen = source.listen;
  Intake intake(unused.get_executor(), options);
  const auto listening = intake.try_listening();
  if (listening) {
    findings.good("source " + source.name + " can listen");
  } else if (is_running && listening.error().what.find("another ") != std::string::npos) {
    findings.good("source " + source.name + ": a noci that is running listens there");
  } else {
    findings.bad("source " + source.name + ": " + listening.error().what);
  }
}

void check_files(const SourceSettings& source, Findings& findings) {
  for (const std::string& pattern : source.paths) {
    const auto paths = expand(pattern);
    for (const std::string& path : paths) {
      check_log(path, findings);
    }
    if (paths.empty()) {
      const std::string directory = directory_of(pattern);
      std::error_code error;
      if (!may(directory, R_OK | X_OK) && errno == EACCES) {
        findings.bad("source " + source.name + ": directory " + directory +
                     " cannot be read: permission denied");
        explain_permission(pattern);
      } else if (!fs::is_directory(directory, error)) {
        findings.bad("source " + source.name + ": directory " + directory + " does not exist");
      } else {
        findings.warn("source " + source.name + ": no file " + pattern +
                      " yet; the daemon waits for it");
      }
    }
  }
}

/// What the newest lines say about the logs: whether clients can write into them, and whether two
/// of them are one process's.
void check_samples(const Settings& settings, Findings& findings) {
  /// Requests of two processes may agree by chance, a few of them never.
  constexpr std::size_t beyond_chance = 3;
  std::vector<LogSample> samples;
  for (const SourceSettings& source : settings.sources) {
    for (const std::string& pattern : source.paths) {
      for (const std::string& path : expand(pattern)) {
        samples.push_back(sample_log(source, path));
      }
    }
  }
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].is_mixed) {
      findings.warn("log " + samples[i].path +
                    " is a mixed text log, into which clients can write lines of their own: noci "
                    "judges them, two seconds late; JSON, or a file for the logger synapse.access "
                    "alone, needs no judging (docs/operations.md)");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (shared_requests(samples[i], samples[j]) < beyond_chance) {
        continue;
      }
      const std::string pair = "logs " + samples[j].path + " and " + samples[i].path;
      if (samples[i].process == samples[j].process) {
        findings.good(pair + " show the same requests, which count once");
      } else {
        findings.bad(pair +
                     " show the same requests and would count twice: give both sources the "
                     "same worker: and homeserver:, or follow one of them only");
      }
    }
  }
}

void check_directory(const std::string& what, const std::string& path, Findings& findings) {
  if (may(path, W_OK | X_OK)) {
    findings.good(what + " " + path + " can be written");
    return;
  }
  const int reason = errno;
  findings.bad(
      system_failure(what + " " + path + " cannot be written", reason).value().what +
      (reason == ENOENT ? "; create it for the user noci (systemd does: StateDirectory=)" : ""));
}

}  // namespace

ExitCode check(const CheckOptions& options) {
  Faults faults;
  const auto configuration = read_configuration(options.config, {}, faults);
  if (!configuration) {
    print(faults, std::cout, "FAIL  ");
    return ExitCode::input_at_fault;
  }
  const Settings& settings = configuration->settings;
  Findings findings;
  print(configuration->warnings, std::cout, "warn  ");
  findings.good("settings " + (settings.file.empty() ? "(built-in defaults)" : settings.file));
  findings.good(std::to_string(configuration->rules->rules.size()) + " rules, their tests pass");
  for (const std::string& title : configuration->without_totals) {
    findings.warn("rule \"" + title +
                  "\" knows no shares of what `totals` in noci.yaml does not give");
  }
  const auto webhooks = read_webhooks(settings, faults);
  print(faults, std::cout, "FAIL  ");
  for (const Webhook& webhook : webhooks) {
    findings.good("webhook " + webhook.name + " at " + webhook.url.origin() +
                  (webhook.signing_key ? ", signed" : ", not signed (no secret_file)"));
  }
  if (settings.webhooks.empty()) {
    findings.warn("no webhook is configured: alerts are kept in the database and the log only");
  }
  become_service_user(findings);
  if (configuration->geography) {
    for (const std::string& description : configuration->geography->descriptions()) {
      findings.good("geo database " + description);
    }
  }
  for (const std::string& path : settings.geo_databases) {
    if (!may(path, R_OK)) {
      findings.bad("the geo database " + path + " cannot be read by this user");
    }
  }
  const bool is_running = is_answered(settings.control_socket);
  for (const SourceSettings& source : settings.sources) {
    if (source.type == SourceType::file) {
      check_files(source, findings);
    } else if (source.type == SourceType::journal) {
      check_journal(source, findings);
    } else {
      check_listener(source, is_running, findings);
    }
  }
  check_samples(settings, findings);
  check_directory("state directory", settings.state_dir, findings);
  if (!faults.empty()) {
    return ExitCode::input_at_fault;
  }
  return findings.any_bad() ? ExitCode::environment_at_fault : ExitCode::fine;
}

}  // namespace noci
