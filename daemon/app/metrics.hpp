#pragma once
// The Prometheus surface (docs/metrics.md): prometheus-cpp's registry and serialiser, filled from
// the status of the two threads when a scrape comes. Labels come from the settings, the rules and
// fixed words, never from what a log contains.

#include <memory>
#include <string>

#include "app/status.hpp"

namespace noci {

class Metrics {
 public:
  explicit Metrics(const std::string& version);
  ~Metrics();

  /// The exposition text (format 0.0.4) of this moment.
  [[nodiscard]] std::string text(const AnalysisStatus& analysis, const DeliveryStatus& delivery,
                                 TimePoint now);

 private:
  class Families;
  std::unique_ptr<Families> families_;
};

}  // namespace noci
