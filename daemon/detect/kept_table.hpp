#pragma once
// Records found by their seeded fingerprint and numbered 0, 1, 2, … without gaps, with what a
// commit keeps of them: those that changed, and in turn some that did not (checkpoint.hpp). A
// removed record's number goes to the last one. References are good until the next add or remove.
// Record: `print` (never 0), bytes(), save(ByteWriter&), load(ByteReader&).

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/bytes.hpp"
#include "detect/checkpoint.hpp"
#include "detect/dirty_slots.hpp"

namespace noci::detect {

template <typename Record>
class KeptTable {
 public:
  explicit KeptTable(std::size_t per_segment) : per_segment_(per_segment) {}

  [[nodiscard]] Record* find(std::uint64_t print) {
    const auto found = index_.find(print);
    return found == index_.end() ? nullptr : &records_[found->second];
  }

  /// `print` is not there yet.
  Record& add(std::uint64_t print) {
    index_.emplace(print, static_cast<std::uint32_t>(records_.size()));
    Record& record = records_.emplace_back();
    record.print = print;
    memory_ += record.bytes() + entry_bytes;
    return record;
  }

  void remove(std::uint64_t print) {
    const auto found = index_.find(print);
    const std::uint32_t slot = found->second;
    memory_ -= records_[slot].bytes() + entry_bytes;
    index_.erase(found);
    if (slot + 1 < records_.size()) {
      records_[slot] = std::move(records_.back());
      index_[records_[slot].print] = slot;
      // What is written under this number is another record now.
      dirty_.mark(slot);
    }
    records_.pop_back();
  }

  /// After a change of a record that had so many bytes.
  void changed(Record& record, std::int64_t bytes_before) {
    memory_ += record.bytes() - bytes_before;
    dirty_.mark(static_cast<std::size_t>(&record - records_.data()));
  }

  /// The next record of an endless walk over all; not when there is none.
  Record& walk() {
    hand_ = hand_ + 1 < records_.size() ? hand_ + 1 : 0;
    return records_[hand_];
  }

  [[nodiscard]] std::size_t size() const { return records_.size(); }

  [[nodiscard]] std::int64_t memory() const { return memory_; }

  // --- saving: begin, then write_delta, then write_segment until it says false ----------------

  void begin(bool whole) {
    Taken& taken = checkpoint_.begin(whole, segments());
    std::vector<std::uint32_t> slots = dirty_.take(records_.size());
    if (!whole) {  // otherwise the segments have them
      taken.slots = std::move(slots);
    }
    taken_ = taken.slots;
  }

  void write_delta(ByteWriter& out) {
    const std::size_t before = out.bytes().size();
    out.number(hand_);
    out.number(records_.size());
    out.number(taken_.size());
    for (const std::uint32_t slot : taken_) {
      out.number(slot);
      write(out, records_[slot]);
    }
    checkpoint_.earn(taken_.empty() ? 0 : out.bytes().size() - before);
  }

  bool write_segment(ByteWriter& out) {
    const auto segment = checkpoint_.next();
    if (!segment) {
      return false;
    }
    const std::size_t before = out.bytes().size();
    const std::size_t first = *segment * per_segment_;
    const std::size_t last = std::min(first + per_segment_, records_.size());
    out.number(*segment);
    out.number(last - first);
    for (std::size_t slot = first; slot < last; ++slot) {
      write(out, records_[slot]);
    }
    checkpoint_.rewritten(*segment, out.bytes().size() - before);
    return true;
  }

  [[nodiscard]] std::uint64_t oldest_needed() const { return checkpoint_.oldest_needed(); }

  /// Whether the oldest state without an answer was kept. What was not is part of the next.
  void settle(bool kept) {
    const auto taken = checkpoint_.settle(kept);
    if (!taken || kept) {
      return;
    }
    for (const std::uint32_t slot : taken->slots) {
      dirty_.mark(slot);
    }
  }

  // --- restoring: deltas and segments in their order, then finish -----------------------------

  [[nodiscard]] bool read_delta(ByteReader& in, std::uint64_t number, bool whole) {
    if (whole) {
      records_.clear();
    }
    hand_ = in.number();
    const std::uint64_t size = in.number();
    if (!in.ok() || size > most_records) {
      return false;
    }
    records_.resize(size);
    checkpoint_.found(number, whole, segments());
    for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
      if (!read(in, in.number())) {
        return false;
      }
    }
    return in.ok();
  }

  [[nodiscard]] bool read_segment(ByteReader& in) {
    const std::uint64_t segment = in.number();
    if (segment >= segments()) {
      return false;
    }
    const std::uint64_t count = in.count();
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!read(in, segment * per_segment_ + i)) {
        return false;
      }
    }
    checkpoint_.found_segment(segment);
    return in.ok();
  }

  /// False when some are missing or stand twice.
  [[nodiscard]] bool finish() {
    index_.clear();
    index_.reserve(records_.size());
    memory_ = 0;
    for (std::size_t slot = 0; slot < records_.size(); ++slot) {
      Record& record = records_[slot];
      if (record.print == 0 ||
          !index_.emplace(record.print, static_cast<std::uint32_t>(slot)).second) {
        return false;
      }
      memory_ += record.bytes() + entry_bytes;
    }
    return true;
  }

 private:
  /// Of the index, at its usual load.
  static constexpr std::int64_t entry_bytes = 20;
  /// More would not fit into any memory; what a damaged size would ask for is refused.
  static constexpr std::uint64_t most_records = std::uint64_t{1} << 24;

  struct PrintHash {
    using is_avalanching = void;

    std::size_t operator()(std::uint64_t print) const { return print; }
  };

  /// At least one, which nothing may be in.
  [[nodiscard]] std::size_t segments() const {
    return std::max<std::size_t>(1, (records_.size() + per_segment_ - 1) / per_segment_);
  }

  static void write(ByteWriter& out, const Record& record) {
    out.fixed64(record.print);
    record.save(out);
  }

  [[nodiscard]] bool read(ByteReader& in, std::uint64_t slot) {
    if (!in.ok() || slot >= records_.size()) {
      return false;
    }
    Record record;
    record.print = in.fixed64();
    if (!record.load(in)) {
      return false;
    }
    records_[slot] = std::move(record);
    return true;
  }

  std::size_t per_segment_;
  std::vector<Record> records_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t, PrintHash> index_;
  DirtySlots dirty_;
  std::vector<std::uint32_t> taken_;  ///< of the commit that is being written
  std::int64_t memory_ = 0;
  std::uint64_t hand_ = 0;
  Checkpoint checkpoint_;
};

}  // namespace noci::detect
