#pragma once
// One record → one event. Total: whatever the bytes are, an event comes back, with a kind and,
// where it is refused, a reason. No line is lost because of what stands in its URI or agent, and
// none that Synapse cannot have written is credited to anybody: a forged line names the account it
// would frame as the target, nothing else. One Parser per stream of a source, fed in order: it
// remembers whether the line before was a record (continuations), the newest time (the repeated
// hour of autumn) and each process's request counter. Joining the lines of one request is left to
// enrich.hpp.

#include <cstdint>
#include <map>
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
#include "parse/json_line.hpp"
#include "parse/sequence.hpp"

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
};

class Parser {
 public:
  explicit Parser(SourceInfo source);

  /// The event's views are into the record, the arena, the SourceInfo or constants.
  [[nodiscard]] Event parse(const Record& record, Arena& arena);

  /// What the next lines' meaning depends on; the source's settings are not part of it.
  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  /// A record of either format on the way to an event.
  struct Parts {
    std::string_view logger;
    std::string_view request;
    std::string_view message;
    const AccessKeys* keys = nullptr;  ///< JSON 1.32+
    bool is_text = false;
  };

  /// What lines without a record's beginning belong to.
  enum class Before : std::uint8_t { nothing, text_record, json_record, traceback };

  [[nodiscard]] Event blank(const Record& record) const;
  void parse_text(std::string_view body, Event& event, Arena& arena);
  [[nodiscard]] bool parse_json(std::string_view body, Event& event, Arena& arena);
  void parse_stray(std::string_view body, Event& event);
  void understand(const Parts& parts, Event& event, Arena& arena);
  void read_access(const Parts& parts, std::string_view tag, Event& event, Arena& arena);
  /// Why the record cannot be that process's, if so.
  [[nodiscard]] std::optional<std::string_view> doubt(const Parts& parts,
                                                      std::optional<std::uint64_t> counter,
                                                      bool ends_request, const Event& event);
  [[nodiscard]] Sequence* sequence_of(std::string_view worker);

  SourceInfo source_;
  MinuteClock clock_;
  JsonReader json_;
  Before before_ = Before::nothing;
  bool text_seen_ = false;
  TimePoint newest_;
  TimePoint arrival_;                                       ///< of the record in work
  std::map<std::string, Sequence, std::less<>> sequences_;  ///< by worker
};

}  // namespace noci
