#pragma once
// The configured sources, opened: what the analysis pulls from, and the thread that receives what
// comes by socket or standard input. That thread's only tie to the analysis is the spool.

#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "app/analysis.hpp"
#include "app/log.hpp"
#include "io/intake.hpp"
#include "model/settings.hpp"

namespace noci {

class Receiving {
 public:
  Receiving() : work_(context_.get_executor()) {}

  ~Receiving() { stop(); }

  Receiving(const Receiving&) = delete;
  Receiving& operator=(const Receiving&) = delete;

  /// Opens the listener; it answers from start() on.
  [[nodiscard]] Result<Intake*> add(IntakeOptions options);
  void start();
  /// Ends every connection and the thread; what was received is in the spool.
  void stop();

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::unique_ptr<Intake>> intakes_;
  std::thread thread_;
};

struct OpenSources {
  std::unique_ptr<Receiving> receiving;  ///< outlives what is followed
  std::vector<FollowedSource> followed;  ///< in the order of the settings
};

/// `infos`: how the lines of each are read. An error is one that cannot heal by waiting, such as an
/// address that is taken.
[[nodiscard]] Result<OpenSources> open_sources(const Settings& settings,
                                               const std::vector<SourceInfo>& infos,
                                               const std::vector<Cursor>& cursors, TimePoint now,
                                               const std::shared_ptr<spdlog::logger>& log);

/// Where the lines of such a source are kept until they are counted.
[[nodiscard]] std::string spool_folder(const Settings& settings, const SourceSettings& source);

}  // namespace noci
