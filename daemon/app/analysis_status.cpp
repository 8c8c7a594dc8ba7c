// How the analysis describes itself, about every second.

#include "app/analysis.hpp"
#include "io/intake_status.hpp"

namespace noci {
namespace {

ReceivedStatus received(const IntakeStatus& intake) {
  return {intake.connections,  intake.accepted,  intake.refused,     intake.unauthorized,
          intake.idle_closed,  intake.misframed, intake.lines,       intake.oversize_lines,
          intake.broken_lines, intake.pauses,    intake.spool_bytes, intake.spool_errors};
}

}  // namespace

AnalysisStatus Analysis::status(TimePoint now) const {
  AnalysisStatus status;
  status.at = now;
  status.newest_event = parts_.pipeline.newest();
  status.lag = lag_;
  status.parse = parts_.pipeline.parse_stats();
  status.engine = parts_.pipeline.engine_stats();
  status.familiar = parts_.pipeline.familiar_stats();
  status.failed_lookups =
      failed_lookups_ + (parts_.geography ? parts_.geography->failed_lookups() : 0);
  status.custody = parts_.pipeline.custody_stats();
  status.clamped_times = parts_.pipeline.clamped_times();
  status.rules = parts_.rules;
  status.skipped_records = skipped_records_;
  status.health = parts_.vigil.report();
  for (const auto& [name, source] : parts_.sources) {
    SourceStatus of_source;
    of_source.name = name;
    for (const SourceFault& fault : source->faults()) {
      of_source.faults.push_back(fault.what);
    }
    const SourceStats& stats = source->stats();
    of_source.bytes = stats.bytes;
    of_source.behind_bytes = source->backlog();
    of_source.files_opened = stats.opened;
    of_source.rotations = stats.rotations;
    of_source.truncations = stats.truncations;
    of_source.losses = stats.lost_bytes_unknown;
    of_source.read_errors = stats.read_errors;
    if (const IntakeStatus* intake = source->intake()) {
      of_source.received = received(*intake);
    }
    status.sources.push_back(std::move(of_source));
  }
  return status;
}

}  // namespace noci
