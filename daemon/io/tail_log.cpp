#include "io/tail_log.hpp"

#include <algorithm>
#include <climits>
#include <utility>

#include "io/backfill.hpp"
#include "io/record_times.hpp"

namespace noci {
namespace {

constexpr std::int64_t per_millisecond = 1'000'000;

}  // namespace

bool TailContext::has_finished(const FollowedFile& file) const {
  const std::string head = file.is_packed() ? file.head() : "";
  return std::any_of(finished.begin(), finished.end(), [&](const FinishedFile& known) {
    const Cursor& end = known.end;
    return file.is_packed() ? !head.empty() && known.head == head
                            : end.offset > 0 && FileId{end.device, end.inode} == file.id() &&
                                  file.continues(end);
  });
}

BeginOf TailContext::begin_of() const {
  if (!info) {
    return {};
  }
  return [this](const std::string& path) {
    const auto beginning = beginning_of(path, *info);
    return beginning ? beginning->time : std::nullopt;
  };
}

Cursor TailStream::cursor(const std::string& source, const std::string& path) const {
  const TimePoint modified{Duration{file.modified() / per_millisecond}};
  const auto [device, inode] = file.id();
  if (!file.is_intact()) {
    return {source, path, device, inode, 0, 1, "", modified};  // truncated: begins again
  }
  return {source, path, device, inode, counted, counted_line, file.marker(counted), modified};
}

TailLog::TailLog(std::string path, std::vector<Cursor> saved, bool at_start)
    : path_(std::move(path)), saved_(std::move(saved)), at_start_(at_start) {}

std::uint64_t TailLog::backlog() const {
  std::uint64_t bytes = 0;
  for (const TailStream& stream : streams_) {
    // How far an archive was unpacked says nothing about how much of it is left.
    const std::uint64_t read = stream.file.is_packed() ? 0 : stream.file.offset();
    const std::uint64_t size =
        stream.file.is_packed() && stream.file.at_end() ? 0 : stream.file.size();
    bytes += size - std::min(read, size);
  }
  return bytes;
}

bool TailLog::holds_content_of(const FollowedFile& packed) const {
  const std::string head = packed.is_packed() ? packed.head() : "";
  return !head.empty() && std::any_of(streams_.begin(), streams_.end(), [&](const auto& stream) {
    return stream.file.head() == head;
  });
}

bool TailLog::holds(FileId id) const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [&](const TailStream& stream) { return stream.file.id() == id; });
}

void TailLog::point_at(const std::optional<FileEntry>& file) {
  missing_ = file ? 0 : std::min(missing_ + 1, INT_MAX - 1);
  for (TailStream& stream : streams_) {
    stream.at_name = file && stream.file.id() == file->id;
  }
}

int TailLog::open(TailContext& context, const FileEntry& file, const std::optional<Cursor>& known) {
  if (holds(file.id)) {
    return 0;
  }
  auto opened = FollowedFile::open(path_);
  if (!opened) {
    if (at_start_ && !first_seen_) {
      first_seen_ = file;
    }
    return opened.error();
  }
  const FileId id = opened->id();  // perhaps not file.id: it may have been rotated since
  if (holds(id)) {
    return 0;
  }
  const bool is_first = at_start_ && saved_.empty() && !first_seen_ && streams_.empty();
  Survey survey = is_first && context.backfill && context.info
                      ? survey_since(path_, *opened, *context.backfill, *context.info)
                      : look_around(context, id);
  if (survey.is_torn) {
    return 0;
  }
  at_start_ = at_start_ && saved_.empty();
  if (std::none_of(survey.files.begin(), survey.files.end(),
                   [&](const FoundFile& found) { return found.entry.id == id; })) {
    const std::uint64_t begin = beginning_of(context, *opened, file, known);
    const std::uint64_t line = opened->line_number(begin);
    survey.files.push_back({file, std::move(*opened), begin, line});
  }
  context.stats.rotations += streams_.empty() ? 0 : 1;
  add_all(context, std::move(survey));
  // Whatever the times of the others say: the file that has the name is the youngest.
  move_to_back(id);
  streams_.back().at_name = true;
  at_start_ = false;
  first_seen_.reset();
  return 0;
}

void TailLog::open_rotated(TailContext& context) {
  at_start_ = false;
  // Without any file an absent or empty directory decides nothing: perhaps it is not mounted yet.
  if (Survey survey = look_around(context, std::nullopt);
      !survey.is_torn && !survey.files.empty()) {
    add_all(context, std::move(survey));
  }
}

bool TailLog::has_written_successor() const {
  return streams_.size() > 1 &&
         std::any_of(streams_.begin() + 1, streams_.end(),
                     [](const TailStream& stream) { return stream.file.size() > 0; });
}

Survey TailLog::look_around(const TailContext& context,
                            const std::optional<FileId>& current) const {
  if (!saved_.empty()) {
    return survey_saved(path_, saved_, current, context.begin_of());
  }
  if (streams_.empty()) {
    return {};
  }
  return survey_unseen(
      path_, streams_.back().file, current,
      [&](const FollowedFile& file) {
        return holds(file.id()) || holds_content_of(file) || context.has_finished(file);
      },
      context.begin_of());
}

void TailLog::add_all(TailContext& context, Survey survey) {
  saved_.clear();
  context.stats.truncations += survey.truncated;
  context.stats.lost_bytes_unknown += survey.lost + survey.unreadable;
  for (FoundFile& found : survey.files) {
    found.file.seek(found.offset);
    streams_.push_back({++context.next_stream, std::move(found.file), found.line, found.offset,
                        found.line, false});
    ++context.stats.opened;
  }
}

std::uint64_t TailLog::beginning_of(const TailContext& context, const FollowedFile& opened,
                                    const FileEntry& file,
                                    const std::optional<Cursor>& known) const {
  if (known && known->inode == opened.id().inode && known->device == opened.id().device &&
      opened.continues(*known)) {
    return known->offset;
  }
  const FileEntry& first = first_seen_ ? *first_seen_ : file;
  if (at_start_ && context.start_at == StartAt::end && first.id == opened.id()) {
    return opened.line_start(std::min(first.size, opened.size()));
  }
  return 0;
}

void TailLog::move_to_back(FileId id) {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&](const TailStream& stream) { return stream.file.id() == id; });
  std::rotate(found, found + 1, streams_.end());
}

}  // namespace noci
