#pragma once
// Lines as Synapse 1.150 and later prints them: the `precise` text formatter and TerseJsonFormatter
// (synapse/logging/_terse_json.py), from one description of a request or of another record.

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace noci::bench {

/// One access line, or what a line of another logger says about its request.
struct Request {
  std::uint64_t id = 0;
  std::int64_t time = 0;  ///< milliseconds since the epoch
  std::string_view method;
  std::string uri;
  std::string requester;  ///< empty: None
  std::string address;
  std::string_view agent;
  int status = 200;
  std::uint64_t bytes = 0;
  unsigned took = 0;  ///< milliseconds
  unsigned transactions = 0;
  unsigned dbevts = 0;
};

class LogWriter {
 public:
  LogWriter(std::FILE* out, bool json) : out_(out), json_(json) { buffer_.reserve(limit + 4096); }

  ~LogWriter() { flush(); }

  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  void access(const Request& request) {
    message_.clear();
    add(message_, request.address, " - 8008 - {");
    add(message_, request.requester.empty() ? "None" : request.requester, "} Processed request: ");
    seconds(message_, request.took);
    add(message_, "sec/0.001sec ru=(");
    seconds(message_, request.took / 3);
    add(message_, "sec, 0.001sec) db=(");
    seconds(message_, request.took / 5);
    add(message_, "sec/");
    seconds(message_, request.took / 4);
    add(message_, "sec/");
    number(message_, request.transactions);
    add(message_, ") ");
    number(message_, request.bytes);
    add(message_, "B ");
    number(message_, static_cast<unsigned>(request.status));
    const std::string_view quote = json_ ? "\\\"" : "\"";
    add(message_, " ", quote, request.method, " ", request.uri, " HTTP/1.1", quote, " ", quote,
        request.agent, quote, " [");
    number(message_, request.dbevts);
    add(message_, " dbevts]");
    record(request, "synapse.access.http.8008", "643", message_);
  }

  /// A record of another logger, inside `request`; outside any when its method is empty.
  void record(const Request& request, std::string_view logger, std::string_view line,
              std::string_view message) {
    if (json_) {
      json_record(request, logger, message);
    } else {
      stamp(request.time);
      add(buffer_, " - ", logger, " - ", line, " - INFO - ");
      context(request);
      add(buffer_, " - ", message, "\n");
    }
    ++lines_;
    if (buffer_.size() > limit) {
      flush();
    }
  }

  [[nodiscard]] std::uint64_t lines() const { return lines_; }

 private:
  static constexpr std::size_t limit = std::size_t{1} << 20;

  template <typename... Parts>
  static void add(std::string& to, const Parts&... parts) {
    (to.append(std::string_view(parts)), ...);
  }

  static void number(std::string& to, std::uint64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    to.append(digits.data(), end);
  }

  static void three(std::string& to, unsigned value) {
    to.push_back(static_cast<char>('0' + value / 100 % 10));
    to.push_back(static_cast<char>('0' + value / 10 % 10));
    to.push_back(static_cast<char>('0' + value % 10));
  }

  static void seconds(std::string& to, unsigned milliseconds) {
    number(to, milliseconds / 1000);
    to.push_back('.');
    three(to, milliseconds % 1000);
  }

  void context(const Request& request) {
    if (request.method.empty()) {
      add(buffer_, "rotate_notifs-");
    } else {
      add(buffer_, request.method, "-");
    }
    number(buffer_, request.id);
  }

  /// In UTC, its date looked up once a second.
  void stamp(std::int64_t time) {
    if (time / 1000 != second_) {
      second_ = time / 1000;
      const std::time_t seconds = second_;
      std::tm parts{};
      gmtime_r(&seconds, &parts);
      stamp_.resize(std::strftime(stamp_.data(), stamp_.capacity(), "%F %T", &parts));
    }
    add(buffer_, stamp_, ",");
    three(buffer_, static_cast<unsigned>(time % 1000));
  }

  void text_or_null(std::string_view name, std::string_view value) {
    add(buffer_, ",\"", name, "\":");
    if (value.empty()) {
      add(buffer_, "null");
    } else {
      add(buffer_, "\"", value, "\"");
    }
  }

  void json_record(const Request& request, std::string_view logger, std::string_view message) {
    add(buffer_, R"({"log":")", message, R"(","namespace":")", logger,
        R"(","level":"INFO","time":)");
    number(buffer_, static_cast<std::uint64_t>(request.time / 1000));
    buffer_.push_back('.');
    const auto hundredths = static_cast<unsigned>(request.time % 1000 / 10);
    number(buffer_, hundredths / 10);
    if (hundredths % 10 != 0) {
      number(buffer_, hundredths % 10);
    }
    add(buffer_, R"(,"server_name":"matrix.example.org","request":")");
    context(request);
    add(buffer_, "\"");
    if (!request.method.empty()) {
      text_or_null("ip_address", request.address);
      text_or_null("site_tag", "8008");
      text_or_null("requester", request.requester);
      text_or_null("authenticated_entity", request.requester);
      text_or_null("method", request.method);
      text_or_null("url", request.uri);
      text_or_null("protocol", "HTTP/1.1");
      text_or_null("user_agent", request.agent);
    }
    add(buffer_, "}\n");
  }

  void flush() {
    std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
    buffer_.clear();
  }

  std::FILE* out_;
  bool json_;
  std::string buffer_;
  std::string message_;
  std::string stamp_ = std::string(32, '\0');
  std::int64_t second_ = -1;
  std::uint64_t lines_ = 0;
};

}  // namespace noci::bench
