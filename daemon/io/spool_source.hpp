#pragma once
// What came by socket or standard input, as a source: a tail over each name of the spool that the
// receiving thread writes. Promises that a cursor it gives is of bytes that are on the disk:
// otherwise, after the power failed, counters would remember more than the file holds, and read it
// twice.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/intake_status.hpp"
#include "io/rotation.hpp"
#include "io/source.hpp"
#include "io/tail.hpp"

namespace noci {

struct SpoolSourceOptions {
  SourceIndex source = 0;
  std::string name;
  std::string folder;
  std::shared_ptr<const IntakeStatus> status;
  /// Tells the writer what is committed; called on the analysis thread.
  std::function<void(std::vector<Cursor>)> release;
};

class SpoolSource final : public Source {
 public:
  /// The spool must have been opened (and so repaired) before.
  SpoolSource(SpoolSourceOptions options, std::vector<Cursor> saved);

  void rescan() override;
  [[nodiscard]] std::optional<Chunk> next(TimePoint arrival, const Wants& wants = {}) override;

  void consumed(std::uint64_t stream, std::uint64_t offset, std::uint64_t line) override;

  [[nodiscard]] std::vector<Cursor> cursors() const override;

  void committed(const std::vector<Cursor>& cursors) override { options_.release(cursors); }

  [[nodiscard]] bool has_ended() const override { return has_ended_; }

  [[nodiscard]] const std::vector<SourceFault>& faults() const override { return faults_; }

  [[nodiscard]] const SourceStats& stats() const override { return stats_; }

  [[nodiscard]] std::vector<std::string> directories() const override { return {options_.folder}; }

  [[nodiscard]] const IntakeStatus* intake() const override { return options_.status.get(); }

 private:
  void follow(const std::string& path, std::vector<Cursor> saved);

  SpoolSourceOptions options_;
  /// One for each name, and not one over a glob: a glob's tail takes the rotated files of a name
  /// that is new to it for old ones, but here they are what came since the last look.
  std::vector<Tail> tails_;
  std::set<std::string> followed_;  ///< paths
  std::size_t turn_ = 0;
  SourceStats stats_;
  std::vector<SourceFault> faults_;
  mutable std::map<std::string, std::uint64_t> synced_;  ///< by path: up to where
  bool seen_end_ = false;
  bool has_ended_ = false;
};

}  // namespace noci
