#include "app/explain.hpp"

#include <cstdio>
#include <iostream>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/onlooking.hpp"
#include "base/text.hpp"
#include "pipeline/event_reader.hpp"

namespace noci {
namespace {

namespace json = boost::json;

void print_text(const Event& event) {
  std::string line = std::to_string(event.position.line) + "  " + std::string(name_of(event.kind));
  const auto add = [&](std::string_view text) {
    if (!text.empty()) {
      line += "  " + printable(text, 512);
    }
  };
  add(event.reason);
  if (event.kind != Kind::ignored && event.kind != Kind::error) {
    add(format_rfc3339(event.timestamp));
    add(name_of(event.action));
    if (event.status) {
      add(std::to_string(*event.status));
    }
    add(event.user_id);
    add(event.effective_user_id.empty() ? std::string()
                                        : "as " + std::string(event.effective_user_id));
    add(event.server_name);
    add(event.source_ip);
    add(event.room_id);
    add(event.media_id);
    add(event.target_user_id);
    if (event.messages) {
      add(std::to_string(*event.messages) + " messages (" +
          std::to_string(event.messages_low.value_or(0)) + " to " +
          std::to_string(event.messages_high.value_or(0)) + ")");
    }
    if (event.bytes) {
      add(describe_bytes(*event.bytes));
    }
  }
  std::cout << line << '\n';
}

}  // namespace

std::string explain_json(const Event& event) {
  json::object object;
  object["line"] = event.position.line;
  object["kind"] = name_of(event.kind);
  if (!event.reason.empty()) {
    object["reason"] = event.reason;
  }
  const bool understood = event.kind != Kind::error;
  for (std::size_t i = 0; understood && i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    if (field == Field::timestamp) {
      object[name_of(field)] = format_rfc3339(event.timestamp);
    } else if ((field == Field::action || field == Field::outcome) && event.kind != Kind::request &&
               event.action == Action::unknown) {
      continue;  // a record that is no request has no class and no outcome
    } else if (is_flag(field)) {
      if (const std::string_view flag = event.text(field); !flag.empty()) {
        object[name_of(field)] = flag == "true";
      }
    } else if (const auto number = event.number(field)) {
      object[name_of(field)] = *number;
    } else if (const std::string_view text = event.text(field); !text.empty()) {
      object[name_of(field)] = to_utf8(text);
    }
  }
  return json::serialize(object);
}

ExitCode explain(const ExplainOptions& options) {
  ExitCode code{};
  const auto inputs = open_inputs(options.input, "explain", code);
  if (!inputs) {
    return code;
  }
  EventReader reader(inputs->sources, true);
  auto onlooker = onlooker_for(options.config, *inputs, code);
  if (!onlooker) {
    return code;
  }
  code = read_all(*inputs, "explain", [&](const Chunk& chunk) {
    reader.feed(chunk, [&](Event& event) {
      if (event.kind == Kind::ignored && event.reason == "continuation") {
        return;  // belongs to the record above it
      }
      onlooker->regard(event);
      if (options.jsonl) {
        std::cout << explain_json(event) << '\n';
      } else {
        print_text(event);
      }
    });
  });
  std::cout.flush();
  return code;
}

}  // namespace noci
