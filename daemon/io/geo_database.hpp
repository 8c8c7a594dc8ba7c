#pragma once
// Where addresses are, from databases in MaxMind's format (GeoLite2, DB-IP, IPinfo, …): each file
// says what it holds, country, autonomous system or coordinates. Files are mapped: replace them by
// renaming, as geoipupdate does, never by writing into them. An answer that the library cannot read
// is counted and taken for none. May be asked from several threads.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/geography.hpp"

struct MMDB_s;

namespace noci {

class GeoDatabase final : public Geography {
 public:
  /// All of them, or why not. Where two files know the same the first one is believed.
  static Result<std::shared_ptr<const GeoDatabase>> open(const std::vector<std::string>& paths);
  ~GeoDatabase() override;

  [[nodiscard]] Whereabouts locate(const IpAddress& address) const override;

  /// Per file, what it says of itself: `GeoLite2-City, built 2026-11-03`.
  [[nodiscard]] std::vector<std::string> descriptions() const;

  [[nodiscard]] std::uint64_t failed_lookups() const { return failed_; }

 private:
  struct Close {
    void operator()(MMDB_s* file) const;
  };

  using File = std::unique_ptr<MMDB_s, Close>;

  explicit GeoDatabase(std::vector<File> files);

  std::vector<File> files_;
  mutable std::atomic<std::uint64_t> failed_ = 0;
};

}  // namespace noci
