#pragma once
// The systemd journal as a source: the entries of chosen units, identifiers or containers, through
// rotation, vacuum and restarts, one JSON line each in the shape of `journalctl -o json`. The saved
// cursor is the journal's own, of the last entry counted. What the lines mean is the parse room's;
// that the entries are in the order of their arrival is the journal's.
//
// Built without libsystemd's journal (NOCI_JOURNALD=OFF) both functions fail with a sentence.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/source.hpp"
#include "model/settings.hpp"

namespace noci {

struct JournalOptions {
  SourceIndex source = 0;
  std::string name;  ///< Cursor::source
  JournalSettings journal;
  StartAt start_at = StartAt::end;
  Duration backfill{};
  TimePoint now{};  ///< wall clock: where a first start begins
};

/// A journal that is missing or may not be read is no error but a fault of the source, which ends
/// when the reason does. `saved`: the cursors of this source as they were last committed.
[[nodiscard]] Result<std::unique_ptr<Source>> follow_journal(JournalOptions options,
                                                             const std::vector<Cursor>& saved);

/// For `noci check`: what keeps the journal from being read, and which of the names never wrote.
struct JournalSurvey {
  std::vector<SourceFault> faults;
  std::vector<std::string> silent;  ///< `unit x.service`, `container y`
};

[[nodiscard]] Result<JournalSurvey> survey_journal(const JournalSettings& settings);

}  // namespace noci
