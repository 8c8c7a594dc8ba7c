#pragma once
// A record that kills noci whenever it is read would kill it for ever, since after each crash the
// log is read again. So noci notes in a file beside its database that it is reading, and after a
// crash goes line by line and notes each one: what three crashes in a row lead to is passed over,
// loudly. In ordinary life a note costs two stores for a block. Survives kill -9, not the power.
//
// Only crashes count: signals that a process brings upon itself, and the abort of a watchdog. Who
// is killed (kill -9, for want of memory, by a power cut) would have gone on, so no record is to
// blame for it, however often it happens at the same one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace noci {

class PoisonGuard {
 public:
  /// Notes nothing.
  PoisonGuard() = default;
  /// `path`: of the notes. Where they cannot be kept, nothing is noted.
  explicit PoisonGuard(const std::string& path);

  /// From now on a crash of this process, in whichever thread, is noted as one. Of all guards the
  /// last to ask has the say; what handled the signals before does so after the note.
  void watch_crashes();

  /// Crashes in a row while reading, as of the start.
  [[nodiscard]] std::uint32_t crashes() const { return crashes_; }

  /// Each line and event is to be asked for.
  [[nodiscard]] bool is_careful() const { return is_careful_; }

  /// Reading begins and ends. Within a careful one the rest is asked for piece by piece.
  void enter();
  void leave();

  /// Whether this line (with its offset) or event may be touched.
  [[nodiscard]] bool admits(std::string_view line, std::uint64_t offset);
  [[nodiscard]] bool admits(const Event& event);

  /// All of a careful while went well: back to ordinary life.
  void relax();

 private:
  static constexpr std::size_t most_poison = 8;

  struct Notes {
    std::array<char, 8> magic{};
    std::uint32_t reading = 0;
    std::uint32_t crashed = 0;   ///< what ended the process was a crash
    std::uint32_t crashes = 0;   ///< in a row
    std::uint64_t current = 0;   ///< what is touched; 0: a block
    std::uint64_t suspect = 0;   ///< what was touched at the crash before
    std::uint64_t poisoned = 0;  ///< how many were found; the last ones are kept
    std::array<std::uint64_t, most_poison> poison{};
  };

  struct Unmap {
    void operator()(Notes* notes) const;
  };

  void learn_from_crash();
  [[nodiscard]] bool admits(std::uint64_t id);

  std::unique_ptr<Notes, Unmap> notes_;
  std::uint32_t crashes_ = 0;
  bool is_careful_ = false;
};

}  // namespace noci
