#pragma once
// When what is written again: the rolling checkpoint of the keys. Each commit keeps the keys that
// changed (its delta) and rewrites in turn as many segments, runs of key numbers, as weigh about
// the same. A delta is needed until every segment was rewritten after it. So commits cost what
// changed, none is much larger than twice its delta, and what is kept, which a start must read,
// stays near twice the keys, however many there are. The method is the segmented fuzzy checkpoint
// of Lin and Dunham ("Segmented Fuzzy Checkpointing for Main Memory Databases", 1996), with
// commits in the place of the redo log.
// Only numbers and sizes: what is in a segment is persist.cpp's.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace noci::detect {

/// What a commit took along, until it is known whether it was kept.
struct Taken {
  std::uint64_t number = 0;
  std::uint64_t follows = 0;
  bool whole = false;
  std::vector<std::uint32_t> slots;
  std::vector<std::uint64_t> begun;
  std::vector<std::size_t> segments;
};

class Checkpoint {
 public:
  /// A commit begins that will hold `segments` segments after it; `whole` when it needs no earlier.
  Taken& begin(bool whole, std::size_t segments);

  /// Its delta has this many bytes of keys.
  void earn(std::size_t bytes) { credit_ += static_cast<std::int64_t>(bytes); }

  /// The segment to be rewritten with it now, or none: asked again after each.
  [[nodiscard]] std::optional<std::size_t> next() const;
  void rewritten(std::size_t segment, std::size_t bytes);

  /// After the last segment of a commit: the oldest that restoring still needs.
  [[nodiscard]] std::uint64_t oldest_needed() const;

  /// The answer about the oldest commit that has none yet; unset when all have one.
  [[nodiscard]] std::optional<Taken> settle(bool kept);

  // Restoring: what commit `number` held.
  void found(std::uint64_t number, bool whole, std::size_t segments);
  void found_segment(std::size_t segment);

 private:
  [[nodiscard]] std::uint64_t newest() const;
  void resize(std::size_t segments);

  std::uint64_t number_ = 0;  ///< of the newest commit
  std::uint64_t kept_ = 0;    ///< of the newest that was kept
  /// By segment: the oldest commit that is needed for what it holds.
  std::vector<std::uint64_t> needs_;
  std::size_t turn_ = 0;
  std::int64_t credit_ = 0;  ///< bytes that may be rewritten
  std::deque<Taken> unsettled_;
};

}  // namespace noci::detect
