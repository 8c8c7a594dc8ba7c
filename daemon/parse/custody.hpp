#pragma once
// Lines of a mixed text log wait here until their surroundings are known. A client can write whole
// records into such a log (a line feed in a login name; docs/events.md, "Forged lines"), even with
// the number that a genuine request will carry a moment later. So a line is held for two seconds of
// the log's own time, and judged with what came before and after it in view: who else claims its
// number, whether it stands inside another record, whether a start of the server was one. Lines
// leave in the order they came. Logs that hold nothing but access lines, and JSON, need no custody;
// of those, lines wait here, unjudged, for what another log may say of the first of them.
// Bounded in lines and bytes; what is released early because of that is counted. Nothing here
// survives a restart: a cursor stands before the oldest line held, so they are read again.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "base/ring.hpp"
#include "parse/claim_counts.hpp"
#include "parse/parser.hpp"
#include "parse/processes.hpp"

namespace noci {

/// What the lines above say about the next one.
struct Above {
  std::string exposed_by;  ///< request id of the record that may carry what follows
  std::string exposed_worker;
  /// The same of the record above that one, in case that one was itself carried.
  std::string exposed_before;
  std::string ending;  ///< of a record that a line feed cut, until it comes
  std::uint32_t lines_to_ending = 0;
  std::uint32_t stray_lines = 0;  ///< after access lines that no record can have carried
};

/// One line in custody.
struct Held {
  ParsedLine line;
  Sequence* process = nullptr;  ///< null: more processes than there can be
  TimePoint arrival;
  TimePoint past;           ///< Parser::newest() before this line
  TimePoint due;            ///< when it has been held for long enough, by the log's time
  std::uint64_t above = 0;  ///< the number of what stands above it
  std::uint64_t stream = 0;
  std::uint64_t record = 0;  ///< its number among the records of the log
  std::uint32_t batch = 0;
  bool inside = false;         ///< the rest of another record follows it
  bool believed = false;       ///< nobody but Synapse can have written it
  std::string_view condemned;  ///< why it is forged, as found while another line was judged
};

class Custody {
 public:
  /// How long a line is held: a request that is being answered when its number is forged ends
  /// within this, nearly always.
  static constexpr Duration hold_for = std::chrono::seconds{2};
  static constexpr std::size_t most_lines = 65'536;
  static constexpr std::size_t most_bytes = std::size_t{32} << 20;

  /// A line's bytes where they stay as long as it is held, and the places for what they mean.
  struct Kept {
    std::string_view bytes;
    Arena* arena;
    ParsedLine* line;
  };

  /// Copies a line; what is in the places is as it was left, and stays until the next call.
  [[nodiscard]] Kept keep(std::string_view line);
  /// Holds the line that keep() was last called for and that stands in its place now.
  /// `now`: the log's time.
  void hold(std::string_view bytes, Sequence* process, std::uint64_t stream, TimePoint arrival,
            TimePoint past, TimePoint now, bool believed);
  /// A line of the log that is not held still tells about those that are.
  void pass(const ParsedLine& line, std::string_view bytes);

  /// When the oldest line may be released; none, when none is held.
  [[nodiscard]] std::optional<TimePoint> due() const {
    return held_.empty() ? std::nullopt : std::optional(held_.front().due);
  }

  /// There is no more room: the oldest line must go, however short it was here.
  [[nodiscard]] bool is_full() const { return held_.size() > most_lines || bytes_ > most_bytes; }

  /// Hands out the oldest line, a Held, judged unless it is believed.
  template <typename Sink>
  void release_oldest(Sink&& sink) {
    released_early_ += is_full() ? 1 : 0;
    hand_out(sink);
  }

  /// Hands out what was held by the wall clock for long enough: the log has fallen silent.
  template <typename Sink>
  void release_arrived(TimePoint now, Sink&& sink) {
    while (!held_.empty() && held_.front().arrival + hold_for <= now) {
      hand_out(sink);
    }
  }

  [[nodiscard]] std::size_t size() const { return held_.size(); }

  /// Memory of what is held.
  [[nodiscard]] std::size_t bytes() const { return bytes_ + held_.size() * sizeof(Held); }

  /// The oldest line held, null when there is none.
  [[nodiscard]] const Held* oldest() const { return held_.empty() ? nullptr : &held_.front(); }

  /// Where the oldest line of this stream begins that is still held.
  [[nodiscard]] std::optional<Position> oldest_of(std::uint64_t stream) const;

  [[nodiscard]] std::uint64_t released_early() const { return released_early_; }

  /// Several processes write the log without saying which: ids tell nothing here, for a while.
  [[nodiscard]] bool is_interleaved() const { return interleaved_ > 0; }

  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  /// Lines and events side by side, given back at once when the last of them is released.
  struct Batch {
    Arena arena;
    std::size_t bytes = 0;
    std::size_t lines = 0;
  };

  template <typename Sink>
  void hand_out(Sink& sink) {
    if (!held_.front().believed) {
      judge(held_.front());
    }
    sink(held_.front());
    drop_oldest();
  }

  void judge(Held& held);
  [[nodiscard]] std::string_view contradiction(Held& held);
  [[nodiscard]] std::string_view against_naming(const ParsedLine& line);
  [[nodiscard]] std::string_view against_process(Held& held);
  [[nodiscard]] std::string_view against_twins(Held& held);
  [[nodiscard]] bool is_false_restart(const Held& held) const;
  [[nodiscard]] const Held* end_of_request(std::string_view worker, std::string_view id) const;
  void name_author(const Held& held, Event& event) const;
  /// Access lines of an interleaved log that are taken before its ids are looked at again.
  static constexpr std::uint32_t interleaved_for = 100'000;

  [[nodiscard]] const Above& above(const Held& held) const;
  [[nodiscard]] bool is_exposed(const Held& held) const;
  void notice_tail();
  void note_verdict(bool refused);
  void drop_oldest();
  void empty(Batch& batch);

  Ring<Held> held_;
  /// What stood above the lines held, each once, however many lines it stands above.
  Ring<Above> aboves_;
  std::uint64_t first_above_ = 0;  ///< the number of the oldest of them
  bool above_changed_ = true;      ///< since the newest of them
  Ring<Batch> batches_;
  std::uint32_t first_batch_ = 0;
  std::size_t bytes_ = 0;
  ClaimCounts claims_;  ///< access lines held, by id

  // In the order the lines stand in the log.
  Above above_;
  std::uint64_t records_ = 0;
  bool last_was_access_ = false;

  // What the lines judged so far have in common, in the order they leave.
  std::optional<std::uint8_t> naming_;
  std::uint32_t other_naming_ = 0;  ///< lines in a row that name their process in another way
  std::uint64_t judged_ = 0;
  std::uint32_t lately_judged_ = 0;
  std::uint32_t lately_refused_ = 0;
  std::uint32_t interleaved_ = 0;  ///< access lines left to take without looking at their ids
  std::uint64_t released_early_ = 0;
};

}  // namespace noci
