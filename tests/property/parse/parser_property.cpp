#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <rapidcheck/catch.h>

#include "property/parse/hostile.hpp"
#include "support/catch.hpp"
#include "unit/parse/reading.hpp"

namespace noci {
namespace {

using test::damaged_line;
using test::Reading;
using test::text_without;

std::vector<std::string> every_text(const Event& event) {
  std::vector<std::string> texts{std::string(event.reason), std::string(event.query)};
  for (std::size_t i = 0; i < field_count; ++i) {
    texts.emplace_back(event.text(static_cast<Field>(i)));
  }
  return texts;
}

std::string summary(const Event& event) {
  std::string all = std::string(name_of(event.kind)) + format_rfc3339(event.timestamp);
  for (const std::string& text : every_text(event)) {
    all += '\x1f' + text;
  }
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto number = event.number(static_cast<Field>(i));
    all += '\x1f' + (number ? std::to_string(*number) : "");
  }
  return all;
}

std::string json_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr const char* digits = "0123456789abcdef";
      out += "\\u00";
      out += digits[c >> 4];
      out += digits[c & 15];
    } else {
      out += c;
    }
  }
  return out;
}

/// A request as it truly was, before Synapse printed it.
struct Truth {
  std::string address, user, puppet, method, uri, protocol, agent;
  std::int64_t bytes = 0;
  std::int64_t status = 200;
  bool aborted = false;
};

Truth any_truth() {
  Truth truth;
  // The first element of X-Forwarded-For, trimmed: no comma, no line feed. Usually an address.
  truth.address = *rc::gen::oneOf(rc::gen::just(std::string("203.0.113.7")), text_without(","));
  const std::size_t from = std::min(truth.address.find_first_not_of(" \t"), truth.address.size());
  truth.address = truth.address.substr(from, truth.address.find_last_not_of(" \t") + 1 - from);
  truth.user = *rc::gen::element<std::string>("", "@bob:hs.test", "peer.example");
  if (truth.user == "@bob:hs.test") {
    truth.puppet = *rc::gen::element<std::string>("", "@eve:hs.test");
  }
  truth.method = *rc::gen::element<std::string>("GET", "POST", "GE\"T", "FOO-1");
  truth.uri = "/" + *text_without(" \t\x0b\x1c");
  truth.protocol = *rc::gen::element<std::string>("HTTP/1.1", "\"x\"", "HTTP/9.9\"");
  truth.agent = *text_without("");
  truth.bytes = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
  truth.status = *rc::gen::element<std::int64_t>(200, 304, 403, 500);
  truth.aborted = *rc::gen::arbitrary<bool>();
  return truth;
}

std::string printed(const Truth& truth) {
  const std::string who = truth.user.empty()     ? "None"
                          : truth.puppet.empty() ? truth.user
                                                 : truth.user + "|" + truth.puppet;
  return truth.address + " - 8008 - {" + who +
         "} Processed request: 0.036sec/-0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) " +
         std::to_string(truth.bytes) + "B " + std::to_string(truth.status) +
         (truth.aborted ? "!" : "") + " \"" + truth.method + " " + truth.uri + " " +
         truth.protocol + "\" \"" + (truth.agent.empty() ? "-" : truth.agent) + "\" [7 dbevts]";
}

std::string as_text(const Truth& truth) {
  return "2026-11-22 20:55:51,600 - synapse.access.http.8008 - 450 - INFO - " + truth.method +
         "-65 - " + printed(truth);
}

std::string as_json(const Truth& truth) {
  const auto key = [](const char* name, const std::string& value) {
    return std::string(",\"") + name + "\":\"" + json_escaped(value) + "\"";
  };
  const auto account = [&](const char* name, const std::string& value) {
    return value.empty() ? std::string(",\"") + name + "\":null" : key(name, value);
  };
  return "{\"log\":\"" + json_escaped(printed(truth)) + "\"" +
         key("namespace", "synapse.access.http.8008") + key("level", "INFO") +
         ",\"time\":1795380951.6" + key("request", truth.method + "-65") +
         key("ip_address", truth.address) + key("site_tag", "8008") +
         account("requester", truth.puppet.empty() ? truth.user : truth.puppet) +
         account("authenticated_entity", truth.user) + key("method", truth.method) +
         key("url", truth.uri) + key("protocol", truth.protocol) + key("user_agent", truth.agent) +
         "}";
}

}  // namespace

TEST_CASE("whatever a client sends, both formats say what truly was") {
  rc::prop("any request", [] {
    const Truth truth = any_truth();
    Reading text;
    Reading json;
    const Event a = text.line(as_text(truth));
    const Event b = json.line(as_json(truth));
    for (const Event* event : {&a, &b}) {
      RC_ASSERT(event->kind == Kind::request);
      const bool federation = truth.user == "peer.example";
      RC_ASSERT(event->user_id == (federation ? "" : truth.user));
      RC_ASSERT(event->server_name == (federation ? truth.user : ""));
      RC_ASSERT(event->effective_user_id == truth.puppet);
      RC_ASSERT(event->method == truth.method);
      const std::string query = event->query.empty() && !truth.uri.ends_with('?')
                                    ? std::string()
                                    : '?' + std::string(event->query);
      RC_ASSERT(std::string(event->path) + query == truth.uri);
      RC_ASSERT(event->user_agent == (truth.agent == "-" ? "" : truth.agent));
      RC_ASSERT(event->bytes == truth.bytes);
      RC_ASSERT(event->status == truth.status);
      RC_ASSERT((event->outcome == Outcome::aborted) == truth.aborted);
      RC_ASSERT(event->dbevts == 7);
      RC_ASSERT(event->duration == 35'000'000);
      RC_ASSERT(event->source_ip.empty() || truth.address.starts_with(event->source_ip));
    }
    RC_ASSERT(a.source_ip == b.source_ip);
    RC_ASSERT(summary(a) == summary(b));
  });
}

TEST_CASE("any line gives an event whose views stay while the parser goes on") {
  rc::prop("any damage", [] {
    Parser parser(SourceInfo{});
    Arena arena;
    std::vector<std::unique_ptr<char[]>> kept;
    std::vector<std::pair<Event, std::vector<std::string>>> events;
    const int lines = *rc::gen::inRange(1, 6);
    for (int i = 0; i < lines; ++i) {
      // Exactly as long as the line, so that a sanitizer sees every read beyond it.
      const std::string line = damaged_line();
      kept.push_back(std::make_unique<char[]>(line.size()));
      std::copy(line.begin(), line.end(), kept.back().get());
      Record record;
      record.bytes = {kept.back().get(), line.size()};
      const Event event = parser.parse(record, arena).event;
      RC_ASSERT(static_cast<std::size_t>(event.kind) < kind_names.size());
      const bool refused =
          event.kind == Kind::ignored || event.kind == Kind::forged || event.kind == Kind::error;
      RC_ASSERT(event.reason.empty() != refused);
      events.emplace_back(event, every_text(event));
    }
    for (const auto& [event, texts] : events) {
      RC_ASSERT(every_text(event) == texts);
    }
  });
}

TEST_CASE("a forged or refused line credits nobody") {
  rc::prop("any damage credits nobody", [] {
    Reading reading;
    for (int i = 0; i < 5; ++i) {
      const Event event = reading.line(damaged_line());
      if (event.kind == Kind::forged || event.kind == Kind::error) {
        RC_ASSERT(event.user_id.empty());
        RC_ASSERT(event.effective_user_id.empty());
        RC_ASSERT(event.source_ip.empty());
        RC_ASSERT(!event.bytes);
        RC_ASSERT(!event.messages);
      }
    }
  });
}

TEST_CASE("cut anywhere, save and restore: the rest means the same") {
  rc::prop("any cut", [] {
    std::vector<std::string> lines;
    const int count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
      lines.push_back(damaged_line());
    }
    const auto cut = *rc::gen::inRange<std::size_t>(0, lines.size() + 1);
    Reading whole;
    Reading first;
    Reading second;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i == cut) {
        ByteWriter out;
        first.parser.save(out, first.parser.newest());
        first.enricher.save(out);
        ByteReader in(out.bytes());
        second.parser.restore(in);
        second.enricher.restore(in);
        RC_ASSERT(in.ok());
        RC_ASSERT(in.at_end());
      }
      Reading& part = i < cut ? first : second;
      Event expected = whole.line(lines[i]);
      Event event = part.line(lines[i]);
      RC_ASSERT(summary(event) == summary(expected));
    }
  });
}

TEST_CASE("a damaged state never breaks a parser") {
  rc::prop("any damaged state", [] {
    Reading saved;
    for (int i = 0; i < 4; ++i) {
      saved.line(damaged_line());
    }
    ByteWriter out;
    saved.parser.save(out, saved.parser.newest());
    saved.enricher.save(out);
    std::string bytes = out.take();
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = *rc::gen::arbitrary<char>();
    bytes.resize(*rc::gen::inRange<std::size_t>(at, bytes.size() + 1));
    Reading restored;
    ByteReader in(bytes);
    restored.parser.restore(in);
    restored.enricher.restore(in);
    for (int i = 0; i < 3; ++i) {
      restored.line(damaged_line());
    }
  });
}

}  // namespace noci
