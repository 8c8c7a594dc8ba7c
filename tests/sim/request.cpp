#include "request.hpp"

#include <array>
#include <charconv>

namespace sim {
namespace {

constexpr std::array<std::string_view, 3> methods{"GET", "POST", "PUT"};

void number(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void padded(std::string& out, std::int64_t value, std::int64_t width) {
  for (std::int64_t power = width; power > 1 && value < power; power /= 10) {
    out.push_back('0');
  }
  number(out, value);
}

/// Days since 1970 as a date of the Gregorian calendar.
std::string date_text(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = shifted / 146097;
  const std::int64_t of_era = shifted - era * 146097;
  const std::int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;
  const std::int64_t in_month = of_year - (153 * month + 2) / 5 + 1;
  const std::int64_t calendar_month = month < 10 ? month + 3 : month - 9;
  std::string text;
  number(text, year + era * 400 + (calendar_month <= 2 ? 1 : 0));
  text.push_back('-');
  padded(text, calendar_month, 10);
  text.push_back('-');
  padded(text, in_month, 10);
  return text;
}

std::string_view local_part(std::string_view user) {
  return user.substr(1, user.find(':') - 1);
}

}  // namespace

void LineWriter::head(Milliseconds at, std::string_view logger, std::string_view level) {
  if (at / day != date_of_) {
    date_of_ = at / day;
    date_ = date_text(date_of_);
  }
  const Milliseconds of_day = at % day;
  buffer_ += date_;
  buffer_.push_back(' ');
  padded(buffer_, of_day / hour, 10);
  buffer_.push_back(':');
  padded(buffer_, of_day / minute % 60, 10);
  buffer_.push_back(':');
  padded(buffer_, of_day / second % 60, 10);
  buffer_.push_back(',');
  padded(buffer_, of_day % second, 100);
  ((buffer_ += " - ") += logger) += " - 450 - ";
  ((buffer_ += level) += " - ") += id_;
  buffer_ += " - ";
  ++lines_;
}

void LineWriter::note(const Request& request) {
  if (request.messages >= 0) {
    head(request.at, "synapse.rest.client.room", "INFO");
    ((buffer_ += "Responding to `/messages` request: {") += request.who) += "} GET ";
    (buffer_ += request.uri) += " -> ";
    number(buffer_, request.messages);
    buffer_ += " messages with end_token=t47409-4357353_219380_26003_2265\n";
  }
  if (request.note == Note::none) {
    return;
  }
  if (request.note == Note::searched) {
    head(request.at, "synapse.handlers.search", "INFO");
    buffer_ += "Found ";
    number(buffer_, request.hits);
    buffer_ += " events to return\n";
    for (int i = 0; i < request.hits; ++i) {
      head(request.at, "synapse.handlers.search", "INFO");
      buffer_ += "Context for search returned 5 and 5 events\n";
    }
    return;
  }
  if (request.note != Note::raw) {
    head(request.at, "synapse.rest.client.login", "INFO");
    buffer_ += "Got login request with identifier: {'type': 'm.id.user', 'user': '";
    (buffer_ += local_part(request.note_user)) += "'}, medium: None, address: None, user: None\n";
  }
  std::string_view failure;
  switch (request.note) {
    case Note::logged_in:
      head(request.at, "synapse.handlers.auth", "INFO");
      ((buffer_ += "Logging in user ") += request.note_user) += " on device KJHSDFKJHA\n";
      return;
    case Note::failed_password:
      head(request.at, "synapse.handlers.auth", "WARNING");
      ((buffer_ += "Failed password login for user ") += request.note_user) += "\n";
      failure = "Invalid username or password";
      break;
    case Note::unknown_user:
      head(request.at, "synapse.handlers.auth", "WARNING");
      ((buffer_ += "Attempted to login as ") += request.note_user) += " but they do not exist\n";
      failure = "Invalid username or password";
      break;
    default:
      failure = request.text;
      break;
  }
  head(request.at, "synapse.http.server", "INFO");
  buffer_ += "<XForwardedForRequest at 0x7f1c5c0e5f10 method='POST' uri='";
  (buffer_ += request.uri) += "' clientproto='HTTP/1.1' site='8008'> SynapseError: ";
  number(buffer_, request.status);
  ((buffer_ += " - ") += failure) += "\n";
}

void LineWriter::write(const Request& request) {
  id_.assign(methods[static_cast<std::size_t>(request.method)]);
  id_.push_back('-');
  number(id_, static_cast<std::int64_t>(++sequence_));
  note(request);
  head(request.at, "synapse.access.http.8008", "INFO");
  ((buffer_ += request.address) += " - 8008 - {") += request.who.empty() ? "None" : request.who;
  buffer_ +=
      "} Processed request: 0.036sec/0.001sec ru=(0.009sec, 0.000sec) "
      "db=(0.018sec/0.004sec/26) ";
  number(buffer_, request.bytes);
  buffer_ += "B ";
  number(buffer_, request.status);
  (buffer_ += " \"") += methods[static_cast<std::size_t>(request.method)];
  ((buffer_ += " ") += request.uri) += " HTTP/1.1\" \"";
  (buffer_ += request.agent) += "\" [0 dbevts]\n";
  if (buffer_.size() > (1U << 20) - 65536) {
    flush();
  }
}

void LineWriter::flush() {
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  std::fflush(out_);
  buffer_.clear();
}

}  // namespace sim
