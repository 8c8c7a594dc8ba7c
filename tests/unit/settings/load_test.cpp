#include "settings/load.hpp"

#include <cstdlib>

#include "scratch.hpp"
#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

Loaded<Settings> load(const Scratch& scratch, std::string_view text) {
  return load_settings(scratch.write("noci.yaml", text));
}

}  // namespace

TEST_CASE("an empty settings file means the defaults") {
  const Scratch scratch;
  const auto loaded = load(scratch, "# nothing\n");
  CHECK(all(loaded.faults).empty());
  REQUIRE(loaded.value.sources.size() == 1);
  CHECK(loaded.value.sources[0].paths ==
        std::vector<std::string>{"/var/log/matrix-synapse/homeserver.log"});
  CHECK(loaded.value.metrics.port == 9469);
  CHECK(loaded.value.file == scratch.path("noci.yaml"));
}

TEST_CASE("every key of the settings reaches its value") {
  const Scratch scratch;
  const auto loaded = load(scratch, R"(
node: shard-1
sources:
  - {name: main, path: log/*.log, format: json, prefix: '%(name)s: %(request)s %(message)s', timezone: Europe/Paris, homeserver: hs.example, worker: main, start_at: beginning, backfill: 24h}
  - {paths: [/a.log, /b.log], homeserver: hs.example}
rules: {dir: r, extra_dir: /e}
lists: {dir: l, extra_dir: /el}
webhooks:
  - name: ops
    url: https://alerts.example/hook
    secret_file: secret
    template_file: t.json
    ca_file: /ca.pem
    headers: {X-Team: security}
    levels: [high, critical]
    resolved: false
    timeout: 5s
    rate: {alerts: 9, per: 3m}
    heartbeat: 7m
delivery: {give_up_after: 7d, most_pending: 500, pending_size: 2MiB, digest_from: 7}
state: {dir: s, commit_interval: 2s}
control: {socket: c.sock}
metrics: {enabled: false, listen: '[::1]:1234'}
analysis: {lateness: 0s, memory: 1GiB, familiar_memory: 8MiB}
geo: {databases: [a.mmdb, /g/b.mmdb]}
health: {alerts: false, warm_up: 1m, silence_least: 2m, silence_most: 3m, unreadable: 4m, behind: 5m, clock_skew: 6m, not_understood: 0.1, lines_lost: 0.2, span: 7m, settle: 8m, usual_after: 9m}
log: {level: debug}
)");
  REQUIRE(all(loaded.faults).empty());
  const Settings& s = loaded.value;
  CHECK(s.node_name == "shard-1");
  REQUIRE(s.sources.size() == 2);
  CHECK(s.sources[0].paths[0] == scratch.path("log/*.log"));
  CHECK(s.sources[0].format == LineFormat::json);
  CHECK(s.sources[0].prefix == "%(name)s: %(request)s %(message)s");
  CHECK(s.sources[0].timezone == "Europe/Paris");
  CHECK(s.sources[0].start_at == StartAt::beginning);
  CHECK(s.sources[0].backfill == std::chrono::hours{24});
  CHECK(s.sources[1].name == "a.log");
  CHECK(s.sources[1].paths.size() == 2);
  CHECK(s.rules_dir == scratch.path("r"));
  CHECK(s.extra_rules_dir == "/e");
  CHECK(s.lists_dir == scratch.path("l"));
  REQUIRE(s.webhooks.size() == 1);
  CHECK(s.webhooks[0].secret_file == scratch.path("secret"));
  CHECK(s.webhooks[0].headers.at(0).second == "security");
  CHECK(s.webhooks[0].levels == std::vector<std::string>{"high", "critical"});
  CHECK_FALSE(s.webhooks[0].resolved);
  CHECK(s.webhooks[0].timeout == 5s);
  CHECK(s.webhooks[0].rate.alerts == 9);
  CHECK(s.webhooks[0].rate.per == 3min);
  CHECK(s.webhooks[0].heartbeat == 7min);
  CHECK(s.delivery.give_up_after == 168h);
  CHECK(s.delivery.most_pending == 500);
  CHECK(s.delivery.pending_size == 2 << 20);
  CHECK(s.delivery.digest_from == 7);
  CHECK(s.state_dir == scratch.path("s"));
  CHECK(s.commit_interval == 2s);
  CHECK(s.control_socket == scratch.path("c.sock"));
  CHECK_FALSE(s.metrics.enabled);
  CHECK(s.metrics.address == "::1");
  CHECK(s.metrics.port == 1234);
  CHECK(s.lateness == Duration(0));
  CHECK(s.memory_budget == std::int64_t{1} << 30);
  CHECK(s.familiar_memory == std::int64_t{8} << 20);
  CHECK(s.geo_databases == std::vector<std::string>{scratch.path("a.mmdb"), "/g/b.mmdb"});
  CHECK_FALSE(s.health.alerts);
  CHECK(s.health.warm_up == 1min);
  CHECK(s.health.silence_least == 2min);
  CHECK(s.health.silence_most == 3min);
  CHECK(s.health.unreadable == 4min);
  CHECK(s.health.behind == 5min);
  CHECK(s.health.clock_skew == 6min);
  CHECK(s.health.not_understood == 0.1);
  CHECK(s.health.lines_lost == 0.2);
  CHECK(s.health.span == 7min);
  CHECK(s.health.settle == 8min);
  CHECK(s.health.usual_after == 9min);
  CHECK(s.log_level == "debug");
}

TEST_CASE("bounds of silence that exclude each other are a fault") {
  const Scratch scratch;
  const auto loaded = load(scratch, "health: {silence_least: 2h, silence_most: 1h}\n");
  REQUIRE(loaded.faults.size() == 1);
  CHECK(loaded.faults[0].what == "'silence_most' is shorter than 'silence_least' [bad-value]");
}

TEST_CASE("all faults of a file come out at once, with their places") {
  const Scratch scratch;
  const auto loaded = load(scratch,
                           "soruces: []\n"
                           "metrics: {listen: 9469}\n"
                           "log:\n"
                           "  level: loud\n"
                           "log: {}\n"
                           "analysis: {memory: 1k}\n");
  const std::string faults = all(loaded.faults);
  INFO(faults);
  CHECK(faults.find("1:1 unknown key 'soruces' in the settings file [unknown-key]; did you mean "
                    "'sources'?") != std::string::npos);
  CHECK(mentions(loaded.faults, "bad-value", 2));
  CHECK(mentions(loaded.faults, "bad-value", 4));
  CHECK(mentions(loaded.faults, "duplicate-key", 5));
  CHECK(mentions(loaded.faults, "wrong-type", 6));
  CHECK(loaded.faults.size() == 5);
}

TEST_CASE("each wrong setting is a fault of its kind") {
  struct Case {
    const char* text;
    const char* code;
  };

  const auto [text, code] = GENERATE(values<Case>({
      {"sources: x", "wrong-type"},
      {"sources: []", "missing-key"},
      {"sources: [{name: a}]", "missing-key"},
      {"sources: [{paths: []}]", "missing-key"},
      {"sources: [{path: /a, paths: [/b]}]", "conflict"},
      {"sources: [{path: /a}, {path: /a, name: b}]", "duplicate-path"},
      {"sources: [{path: /a/x}, {path: /b/x}]", "duplicate-name"},
      {"sources: [{path: /a, timezone: Mars/Base}]", "unknown-timezone"},
      {"sources: [{path: /a, prefix: '%(asctime)s %(message)s'}]", "bad-value"},
      {"sources: [{path: /a, prefix: '%(name)s%(message)s'}]", "bad-value"},
      {"sources: [{path: /a, prefix: '%(name)s: %(message)s!'}]", "bad-value"},
      {"sources: [{path: /a, prefix: '%(name) %d'}]", "bad-value"},
      {"sources: [{path: /a, homeserver: x}, {path: /b}]", "missing-key"},
      {"sources: [{path: /a, start_at: middle}]", "bad-value"},
      {"sources: [{path: /a, backfill: 60d}]", "out-of-range"},
      {"sources: [{path: /a, name: 'a b'}]", "bad-value"},
      {"sources: [{path: {a: b}}]", "wrong-type"},
      {"webhooks: [{name: a}]", "missing-key"},
      {"webhooks: [{url: 'https://a'}]", "missing-key"},
      {"webhooks: [{name: a, url: 'ftp://a'}]", "bad-url"},
      {"webhooks: [{name: a, url: 'https://a', url_file: b}]", "conflict"},
      {"webhooks: [{name: a, url: 'https://a'}, {name: a, url: 'https://a'}]", "duplicate-name"},
      {"webhooks: [{name: a, url: 'https://a', levels: [loud]}]", "bad-value"},
      {"webhooks: [{name: a, url: 'https://a', headers: {Webhook-Id: x}}]", "reserved-header"},
      {"webhooks: [{name: a, url: 'https://a', headers: {'a b': x}}]", "bad-value"},
      {"webhooks: [{name: a, url: 'https://a', headers: {a: \"x\\r\\ny\"}}]", "bad-value"},
      {"webhooks: [{name: a, url: 'https://a', timeout: 1h}]", "out-of-range"},
      {"webhooks: [{name: a, url: 'https://a', secret_file: '${HOME}/x'}]", "bad-value"},
      {"state: {commit_interval: 5}", "wrong-type"},
      {"metrics: {enabled: yes}", "wrong-type"},
      {"metrics: {listen: '127.0.0.1:70000'}", "bad-value"},
      {"metrics: {listen: '::1:9469'}", "bad-value"},
      {"metrics: [1]", "wrong-type"},
      {"analysis: {lateness: 2h}", "out-of-range"},
      {"node:", "wrong-type"},
      {"a: [1", "syntax"},
      {"node: a\n---\nnode: b", "syntax"},
      {"? [a]\n: b", "wrong-type"},
      {"just text", "wrong-type"},
  }));
  const Scratch scratch;
  const auto loaded = load(scratch, text);
  CAPTURE(text, all(loaded.faults));
  CHECK(mentions(loaded.faults, code));
  CHECK(loaded.faults.size() == 1);
}

TEST_CASE("no message repeats a webhook's URL or header, which may be secrets") {
  const Scratch scratch;
  const auto loaded = load(
      scratch,
      "webhooks: [{name: a, url: 'http://u:hunter2@h/hunter2', headers: {a: \"hunter2\\n\"}}]");
  CHECK(loaded.faults.size() == 2);
  CHECK(all(loaded.faults).find("hunter2") == std::string::npos);
}

TEST_CASE("unencrypted webhooks are warned of, except on this machine") {
  const Scratch scratch;
  CHECK(mentions(load(scratch, "webhooks: [{name: a, url: 'http://alerts.example/x'}]").warnings,
                 "plain-http"));
  CHECK(mentions(load(scratch, "webhooks: [{name: a, url: 'http://127.evil.example/'}]").warnings,
                 "plain-http"));
  CHECK(load(scratch, "webhooks: [{name: a, url: 'http://127.0.0.1:8080/x'}]").warnings.empty());
}

TEST_CASE("the credentials folder is expanded for secrets, and its absence is a warning") {
  const Scratch scratch;
  const char* text =
      "webhooks: [{name: a, url: 'https://a', secret_file: '${CREDENTIALS_DIRECTORY}/k'}]";
  ::unsetenv("CREDENTIALS_DIRECTORY");
  const auto without = load(scratch, text);
  CHECK(without.faults.empty());
  CHECK(mentions(without.warnings, "no-credentials"));
  ::setenv("CREDENTIALS_DIRECTORY", "/run/credentials/noci.service", 1);
  CHECK(load(scratch, text).value.webhooks.at(0).secret_file == "/run/credentials/noci.service/k");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_CASE("what is not a text file is a clear fault") {
  const Scratch scratch;
  CHECK(mentions(load_settings(scratch.path()).faults, "not-a-file"));
  CHECK(mentions(load_settings(scratch.path("missing")).faults, "cannot-read"));
  CHECK(mentions(load(scratch, std::string("a: b\nc: \0", 9)).faults, "not-text", 2));
  CHECK(mentions(load(scratch, "node: caf\xe9\n").faults, "not-text", 1));
  CHECK(mentions(load(scratch,
                      "\xff\xfe"
                      "a")
                     .faults,
                 "not-text", 1));
  CHECK(mentions(load(scratch, std::string((1 << 20) + 1, '#')).faults, "too-large"));
  CHECK(load(scratch, "\xef\xbb\xbfnode: x\n").value.node_name == "x");
}

TEST_CASE("hostile YAML ends in a fault, quickly") {
  const Scratch scratch;
  const auto repeated = [](const char* piece, std::size_t size) {
    std::string text;
    while (text.size() < size) {
      text += piece;
    }
    return text;
  };
  const std::size_t large = std::size_t{1} << 20;
  CHECK(mentions(load(scratch, repeated("[", large)).faults, "too-deep"));
  CHECK(mentions(load(scratch, repeated("{a: ", large - 4)).faults, "too-deep"));
  CHECK(mentions(load(scratch, repeated("- ", large)).faults, "too-deep"));
  CHECK(mentions(load(scratch, repeated("? ", large)).faults, "too-deep"));
  CHECK(mentions(load(scratch, "a: [" + repeated("b,", large / 2) + "]").faults, "too-large"));
  // Ten lists of ten aliases each: 10^10 values if they were written out.
  std::string bomb = "a0: &a0 x\n";
  for (int i = 1; i <= 10; ++i) {
    const std::string n = std::to_string(i);
    bomb += "a" + n + ": &a" + n + " [";
    for (int k = 0; k < 10; ++k) {
      bomb += (k == 0 ? "*a" : ",*a") + std::to_string(i - 1);
    }
    bomb += "]\n";
  }
  CHECK(mentions(load(scratch, bomb).faults, "alias"));
  CHECK(mentions(load(scratch, "a: &x [*x]\n").faults, "alias"));
  // No more faults are kept than somebody reads.
  const auto many = load(scratch, repeated("x: 1\n", 100'000));
  CHECK(mentions(many.faults, "too-many"));
  CHECK(many.faults.size() <= 101);
}

TEST_CASE("the files in config/ can be loaded, and the full one says the defaults") {
  const std::string folder = std::string(NOCI_SOURCE_DIR) + "/config/";
  const auto full = load_settings(folder + "noci.yaml");
  CHECK(all(full.faults) == "");
  const Settings defaults = default_settings();
  CHECK(full.value.sources.at(0).paths == defaults.sources.at(0).paths);
  CHECK(full.value.rules_dir == defaults.rules_dir);
  CHECK(full.value.extra_rules_dir == defaults.extra_rules_dir);
  CHECK(full.value.extra_lists_dir == defaults.extra_lists_dir);
  CHECK(full.value.delivery.give_up_after == defaults.delivery.give_up_after);
  CHECK(full.value.delivery.most_pending == defaults.delivery.most_pending);
  CHECK(full.value.delivery.pending_size == defaults.delivery.pending_size);
  CHECK(full.value.delivery.digest_from == defaults.delivery.digest_from);
  CHECK(full.value.state_dir == defaults.state_dir);
  CHECK(full.value.commit_interval == defaults.commit_interval);
  CHECK(full.value.control_socket == defaults.control_socket);
  CHECK(full.value.metrics.address == defaults.metrics.address);
  CHECK(full.value.metrics.port == defaults.metrics.port);
  CHECK(full.value.memory_budget == defaults.memory_budget);
  CHECK(full.value.familiar_memory == defaults.familiar_memory);
  CHECK(full.value.geo_databases.empty());
  CHECK(full.value.health.alerts == defaults.health.alerts);
  CHECK(full.value.health.warm_up == defaults.health.warm_up);
  CHECK(full.value.health.silence_least == defaults.health.silence_least);
  CHECK(full.value.health.silence_most == defaults.health.silence_most);
  CHECK(full.value.health.unreadable == defaults.health.unreadable);
  CHECK(full.value.health.behind == defaults.health.behind);
  CHECK(full.value.health.clock_skew == defaults.health.clock_skew);
  CHECK(full.value.health.not_understood == defaults.health.not_understood);
  CHECK(full.value.health.lines_lost == defaults.health.lines_lost);
  CHECK(full.value.health.span == defaults.health.span);
  CHECK(full.value.health.settle == defaults.health.settle);
  CHECK(full.value.health.usual_after == defaults.health.usual_after);
  CHECK(full.value.log_level == defaults.log_level);
  CHECK(all(load_settings(folder + "minimal.yaml").faults) == "");
}

TEST_CASE("sources of every type read their keys") {
  const Scratch scratch;
  const auto loaded = load(scratch, R"(
sources:
  - {type: journal, units: [matrix-synapse.service], identifiers: synapse, containers: [a, b], directory: j, backfill: 24h, start_at: beginning}
  - type: tcp
    name: workers
    listen: '[::1]:9470'
    tls: {cert_file: c.pem, key_file: k.pem, ca_file: ca.pem, names: [vector.example]}
    connections: 8
    idle_timeout: 10m
    spool_limit: 128MiB
    worker: main
  - {type: unix, path: intake.sock, mode: '0620', group: synapse}
  - {type: stdin, name: piped}
)");
  REQUIRE(all(loaded.faults).empty());
  CHECK(loaded.warnings.empty());
  const auto& sources = loaded.value.sources;
  REQUIRE(sources.size() == 4);
  CHECK(sources[0].type == SourceType::journal);
  CHECK(sources[0].name == "journal");
  CHECK(sources[0].journal.units == std::vector<std::string>{"matrix-synapse.service"});
  CHECK(sources[0].journal.identifiers == std::vector<std::string>{"synapse"});
  CHECK(sources[0].journal.containers == std::vector<std::string>{"a", "b"});
  CHECK(sources[0].journal.directory == scratch.path("j"));
  CHECK(sources[0].backfill == 24h);
  CHECK(sources[1].type == SourceType::tcp);
  CHECK(sources[1].listen.address == "::1");
  CHECK(sources[1].listen.port == 9470);
  CHECK(sources[1].listen.tls.cert_file == scratch.path("c.pem"));
  CHECK(sources[1].listen.tls.key_file == scratch.path("k.pem"));
  CHECK(sources[1].listen.tls.ca_file == scratch.path("ca.pem"));
  CHECK(sources[1].listen.tls.names == std::vector<std::string>{"vector.example"});
  CHECK(sources[1].listen.connections == 8);
  CHECK(sources[1].listen.idle_timeout == 10min);
  CHECK(sources[1].spool_limit == std::int64_t{128} << 20);
  CHECK(sources[2].type == SourceType::unix_socket);
  CHECK(sources[2].name == "unix");
  CHECK(sources[2].listen.path == scratch.path("intake.sock"));
  CHECK(sources[2].listen.mode == 0620);
  CHECK(sources[2].listen.group == "synapse");
  CHECK(sources[3].type == SourceType::standard_input);
  CHECK(sources[3].name == "piped");
}

TEST_CASE("a source that cannot work is a fault with its reason") {
  const Scratch scratch;
  const auto faults_of = [&](const std::string& source) {
    return load(scratch, "sources:\n  - " + source + "\n").faults;
  };
  CHECK(mentions(faults_of("{type: fifo, path: /x}"), "bad-value"));
  CHECK(mentions(faults_of("{type: journal}"), "missing-key"));
  CHECK(mentions(faults_of("{type: journal, units: 'synapse-*.service'}"), "bad-value"));
  CHECK(mentions(faults_of("{type: journal, units: synapse}"), "bad-value"));
  CHECK(mentions(faults_of("{type: tcp}"), "missing-key"));
  CHECK(mentions(faults_of("{type: tcp, listen: localhost}"), "bad-value"));
  CHECK(mentions(faults_of("{type: tcp, listen: '127.0.0.1:1', tls: {cert_file: c}}"),
                 "missing-key"));
  CHECK(mentions(faults_of("{type: tcp, listen: '127.0.0.1:1', "
                           "tls: {cert_file: c, key_file: k, names: [a]}}"),
                 "missing-key"));
  CHECK(mentions(faults_of("{type: unix}"), "missing-key"));
  CHECK(mentions(faults_of("{type: unix, path: /x, mode: '0060'}"), "bad-value"));
  CHECK(mentions(faults_of("{type: unix, path: /x, mode: '9'}"), "bad-value"));
  CHECK(mentions(faults_of("{type: stdin, spool_limit: 1MiB}"), "out-of-range"));
  CHECK(mentions(faults_of("{type: stdin, name: .hidden}"), "bad-value"));
  CHECK(mentions(faults_of("{type: stdin}\n  - {type: stdin, name: b}"), "duplicate-listener"));
  CHECK(mentions(faults_of("{type: tcp, listen: '127.0.0.1:1'}\n  - {type: tcp, name: b, "
                           "listen: '127.0.0.1:1'}"),
                 "duplicate-listener"));
  const auto foreign = faults_of("{path: /x, listen: '127.0.0.1:1'}");
  REQUIRE(mentions(foreign, "unknown-key"));
  CHECK(foreign[0].help.find("tcp") != std::string::npos);
}

TEST_CASE("a listener that anybody can reach is warned of") {
  const Scratch scratch;
  CHECK(mentions(load(scratch, "sources: [{type: tcp, listen: '0.0.0.0:9470'}]").warnings,
                 "open-listener"));
  CHECK_FALSE(mentions(load(scratch, "sources: [{type: tcp, listen: '127.0.0.1:9470'}]").warnings,
                       "open-listener"));
  CHECK_FALSE(mentions(load(scratch,
                            "sources: [{type: tcp, listen: '0.0.0.0:9470', tls: {cert_file: c, "
                            "key_file: k, ca_file: a}}]")
                           .warnings,
                       "open-listener"));
}
