#pragma once
// A commit: how far was read, what is known because of it, and what must be said, in one
// transaction. What loads later is the last commit that returned, or the one that was being
// written: never a mixture. Bytes of the state are the pipeline's.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/record.hpp"
#include "model/saved_state.hpp"
#include "store/database.hpp"
#include "store/outbox.hpp"

namespace noci {

struct Saved {
  std::vector<Cursor> cursors;
  std::string vigil;  ///< empty when none was ever saved
};

[[nodiscard]] Result<Saved> load_state(Database& database);

/// Blobs can be many and large together: `each` is given one after the other, in the order in which
/// they were made, and may end the walk with its error.
using EachBlob = std::function<Result<void>(std::uint64_t number, std::string_view blob)>;
[[nodiscard]] Result<void> load_blobs(Database& database, const EachBlob& each);

/// `cursors` replaces all that were kept; `vigil` what was kept of it, an empty one leaves it.
/// Blobs older than state.oldest_needed go; a state that follows one that was not kept is refused.
/// After an error nothing of this call is kept.
[[nodiscard]] Result<void> save_commit(Database& database, const std::vector<Cursor>& cursors,
                                       const SavedState& state,
                                       const std::vector<OutboxItem>& items, TimePoint wall_now,
                                       std::string_view vigil = {});

/// Items alone: what must be said may be kept earlier than what was known when it was found, never
/// later.
[[nodiscard]] Result<void> save_items(Database& database, const std::vector<OutboxItem>& items,
                                      TimePoint wall_now);

/// Bytes of all blobs that are kept; 0 when it cannot be read.
[[nodiscard]] std::uint64_t state_bytes(Database& database);

}  // namespace noci
