#include "parse/wrapper.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include <simdjson.h>

#include "parse/plain_text.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

namespace ondemand = simdjson::ondemand;

/// What the keys of interest say, as far as it is text.
enum class Role : std::uint8_t {
  text,
  time,    ///< RFC 3339, or seconds since the epoch
  micros,  ///< microseconds since the epoch
  channel,
  part,  ///< F or P
  is_partial,
  is_last,
  origin,
  line_break,
  unit,
  container,
  logger,
  own_logger,  ///< of Synapse's JSON, which is no wrapper
  attributes,  ///< docker's labels
};

constexpr std::size_t role_count = static_cast<std::size_t>(Role::attributes) + 1;

struct Key {
  std::string_view name;
  Role role;
};

constexpr std::array keys{
    Key{"log", Role::text},
    Key{"MESSAGE", Role::text},
    Key{"message", Role::text},
    Key{"msg", Role::text},
    Key{"time", Role::time},
    Key{"timestamp", Role::time},
    Key{"@timestamp", Role::time},
    Key{"date", Role::time},
    Key{"__REALTIME_TIMESTAMP", Role::micros},
    Key{"stream", Role::channel},
    Key{"logtag", Role::part},
    Key{"_p", Role::part},
    Key{"partial_message", Role::is_partial},
    Key{"CONTAINER_PARTIAL_MESSAGE", Role::is_partial},
    Key{"partial_last", Role::is_last},
    Key{"CONTAINER_PARTIAL_LAST", Role::is_last},
    Key{"partial_id", Role::origin},
    Key{"CONTAINER_PARTIAL_ID", Role::origin},
    Key{"_STREAM_ID", Role::origin},
    Key{"container_id", Role::origin},
    Key{"CONTAINER_ID_FULL", Role::origin},
    Key{"_LINE_BREAK", Role::line_break},
    Key{"_SYSTEMD_UNIT", Role::unit},
    Key{"container_name", Role::container},
    Key{"CONTAINER_NAME", Role::container},
    Key{"LOGGER", Role::logger},
    Key{"namespace", Role::own_logger},
    Key{"log_namespace", Role::own_logger},
    Key{"logger", Role::own_logger},
    Key{"attrs", Role::attributes},
};

const Key* find_key(std::string_view name) {
  for (const Key& key : keys) {
    if (key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

std::optional<TimePoint> time_of(double milliseconds) {
  // Up to the year 9999, so that no event time can overflow.
  if (!(milliseconds >= 0 && milliseconds < 253'402'300'800'000.0)) {
    return std::nullopt;
  }
  return TimePoint(Duration(std::llround(milliseconds)));
}

std::optional<TimePoint> time_of_micros(std::string_view text) {
  std::int64_t micros = 0;
  if (!all_digits(text, micros)) {
    return std::nullopt;
  }
  return time_of(std::floor(static_cast<double>(micros) / 1000));
}

/// The journal prints what is not UTF-8 or holds control characters as an array of bytes.
bool read_bytes(ondemand::value value, std::string& out) {
  ondemand::array bytes;
  if (value.get_array().get(bytes) != simdjson::SUCCESS) {
    return false;
  }
  out.clear();
  for (auto item : bytes) {
    std::uint64_t byte = 0;
    if (item.get_uint64().get(byte) != simdjson::SUCCESS || byte > 255) {
      return false;
    }
    out.push_back(static_cast<char>(byte));
  }
  return true;
}

/// `generic1` of `matrix-synapse-worker@generic1.service`, `matrix-synapse` of its own unit.
std::string_view process_of_unit(std::string_view unit) {
  constexpr std::string_view suffix = ".service";
  if (unit.ends_with(suffix)) {
    unit.remove_suffix(suffix.size());
  }
  const std::size_t at = unit.find('@');
  return at == std::string_view::npos || at + 1 == unit.size() ? unit : unit.substr(at + 1);
}

/// Synapse's formatters put the logger right behind the message (synapse/logging/_terse_json.py). A
/// quote inside a string is escaped, so these bytes are keys.
bool is_plainly_synapse(std::string_view line) {
  constexpr std::string_view begin = R"({"log":")";
  constexpr std::string_view behind = R"(","namespace":")";
  if (line.starts_with(begin)) {
    // Nearly always the very next bytes behind the message.
    const char* const end = line.data() + line.size();
    const char* at = skip_plain(line.data() + begin.size(), end);
    while (end - at > 1 && *at == '\\') {
      at = skip_plain(at + 2, end);
    }
    if (std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(behind)) {
      return true;
    }
  }
  const auto holds = [&](std::string_view what) {
    return memmem(line.data(), line.size(), what.data(), what.size()) != nullptr;
  };
  return (line.starts_with(begin) && holds(behind)) ||
         (line.starts_with(R"({"severity":")") && holds(R"(","logger":")"));
}

/// What the object said, as long as it is not known what it is.
struct Told {
  std::array<std::string_view, role_count> texts;
  std::array<bool, role_count> present{};
  std::optional<TimePoint> time;
  bool has_other_keys = false;
  bool left_out = false;

  [[nodiscard]] std::string_view operator[](Role role) const {
    return texts[static_cast<std::size_t>(role)];
  }

  [[nodiscard]] bool has(Role role) const { return present[static_cast<std::size_t>(role)]; }

  /// The first key of a role is the transport's.
  void set(Role role, std::string_view text) {
    const auto index = static_cast<std::size_t>(role);
    if (!present[index]) {
      present[index] = true;
      texts[index] = text;
    }
  }
};

bool read_text(Role role, std::string_view text, Told& told) {
  told.set(role, text);
  if (!told.time && (role == Role::time || role == Role::micros)) {
    told.time = role == Role::time ? parse_rfc3339(text) : time_of_micros(text);
  }
  return role != Role::own_logger;
}

bool read_value(Role role, ondemand::value value, std::string& bytes, Told& told) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) {
    return false;
  }
  if (type == ondemand::json_type::string) {
    std::string_view text;
    return value.get_string().get(text) == simdjson::SUCCESS && read_text(role, text, told);
  }
  if (role == Role::time && type == ondemand::json_type::number) {
    double seconds = 0;
    if (value.get_double().get(seconds) != simdjson::SUCCESS) {
      return false;
    }
    told.time = told.time ? told.time : time_of(seconds * 1000);
  } else if (role == Role::text && type == ondemand::json_type::array && !told.has(role)) {
    if (!read_bytes(value, bytes)) {
      return false;
    }
    told.set(role, bytes);
  } else if (role == Role::text && type == ondemand::json_type::null) {
    // journalctl without --all leaves large fields out.
    told.left_out = true;
  }
  return true;
}

/// docker's json-file has these keys and no others, which tells that a missing line feed at the
/// end is the runtime's and not some shipper's tidiness.
bool is_json_file(const Told& told) {
  return !told.has_other_keys && told.has(Role::channel) && told.has(Role::time);
}

Wrapped::End end_of(const Told& told) {
  const std::string_view line_break = told[Role::line_break];
  if (line_break == "nul") {
    return Wrapped::End::nul;
  }
  const bool is_cut = (is_json_file(told) && !told[Role::text].ends_with('\n')) ||
                      told[Role::part] == "P" || line_break == "line-max" ||
                      (told[Role::is_partial] == "true" && told[Role::is_last] != "true");
  return is_cut ? Wrapped::End::cut : Wrapped::End::record;
}

bool judge(const Told& told, Wrapped& out) {
  if (!told.has(Role::text) && !(told.left_out && told.has(Role::micros))) {
    return false;
  }
  out.left_out = !told.has(Role::text);
  out.text = told[Role::text];
  out.end = end_of(told);
  if (out.text.ends_with('\n')) {
    out.text.remove_suffix(1);
  }
  out.time = told.time;
  out.channel = told[Role::channel];
  out.origin = told[Role::origin];
  out.worker =
      told.has(Role::container) ? told[Role::container] : process_of_unit(told[Role::unit]);
  if (out.worker.starts_with('/')) {
    out.worker.remove_prefix(1);  // docker's way to print a container's name
  }
  out.logger = told[Role::logger];
  return true;
}

/// What every line of the CRI begins like, and none that Synapse prints by default.
bool is_dated_by_transport(std::string_view line) {
  return line.size() >= 24 && line[4] == '-' && line[10] == 'T' && is_digit(line[0]);
}

/// `2026-11-22T20:55:51.598123456Z stderr F …`; tags may be several, parted by colons.
bool read_cri(std::string_view line, Wrapped& out) {
  out = {};
  Scanner scanner(line);
  std::string_view stamp;
  std::string_view tags;
  if (!scanner.until(' ', stamp) || stamp.size() > 40 || !scanner.until(' ', out.channel) ||
      (out.channel != "stdout" && out.channel != "stderr")) {
    return false;
  }
  // A record without text may have lost its last blank on the way.
  if (!scanner.until(' ', tags)) {
    tags = scanner.rest();
    scanner = Scanner({});
  }
  const std::string_view first = tags.substr(0, tags.find(':'));
  out.time = parse_rfc3339(stamp);
  out.text = scanner.rest();
  out.end = first == "P" ? Wrapped::End::cut : Wrapped::End::record;
  return out.time && (first == "P" || first == "F");
}

}  // namespace

struct WrapperReader::Machine {
  ondemand::parser parser;
  std::string padded;
  std::string bytes;  ///< of a MESSAGE that is an array
};

WrapperReader::WrapperReader() : machine_(std::make_unique<Machine>()) {}

WrapperReader::~WrapperReader() = default;
WrapperReader::WrapperReader(WrapperReader&&) noexcept = default;
WrapperReader& WrapperReader::operator=(WrapperReader&&) noexcept = default;

bool WrapperReader::read(std::string_view line, bool is_cut, Wrapped& out) {
  if (line.starts_with('{')) {
    return !is_cut && !is_plainly_synapse(line) && read_json(line, out);
  }
  return is_dated_by_transport(line) && read_cri(line, out);
}

bool WrapperReader::read_json(std::string_view line, Wrapped& out) {
  out = {};
  std::string& padded = machine_->padded;
  padded.assign(line);
  padded.append(simdjson::SIMDJSON_PADDING, ' ');
  ondemand::document document;
  ondemand::object object;
  if (machine_->parser.iterate(padded.data(), line.size(), padded.size()).get(document) !=
          simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  Told told;
  for (auto entry : object) {
    ondemand::field field;
    std::string_view name;
    if (std::move(entry).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(name) != simdjson::SUCCESS) {
      return false;
    }
    if (const Key* key = find_key(name); key == nullptr) {
      told.has_other_keys = true;
    } else if (!read_value(key->role, field.value(), machine_->bytes, told)) {
      return false;
    }
  }
  const char* behind = nullptr;
  return document.current_location().get(behind) == simdjson::OUT_OF_BOUNDS && judge(told, out);
}

}  // namespace noci
