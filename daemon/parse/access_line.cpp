#include "parse/access_line.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "parse/find_byte.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

constexpr std::string_view marker = "} Processed request: ";
constexpr std::string_view last_words = " dbevts]";

/// `-0.012sec` in nanoseconds.
bool take_seconds(Scanner& scanner, std::int64_t& nanoseconds) {
  // Nearly always below ten seconds.
  if (const std::string_view text = scanner.rest();
      text.size() >= 8 && text[1] == '.' && text[5] == 's' && text[6] == 'e' && text[7] == 'c' &&
      is_digit(text[0]) && is_digit(text[2]) && is_digit(text[3]) && is_digit(text[4])) {
    const int milliseconds =
        (text[0] - '0') * 1000 + (text[2] - '0') * 100 + (text[3] - '0') * 10 + (text[4] - '0');
    nanoseconds = std::int64_t{milliseconds} * 1'000'000;
    scanner = Scanner(text.substr(8));
    return true;
  }
  const bool negative = scanner.literal("-");
  std::int64_t whole = 0;
  // Nine digits of seconds are 31 years; more would overflow the sum in nanoseconds.
  if (!scanner.number(whole) || whole > 999'999'999 || !scanner.literal(".")) {
    return false;
  }
  const std::string_view rest = scanner.rest();
  std::int64_t milliseconds = 0;
  if (rest.size() < 6 || !all_digits(rest.substr(0, 3), milliseconds) ||
      !scanner.literal(rest.substr(0, 3)) || !scanner.literal("sec")) {
    return false;
  }
  nanoseconds = (whole * 1000 + milliseconds) * 1'000'000;
  if (negative) {
    nanoseconds = -nanoseconds;
  }
  return true;
}

/// Before 1.52 a few endpoints printed the code as Python's enum name.
bool take_status_name(Scanner& scanner, std::int64_t& status) {
  struct Name {
    std::string_view name;
    std::int64_t status;
  };

  // http.HTTPStatus of Python.
  constexpr std::array<Name, 58> names{{
      {"OK", 200},
      {"CREATED", 201},
      {"ACCEPTED", 202},
      {"NON_AUTHORITATIVE_INFORMATION", 203},
      {"NO_CONTENT", 204},
      {"RESET_CONTENT", 205},
      {"PARTIAL_CONTENT", 206},
      {"MULTI_STATUS", 207},
      {"ALREADY_REPORTED", 208},
      {"IM_USED", 226},
      {"MULTIPLE_CHOICES", 300},
      {"MOVED_PERMANENTLY", 301},
      {"FOUND", 302},
      {"SEE_OTHER", 303},
      {"NOT_MODIFIED", 304},
      {"USE_PROXY", 305},
      {"TEMPORARY_REDIRECT", 307},
      {"PERMANENT_REDIRECT", 308},
      {"BAD_REQUEST", 400},
      {"UNAUTHORIZED", 401},
      {"PAYMENT_REQUIRED", 402},
      {"FORBIDDEN", 403},
      {"NOT_FOUND", 404},
      {"METHOD_NOT_ALLOWED", 405},
      {"NOT_ACCEPTABLE", 406},
      {"PROXY_AUTHENTICATION_REQUIRED", 407},
      {"REQUEST_TIMEOUT", 408},
      {"CONFLICT", 409},
      {"GONE", 410},
      {"LENGTH_REQUIRED", 411},
      {"PRECONDITION_FAILED", 412},
      {"REQUEST_ENTITY_TOO_LARGE", 413},
      {"REQUEST_URI_TOO_LONG", 414},
      {"UNSUPPORTED_MEDIA_TYPE", 415},
      {"REQUESTED_RANGE_NOT_SATISFIABLE", 416},
      {"EXPECTATION_FAILED", 417},
      {"IM_A_TEAPOT", 418},
      {"MISDIRECTED_REQUEST", 421},
      {"UNPROCESSABLE_ENTITY", 422},
      {"LOCKED", 423},
      {"FAILED_DEPENDENCY", 424},
      {"TOO_EARLY", 425},
      {"UPGRADE_REQUIRED", 426},
      {"PRECONDITION_REQUIRED", 428},
      {"TOO_MANY_REQUESTS", 429},
      {"REQUEST_HEADER_FIELDS_TOO_LARGE", 431},
      {"UNAVAILABLE_FOR_LEGAL_REASONS", 451},
      {"INTERNAL_SERVER_ERROR", 500},
      {"NOT_IMPLEMENTED", 501},
      {"BAD_GATEWAY", 502},
      {"SERVICE_UNAVAILABLE", 503},
      {"GATEWAY_TIMEOUT", 504},
      {"HTTP_VERSION_NOT_SUPPORTED", 505},
      {"VARIANT_ALSO_NEGOTIATES", 506},
      {"INSUFFICIENT_STORAGE", 507},
      {"LOOP_DETECTED", 508},
      {"NOT_EXTENDED", 510},
      {"NETWORK_AUTHENTICATION_REQUIRED", 511},
  }};
  const std::string_view rest = scanner.rest();
  const std::string_view word = rest.substr(0, rest.find_first_of(" !"));
  for (const Name& known : names) {
    if (known.name == word) {
      status = known.status;
      return scanner.literal(word);
    }
  }
  return false;
}

/// `200`, `200!`, and `!200` as Synapse's own documentation has it.
bool take_status(Scanner& scanner, AccessLine& out) {
  out.aborted = scanner.literal("!");
  if (scanner.literal("HTTPStatus.")) {
    if (!take_status_name(scanner, out.status)) {
      return false;
    }
  } else {
    const std::string_view code = scanner.rest().substr(0, 3);
    if (code.size() < 3 || !all_digits(code, out.status) || !scanner.literal(code)) {
      return false;
    }
  }
  if (scanner.literal("!")) {
    out.aborted = true;
  }
  return true;
}

/// Everything from the first time to the blank before the request line.
bool take_numbers(Scanner& scanner, AccessLine& out) {
  std::int64_t handler = 0;
  std::int64_t response = 0;
  std::int64_t unused = 0;
  out.aborted = false;
  const bool well_formed =
      take_seconds(scanner, handler) && scanner.literal("/") && take_seconds(scanner, response) &&
      scanner.literal(" ") && (scanner.literal("ru=") || true) && scanner.literal("(") &&
      take_seconds(scanner, unused) && scanner.literal(", ") && take_seconds(scanner, unused) &&
      scanner.literal(") ") && (scanner.literal("db=") || true) && scanner.literal("(") &&
      take_seconds(scanner, unused) && scanner.literal("/") && take_seconds(scanner, unused) &&
      scanner.literal("/") && scanner.number(unused) && scanner.literal(") ") &&
      scanner.number(out.bytes) && scanner.literal("B ") && take_status(scanner, out) &&
      scanner.literal(" ");
  out.duration = std::max<std::int64_t>(0, handler + response);
  return well_formed;
}

/// Takes `[N dbevts]` off the end.
bool cut_dbevts(std::string_view& message, std::int64_t& dbevts) {
  if (!message.ends_with(last_words)) {
    return false;
  }
  message.remove_suffix(last_words.size());
  const std::size_t bracket = message.find_last_not_of("0123456789");
  if (bracket == std::string_view::npos || message[bracket] != '[' ||
      !all_digits(message.substr(bracket + 1), dbevts)) {
    return false;
  }
  message = message.substr(0, bracket);
  return true;
}

/// A dash stands for no agent, and nothing tells it from an agent that is a dash.
std::string_view agent_printed_as(std::string_view text) {
  return text == "-" ? std::string_view{} : text;
}

/// `"METHOD URI PROTO" "UA" ` up to the end of `text`. Cut by blanks only: a quote may stand in any
/// of the three words.
bool take_request_line(std::string_view text, AccessLine& out) {
  Scanner scanner(text);
  std::string_view protocol;
  if (!scanner.literal("\"") || !scanner.until(' ', out.method) || !scanner.until(' ', out.uri) ||
      !scanner.until(' ', protocol) || protocol.size() < 2 || protocol.back() != '"' ||
      !scanner.literal("\"") || !scanner.rest().ends_with("\" ")) {
    return false;
  }
  out.protocol = protocol.substr(0, protocol.size() - 1);
  out.user_agent = scanner.rest().substr(0, scanner.rest().size() - 2);
  out.user_agent = agent_printed_as(out.user_agent);
  return !out.method.empty() && !out.uri.empty();
}

/// ` - TAG - {` that opens the requester: the last one, for the address may hold others and a
/// requester cannot.
bool split_head(std::string_view head, std::string_view tag, AccessLine& out) {
  constexpr std::string_view before = " - ";
  constexpr std::string_view after = " - {";
  for (std::size_t brace = head.rfind('{');
       brace != std::string_view::npos && brace >= after.size();
       brace = head.rfind('{', brace - 1)) {
    const std::size_t end = brace + 1 - after.size();
    if (head.substr(end, after.size()) != after) {
      continue;
    }
    const std::string_view left = head.substr(0, end);
    if (left.ends_with(tag) && left.size() >= tag.size() + before.size() &&
        left.substr(0, left.size() - tag.size()).ends_with(before)) {
      out.address = left.substr(0, left.size() - tag.size() - before.size());
      out.requester = head.substr(end + after.size());
      return true;
    }
  }
  return false;
}

/// `None`, one account, or `AUTHENTICATED|ACTED AS` (`.` before 1.43).
bool take_requester(Scanner& scanner, const AccessKeys& keys) {
  if (keys.authenticated_entity.empty()) {
    return scanner.literal(keys.requester.empty() ? "None" : keys.requester);
  }
  if (!scanner.literal(keys.authenticated_entity)) {
    return false;
  }
  return keys.requester.empty() || keys.requester == keys.authenticated_entity ||
         ((scanner.literal("|") || scanner.literal(".")) && scanner.literal(keys.requester));
}

bool cut_end(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) {
    return false;
  }
  text.remove_suffix(end.size());
  return true;
}

/// Takes `"METHOD URI PROTO" "UA" ` off the end.
bool cut_request_line(std::string_view& text, const AccessKeys& keys) {
  return cut_end(text, "\" ") && cut_end(text, keys.user_agent.empty() ? "-" : keys.user_agent) &&
         cut_end(text, "\" \"") && cut_end(text, keys.protocol) && cut_end(text, " ") &&
         cut_end(text, keys.uri) && cut_end(text, " ") && cut_end(text, keys.method) &&
         cut_end(text, "\"");
}

}  // namespace

AccessFault parse_access_line(std::string_view message, std::string_view tag, AccessLine& out) {
  if (!cut_dbevts(message, out.dbevts)) {
    return AccessFault::grammar;
  }
  AccessFault fault = AccessFault::grammar;
  // By its brace: a requester has none, an address hardly ever.
  for (std::size_t at = find_byte(message, '}'); at < message.size();) {
    const std::size_t next = find_byte(message.substr(at + 1), '}');
    const std::size_t after = next == std::string_view::npos ? next : at + 1 + next;
    const std::size_t here = std::exchange(at, after);
    if (!message.substr(here).starts_with(marker)) {
      continue;
    }
    Scanner scanner(message.substr(here + marker.size()));
    if (!take_numbers(scanner, out) || !take_request_line(scanner.rest(), out)) {
      continue;
    }
    if (split_head(message.substr(0, here), tag, out)) {
      return AccessFault::none;
    }
    fault = AccessFault::tag;
  }
  return fault;
}

bool parse_access_line(std::string_view message, const AccessKeys& keys, AccessLine& out) {
  Scanner head(message);
  if (!head.literal(keys.address) || !head.literal(" - ") || !head.literal(keys.tag) ||
      !head.literal(" - {")) {
    return false;
  }
  const std::string_view requester = head.rest();
  if (!take_requester(head, keys) || !head.literal(marker)) {
    return false;
  }
  out.requester = requester.substr(0, requester.size() - head.rest().size() - marker.size());
  std::string_view rest = head.rest();
  if (!cut_dbevts(rest, out.dbevts) || !cut_request_line(rest, keys)) {
    return false;
  }
  Scanner numbers(rest);
  if (!take_numbers(numbers, out) || !numbers.rest().empty()) {
    return false;
  }
  out.address = keys.address;
  out.method = keys.method;
  out.uri = keys.uri;
  out.protocol = keys.protocol;
  out.user_agent = agent_printed_as(keys.user_agent);
  return true;
}

std::string_view access_tag(std::string_view logger) {
  for (const std::string_view prefix :
       {std::string_view("synapse.access.http."), std::string_view("synapse.access.https.")}) {
    if (logger.starts_with(prefix)) {
      return logger.substr(prefix.size());
    }
  }
  return {};
}

}  // namespace noci
