#pragma once
// A commit: how far was read, what is known because of it, and what must be said, in one
// transaction. What loads later is the last commit that returned, or the one that was being
// written: never a mixture. Bytes of the state are the pipeline's.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/record.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace noci {

struct Saved {
  std::vector<Cursor> cursors;
  std::vector<std::string> blobs;  ///< the last whole one first, then its deltas in order
  std::string vigil;               ///< empty when none was ever saved
};

[[nodiscard]] Result<Saved> load_state(Database& database);

/// `cursors` replaces all that were kept. A whole blob replaces what is there, a delta is added to
/// it; an empty delta adds nothing. `vigil` replaces the one before, an empty one leaves it. After
/// an error nothing of this call is kept, and a delta that was not kept must not be followed by
/// another: ask the pipeline for a whole one.
[[nodiscard]] Result<void> save_commit(Database& database, const std::vector<Cursor>& cursors,
                                       std::string_view blob, bool whole,
                                       const std::vector<OutboxItem>& items, TimePoint wall_now,
                                       std::string_view vigil = {});

/// Size of the deltas since the last whole blob: when it has grown past the whole one's size, a
/// new whole is cheaper to load. 0 when it cannot be read; the next commit will say why.
[[nodiscard]] std::uint64_t delta_bytes(Database& database);

}  // namespace noci
