#pragma once
// One line → one event. Total: whatever the bytes are, an event comes back, with a kind and, where
// it is refused, a reason. No line is lost because of what stands in its URI or agent. What cannot
// have been printed by Synapse as it stands (a tag, a requester, a method that contradict each
// other) is refused here; what only its surroundings contradict is left to custody.hpp, and joining
// the lines of one request to enrich.hpp. One Parser per log, fed in order: it remembers whether
// the line before was a record (continuations) and the newest time (the repeated hour of autumn).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "base/zones.hpp"
#include "model/event.hpp"
#include "model/record.hpp"
#include "model/settings.hpp"
#include "parse/access_line.hpp"
#include "parse/clock.hpp"
#include "parse/envelope.hpp"
#include "parse/json_line.hpp"
#include "parse/line.hpp"

namespace noci {

/// What the settings say about a source; lives as long as the parser and its events.
struct SourceInfo {
  std::string name;        ///< log.source
  std::string homeserver;  ///< empty: from the record, where it says
  std::string worker;      ///< used where the line names none
  LineFormat format = LineFormat::detect;
  Zone zone = Zone::utc();
  /// A file whose records go on from those of this other source: a rotated sibling read before.
  std::optional<SourceIndex> continues{};
  /// How its text records begin, in the words of Python's logging; empty: as Synapse's do.
  std::string prefix{};
};

/// An event, and what custody must know of its line.
struct ParsedLine {
  Event event;
  std::optional<std::uint64_t> id;  ///< the request counter, where the line has one
  bool is_access = false;           ///< of the access logger and well-formed, counted or not
  bool is_text = false;             ///< anybody may have written it, if the log is a mixed one
  bool is_continuation = false;     ///< the rest of a record that began on a line above
  /// A record whose message may hold a client's line feeds, so that what follows is not proven.
  bool may_carry = false;
  /// How the record ends that this line begins, where the line lacks that: a line feed cut it.
  std::string_view ending;
  /// How the line names its process: 0 not at all, +1 for each `NAME | `, +4 for `worker:NAME`.
  std::uint8_t naming = 0;
};

class Parser {
 public:
  explicit Parser(SourceInfo source);

  /// The event's views are into the record, the arena, the SourceInfo or constants.
  [[nodiscard]] ParsedLine parse(const Record& record, Arena& arena);
  /// The same, to where it is to stay.
  void parse(const Record& record, Arena& arena, ParsedLine& out);

  [[nodiscard]] const SourceInfo& source() const { return source_; }

  /// Time of the newest record that was understood.
  [[nodiscard]] TimePoint newest() const { return newest_; }

  /// What the next lines' meaning depends on; the source's settings are not part of it. `past`:
  /// what newest() was before the line that will be read next.
  void save(ByteWriter& out, TimePoint past) const;
  void restore(ByteReader& in);

 private:
  /// What lines without a record's beginning belong to.
  enum class Before : std::uint8_t { nothing, text_record, json_record, traceback };

  void begin(const Record& record, Event& event) const;
  [[nodiscard]] TimePoint near(const Event& event) const;
  [[nodiscard]] Envelope open(std::string_view line);
  void parse_text(std::string_view body, std::string_view logger, ParsedLine& out, Arena& arena);
  [[nodiscard]] bool parse_json(std::string_view body, ParsedLine& out, Arena& arena);
  void parse_stray(std::string_view body, ParsedLine& out);

  SourceInfo source_;
  MinuteClock clock_;
  JsonReader json_;
  LineReader lines_;
  Before before_ = Before::nothing;
  TimePoint newest_;
  TimePoint arrival_;  ///< of the record in work
};

}  // namespace noci
