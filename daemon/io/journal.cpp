#include "io/journal.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "io/journal_line.hpp"

namespace noci {
namespace {

namespace fs = std::filesystem;

/// What stands for a path in chunks and cursors, followed by the source's name; those of files are
/// absolute.
constexpr const char* journal_path = "journal:";
/// Handed out at a time. Smaller than a file's block: an entry costs more than a line of a file.
constexpr std::size_t block_size = 64 * 1024;
/// Of a compressed field no more is unpacked; the framer keeps no longer line either.
constexpr std::size_t longest_field = std::size_t{1} << 20;

struct CloseJournal {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};

using Handle = std::unique_ptr<sd_journal, CloseJournal>;

std::int64_t micros(TimePoint time) {
  return time.time_since_epoch().count() * 1000;
}

/// When the entry of this cursor was written: `…;t=5e8d2b3c4;…`, microseconds in hex.
std::uint64_t time_of_cursor(std::string_view cursor) {
  const auto at = cursor.find(";t=");
  std::uint64_t time = 0;
  if (at != std::string_view::npos) {
    std::from_chars(cursor.data() + at + 3, cursor.data() + cursor.size(), time, 16);
  }
  return time;
}

Handle open_journal(const std::string& directory, int& error) {
  sd_journal* raw = nullptr;
  error = directory.empty() ? sd_journal_open(&raw, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                            : sd_journal_open_directory(&raw, directory.c_str(), 0);
  Handle journal(error < 0 ? nullptr : raw);
  if (journal) {
    sd_journal_set_data_threshold(raw, longest_field);
  }
  return journal;
}

bool add_match(sd_journal* journal, const std::string& name, const std::string& value) {
  const std::string match = name + "=" + value;
  return sd_journal_add_match(journal, match.data(), match.size()) >= 0 &&
         sd_journal_add_disjunction(journal) >= 0;
}

bool add_matches(sd_journal* journal, const JournalSettings& settings) {
  const auto add_all = [&](const char* name, const std::vector<std::string>& values) {
    return std::all_of(values.begin(), values.end(),
                       [&](const std::string& value) { return add_match(journal, name, value); });
  };
  return add_all("_SYSTEMD_UNIT", settings.units) &&
         add_all("SYSLOG_IDENTIFIER", settings.identifiers) &&
         add_all("CONTAINER_NAME", settings.containers);
}

/// Where journald writes: one folder for what survives a boot, one for what does not.
std::vector<fs::path> folders_of(const std::string& directory) {
  if (!directory.empty()) {
    return {directory};
  }
  std::string machine;
  std::ifstream("/etc/machine-id") >> machine;
  return {fs::path("/var/log/journal") / machine, fs::path("/run/log/journal") / machine};
}

/// Libsystemd passes over what it may not read without a word.
std::vector<SourceFault> find_faults(const std::string& directory) {
  std::vector<SourceFault> faults;
  bool any = false;
  for (const fs::path& folder : folders_of(directory)) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string file = entry->path().filename();
      if (!file.ends_with(".journal") || file.starts_with("user-")) {
        continue;
      }
      any = true;
      if (faults.empty() && faccessat(AT_FDCWD, entry->path().c_str(), R_OK, AT_EACCESS) != 0) {
        faults.push_back({entry->path(), SourceProblem::permission_denied,
                          "cannot read the journal: permission denied for " +
                              entry->path().string() +
                              "; let noci into the group systemd-journal "
                              "(SupplementaryGroups=systemd-journal) and restart it"});
      }
    }
    if (error == std::errc::permission_denied) {
      any = true;
      faults.push_back({folder, SourceProblem::permission_denied,
                        "cannot read the journal: permission denied for " + folder.string() +
                            "; let noci into the group systemd-journal"});
    }
  }
  if (!any) {
    const std::string where = directory.empty() ? "/var/log/journal, /run/log/journal" : directory;
    faults.push_back({where, SourceProblem::missing,
                      "there is no journal in " + where + " yet; waiting for one"});
  }
  return faults;
}

class Journal final : public Source {
 public:
  Journal(JournalOptions options, const std::vector<Cursor>& saved);

  void rescan() override;
  [[nodiscard]] std::optional<Chunk> next(TimePoint arrival, const Wants& wants) override;
  void consumed(std::uint64_t stream, std::uint64_t offset, std::uint64_t line) override;

  [[nodiscard]] std::vector<Cursor> cursors() const override { return {counted_}; }

  [[nodiscard]] const std::vector<SourceFault>& faults() const override { return faults_; }

  [[nodiscard]] const SourceStats& stats() const override { return stats_; }

  [[nodiscard]] int wake_descriptor() const override { return descriptor_; }

 private:
  /// An entry that was handed out, as a place to go on behind it.
  struct Place {
    std::uint64_t offset = 0;  ///< behind its line
    std::string cursor;
    TimePoint time;
  };

  void open();
  void close();
  void seek();
  bool take_entry();

  JournalOptions options_;
  Handle journal_;
  int descriptor_ = -1;
  std::string text_;
  std::string read_cursor_;      ///< of the last entry handed out; where a reopened journal goes on
  std::uint64_t read_time_ = 0;  ///< when it was written, or where to begin without one
  std::uint64_t skip_before_ = 0;  ///< entries written before this were handed out
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 1;
  std::deque<Place> handed_out_;  ///< and not counted yet
  Cursor counted_;
  std::vector<SourceFault> faults_;
  SourceStats stats_;
};

Journal::Journal(JournalOptions options, const std::vector<Cursor>& saved)
    : options_(std::move(options)) {
  counted_.source = options_.name;
  counted_.path = journal_path + options_.name;
  const auto found = std::find_if(saved.begin(), saved.end(), [&](const Cursor& cursor) {
    return cursor.path == counted_.path;
  });
  if (found != saved.end()) {
    counted_ = *found;
  } else if (options_.backfill > Duration::zero() || options_.start_at == StartAt::end) {
    counted_.modified = options_.now - options_.backfill;
  }
  read_cursor_ = counted_.marker;
  read_time_ = static_cast<std::uint64_t>(std::max<std::int64_t>(micros(counted_.modified), 0));
  offset_ = counted_.offset;
  line_ = counted_.line;
  rescan();
}

void Journal::rescan() {
  faults_ = find_faults(options_.journal.directory);
  // What may not be read when it is opened stays closed to that handle.
  const bool is_blind = !faults_.empty() && stats_.bytes == 0;
  if (!journal_ || is_blind) {
    close();
    open();
  }
}

void Journal::open() {
  int error = 0;
  journal_ = open_journal(options_.journal.directory, error);
  if (journal_ && !add_matches(journal_.get(), options_.journal)) {
    journal_.reset();
    error = -ENOMEM;
  }
  if (!journal_) {
    if (error != -ENOENT) {
      ++stats_.read_errors;
      faults_.push_back({counted_.path, SourceProblem::unreadable,
                         system_failure("cannot open the journal", -error).value().what});
    }
    return;
  }
  ++stats_.opened;
  descriptor_ = sd_journal_get_fd(journal_.get());
  seek();
}

void Journal::close() {
  journal_.reset();
  descriptor_ = -1;
}

/// Behind the last entry handed out; where that one is gone, before the first that is younger.
void Journal::seek() {
  sd_journal* const journal = journal_.get();
  skip_before_ = 0;
  if (read_cursor_.empty() || sd_journal_seek_cursor(journal, read_cursor_.c_str()) < 0) {
    sd_journal_seek_realtime_usec(journal, read_time_);
    return;
  }
  const bool has_next = sd_journal_next(journal) > 0;
  if (has_next && sd_journal_test_cursor(journal, read_cursor_.c_str()) > 0) {
    return;
  }
  const std::uint64_t time = time_of_cursor(read_cursor_);
  std::uint64_t oldest = 0;
  if (sd_journal_get_cutoff_realtime_usec(journal, &oldest, nullptr) > 0 && oldest > time) {
    ++stats_.lost_bytes_unknown;  // vacuumed up to and past what was counted
  }
  skip_before_ = time + 1;
  sd_journal_seek_realtime_usec(journal, skip_before_);
}

std::optional<Chunk> Journal::next(TimePoint arrival, const Wants& wants) {
  if (!journal_ || (wants && !wants(counted_.path))) {
    return std::nullopt;
  }
  // Files come and go; this also silences the descriptor.
  if (sd_journal_process(journal_.get()) < 0) {
    ++stats_.read_errors;
  }
  text_.clear();
  const std::uint64_t begin = offset_;
  const std::uint64_t line = line_;
  while (text_.size() < block_size && take_entry()) {
  }
  if (text_.empty()) {
    return std::nullopt;
  }
  stats_.bytes += text_.size();
  return Chunk{text_, counted_.path, options_.source, std::uint64_t{options_.source} << 48,
               begin, line,          arrival,         false};
}

/// Appends the next entry to the text; false at the end. One that cannot be read is counted.
bool Journal::take_entry() {
  sd_journal* const journal = journal_.get();
  const int moved = sd_journal_next(journal);
  if (moved <= 0) {
    if (moved < 0) {
      ++stats_.read_errors;
      faults_.push_back({counted_.path, SourceProblem::unreadable,
                         system_failure("cannot read on in the journal", -moved).value().what});
      close();  // and open again at the next look
    }
    return false;
  }
  std::uint64_t time = 0;
  char* raw_cursor = nullptr;
  if (sd_journal_get_realtime_usec(journal, &time) < 0 ||
      sd_journal_get_cursor(journal, &raw_cursor) < 0) {
    ++stats_.read_errors;
    return true;
  }
  std::string cursor(raw_cursor);
  free(raw_cursor);
  if (time < skip_before_) {
    return true;
  }
  skip_before_ = 0;
  const std::size_t begin = text_.size();
  JournalLine json(text_, time);
  const void* data = nullptr;
  std::size_t size = 0;
  int more = 0;
  sd_journal_restart_data(journal);
  while ((more = sd_journal_enumerate_available_data(journal, &data, &size)) > 0) {
    json.add({static_cast<const char*>(data), size});
  }
  stats_.read_errors += more < 0 ? 1 : 0;  // what was read of it stands for it
  json.end();
  offset_ += text_.size() - begin;
  ++line_;
  read_cursor_ = cursor;
  read_time_ = time;
  handed_out_.push_back({offset_, std::move(cursor), TimePoint(Duration(time / 1000))});
  return true;
}

void Journal::consumed(std::uint64_t /*stream*/, std::uint64_t offset, std::uint64_t line) {
  while (!handed_out_.empty() && handed_out_.front().offset <= offset) {
    counted_.marker = std::move(handed_out_.front().cursor);
    counted_.modified = handed_out_.front().time;
    counted_.offset = handed_out_.front().offset;
    counted_.line = line;
    handed_out_.pop_front();
  }
}

}  // namespace

Result<std::unique_ptr<Source>> follow_journal(JournalOptions options,
                                               const std::vector<Cursor>& saved) {
  return std::make_unique<Journal>(std::move(options), saved);
}

Result<JournalSurvey> survey_journal(const JournalSettings& settings) {
  JournalSurvey survey;
  survey.faults = find_faults(settings.directory);
  int error = 0;
  const Handle journal = open_journal(settings.directory, error);
  if (!journal) {
    if (survey.faults.empty()) {
      return system_failure("cannot open the journal", -error);
    }
    return survey;
  }
  const auto look = [&](const char* field, const char* what,
                        const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      sd_journal_flush_matches(journal.get());
      if (!add_match(journal.get(), field, name) || sd_journal_seek_head(journal.get()) < 0 ||
          sd_journal_next(journal.get()) <= 0) {
        survey.silent.push_back(std::string(what) + " " + name);
      }
    }
  };
  look("_SYSTEMD_UNIT", "unit", settings.units);
  look("SYSLOG_IDENTIFIER", "identifier", settings.identifiers);
  look("CONTAINER_NAME", "container", settings.containers);
  return survey;
}

}  // namespace noci
