#include "app/sources.hpp"

#include <chrono>
#include <iterator>
#include <utility>

#include <boost/asio/post.hpp>

#include "io/journal.hpp"
#include "io/spool_source.hpp"
#include "io/tail.hpp"

namespace noci {
namespace {

std::vector<Cursor> cursors_of(const std::string& source, const std::vector<Cursor>& all) {
  std::vector<Cursor> own;
  std::copy_if(all.begin(), all.end(), std::back_inserter(own),
               [&](const Cursor& cursor) { return cursor.source == source; });
  return own;
}

IntakeOptions intake_options(const Settings& settings, const SourceSettings& source,
                             const std::shared_ptr<spdlog::logger>& log) {
  IntakeOptions options;
  options.name = source.name;
  options.type = source.type;
  options.listen = source.listen;
  options.worker = source.worker;
  options.folder = spool_folder(settings, source);
  options.spool_limit = static_cast<std::uint64_t>(source.spool_limit);
  const auto faults = std::make_shared<RepeatedFaults>(log);
  options.warn = [faults, name = source.name](const std::string& what) {
    faults->warn(name, "event=sender_refused source=" + log_value(name) + " why=" + log_value(what),
                 std::chrono::floor<Duration>(std::chrono::system_clock::now()));
  };
  return options;
}

std::unique_ptr<Source> follow_files(const SourceSettings& source, SourceIndex index,
                                     const SourceInfo& info, std::vector<Cursor> saved,
                                     TimePoint now) {
  TailOptions options{index, source.name, source.paths, source.start_at};
  options.info = info;
  if (source.backfill > Duration::zero()) {
    options.backfill = now - source.backfill;
  }
  return std::make_unique<Tail>(std::move(options), std::move(saved));
}

Result<std::unique_ptr<Source>> open_source(const Settings& settings, SourceIndex index,
                                            const SourceInfo& info, std::vector<Cursor> saved,
                                            TimePoint now, Receiving& receiving,
                                            const std::shared_ptr<spdlog::logger>& log) {
  const SourceSettings& source = settings.sources[index];
  switch (source.type) {
    case SourceType::file:
      return follow_files(source, index, info, std::move(saved), now);
    case SourceType::journal:
      return follow_journal(
          {index, source.name, source.journal, source.start_at, source.backfill, now}, saved);
    default:
      break;
  }
  const auto intake = receiving.add(intake_options(settings, source, log));
  if (!intake) {
    return failure("source " + source.name + ": " + intake.error().what);
  }
  if (source.type == SourceType::tcp) {
    log->info("event=listening source={} address={} port={} tls={}", log_value(source.name),
              source.listen.address, (*intake)->port(), !source.listen.tls.cert_file.empty());
  }
  return std::make_unique<SpoolSource>(
      SpoolSourceOptions{
          index, source.name, spool_folder(settings, source), (*intake)->status(),
          [to = *intake](std::vector<Cursor> cursors) { to->release(std::move(cursors)); }},
      std::move(saved));
}

}  // namespace

Result<Intake*> Receiving::add(IntakeOptions options) {
  auto intake = std::make_unique<Intake>(context_.get_executor(), std::move(options));
  if (auto opened = intake->open(); !opened) {
    return tl::unexpected(opened.error());
  }
  intakes_.push_back(std::move(intake));
  return intakes_.back().get();
}

void Receiving::start() {
  if (!intakes_.empty()) {
    thread_ = std::thread([this] { context_.run(); });
  }
}

void Receiving::stop() {
  if (thread_.joinable()) {
    boost::asio::post(context_, [this] {
      for (const auto& intake : intakes_) {
        intake->stop();
      }
      work_.reset();
      context_.stop();
    });
    thread_.join();
  }
}

Result<OpenSources> open_sources(const Settings& settings, const std::vector<SourceInfo>& infos,
                                 const std::vector<Cursor>& cursors, TimePoint now,
                                 const std::shared_ptr<spdlog::logger>& log) {
  OpenSources opened;
  opened.receiving = std::make_unique<Receiving>();
  for (std::size_t i = 0; i < settings.sources.size(); ++i) {
    const std::string& name = settings.sources[i].name;
    auto source = open_source(settings, static_cast<SourceIndex>(i), infos[i],
                              cursors_of(name, cursors), now, *opened.receiving, log);
    if (!source) {
      return tl::unexpected(source.error());
    }
    opened.followed.push_back({name, std::move(*source)});
  }
  return opened;
}

std::string spool_folder(const Settings& settings, const SourceSettings& source) {
  return settings.state_dir + "/spool/" + source.name;
}

}  // namespace noci
