#pragma once
// The prefix of a text record. What is known without being told:
//   asctime[ - worker:NAME] - logger - lineno - LEVEL - request - message
// of Synapse's `precise` formatter (synapse/config/logger.py and docs/sample_log_config.yaml there)
// with its dialects (stamp.hpp; `request- message` of old sample configurations; an empty request,
// 1.142), and
//   logger: [request] message
// of its contrib/systemd/log_config.yaml, which leaves the time to the journal. Everything else is
// the operator's to tell: `prefix` of the source, in Python's words. Everything is anchored at the
// line's beginning; a line that does not match is not a record. Wrappers in front are
// envelope.hpp's business.

#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/percent_format.hpp"
#include "parse/stamp.hpp"

namespace noci {

struct LogLine {
  Stamp stamp;              ///< unset where the line prints none
  std::string_view worker;  ///< of `worker:NAME`
  std::string_view logger;  ///< `synapse.access.http.8008`
  std::string_view level;
  std::string_view request;  ///< request id, empty outside a context in 1.142
  std::string_view message;
};

/// The `precise` formatter's line.
[[nodiscard]] bool parse_log_line(std::string_view line, LogLine& out);
/// The line of contrib/systemd/log_config.yaml.
[[nodiscard]] bool parse_journal_line(std::string_view line, LogLine& out);
/// The line of a format that the operator names: pieces of parse_log_prefix().
[[nodiscard]] bool parse_prefixed_line(std::string_view line,
                                       const std::vector<FormatPiece>& prefix, LogLine& out);

/// Which of them a log's lines are. A log that prints dates is not also one that leaves them out:
/// such a line in it stands inside a record, and a client may have put it there.
class LineReader {
 public:
  /// `prefix`: in Python's words; empty, or what is no prefix: those that are known.
  explicit LineReader(std::string_view prefix = {});

  /// `logger`: what the transport says, where the text does not name it.
  [[nodiscard]] bool read(std::string_view line, std::string_view logger, LogLine& out);

  [[nodiscard]] bool has_prefix() const { return !prefix_.empty(); }

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  /// A log whose format was changed: after so many lines without a date it no longer prints one.
  static constexpr std::uint64_t forgotten_after = 1000;

  std::vector<FormatPiece> prefix_;
  std::uint64_t since_dated_ = forgotten_after;  ///< lines without a date since the last with one
};

}  // namespace noci
