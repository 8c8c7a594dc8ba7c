#pragma once
// One request as Synapse logs it, and the writer of its lines. Text in Synapse's own `precise`
// format of 1.150 and later (labels ru= and db=); the other lines of a request stand before its
// access line, as Synapse writes them: rest/client/login.py, handlers/auth.py, http/server.py and,
// since 1.144, rest/client/room.py, which tells how many messages a page held.

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

using Milliseconds = std::int64_t;
constexpr Milliseconds second = 1000;
constexpr Milliseconds minute = 60 * second;
constexpr Milliseconds hour = 60 * minute;
constexpr Milliseconds day = 24 * hour;
/// 2026-06-01T00:00:00Z, a Monday. The homeserver and its people live in UTC.
constexpr Milliseconds beginning = 1780272000 * second;

enum class Method : std::uint8_t { get, post, put };

enum class Note : std::uint8_t { none, logged_in, failed_password, unknown_user, raw, searched };

/// Views are of the world, which outlives every request.
struct Request {
  Milliseconds at = 0;  ///< the end, which is what Synapse stamps
  Method method = Method::get;
  std::int16_t status = 200;
  std::int64_t bytes = 0;
  int messages = -1;     ///< of a /messages page; -1: none is told
  std::string_view who;  ///< empty: None
  std::string_view address;
  std::string_view agent;
  std::string uri;
  Note note = Note::none;
  std::string_view note_user{};
  int hits = 0;        ///< of Note::searched, each with five events before and after it
  std::string text{};  ///< of Note::raw: what the error message quotes
};

class LineWriter {
 public:
  explicit LineWriter(std::FILE* out) : out_(out) { buffer_.reserve(1 << 20); }

  ~LineWriter() { flush(); }

  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  void write(const Request& request);
  void flush();

  std::uint64_t lines() const { return lines_; }

 private:
  void head(Milliseconds at, std::string_view logger, std::string_view level);
  void note(const Request& request);

  std::FILE* out_;
  std::string buffer_;
  std::string date_;
  Milliseconds date_of_ = -1;
  std::string id_;
  std::uint64_t sequence_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace sim
