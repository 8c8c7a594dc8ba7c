#include "io/tail_survey.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include <sys/stat.h>

namespace noci {
namespace {

constexpr std::int64_t per_millisecond = 1'000'000;
// Rotation between two looks is common, during one is rare, during several in a row is not real.
constexpr int most_attempts = 5;
/// How much older than the last write of a file the first record of the next one may be: writers
/// buffer for seconds.
constexpr Duration buffered = std::chrono::minutes{1};

/// The files beside a name and beside what it links to, at one moment.
class Neighbourhood {
 public:
  explicit Neighbourhood(const std::string& path) : names_{path}, files_(files_beside(path)) {
    const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), &std::free);
    if (real == nullptr || real.get() == path) {
      return;
    }
    names_.emplace_back(real.get());
    if (directory_of(real.get()) != directory_of(path)) {
      for (FileEntry& file : files_beside(real.get())) {
        files_.push_back(std::move(file));
      }
    }
  }

  [[nodiscard]] const std::vector<FileEntry>& files() const { return files_; }

  [[nodiscard]] bool is_name(const FileEntry& file) const {
    return std::find(names_.begin(), names_.end(), file.path) != names_.end();
  }

  [[nodiscard]] bool is_rotated(const FileEntry& file) const {
    return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
      return is_rotated_sibling(file.path, name);
    });
  }

  [[nodiscard]] bool is_packed(const FileEntry& file) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& name) { return is_packed_sibling(file.path, name); });
  }

  /// The rotated files, under which names.
  [[nodiscard]] std::map<std::string, std::uint64_t> rotated() const {
    std::map<std::string, std::uint64_t> inodes;
    for (const FileEntry& file : files_) {
      if (is_rotated(file) || is_packed(file)) {
        inodes[file.path] = file.id.inode;
      }
    }
    return inodes;
  }

 private:
  std::vector<std::string> names_;
  std::vector<FileEntry> files_;
};

/// One attempt at a survey.
class Look {
 public:
  Look(const std::string& path, const std::optional<FileId>& current, const BeginOf& begin_of)
      : around_(path), current_(current), begin_of_(begin_of) {
    struct stat status {};

    const bool has_name = stat(path.c_str(), &status) == 0;
    is_named_ = current_ && has_name && FileId{status.st_dev, status.st_ino} == *current_;
    for (const FileEntry& file : around_.files()) {
      if (file.id == current_ && around_.is_rotated(file)) {
        rotated_ = file;
      }
    }
    if (current_) {
      survey_.is_torn = !is_named_ && !rotated_;
    } else {
      // A large directory is listed piece by piece: of the files that are renamed meanwhile one may
      // be seen and an older one not. What a second listing finds again was whole.
      survey_.is_torn = has_name || Neighbourhood(path).rotated() != around_.rotated();
    }
  }

  [[nodiscard]] bool is_torn() const { return survey_.is_torn; }

  [[nodiscard]] const std::vector<FileEntry>& files() const { return around_.files(); }

  Survey take() {
    put_in_order();
    return std::move(survey_);
  }

  /// Where the file that an entry stands for can be read, should its name not tell.
  void lead_to(const FileEntry& entry, const std::string& path) {
    if (std::none_of(files().begin(), files().end(),
                     [&](const FileEntry& file) { return file.id == entry.id; })) {
      begins_[entry.id.inode] = begin_of_ ? begin_of_(path) : std::nullopt;
    }
  }

  void find_unseen(const FileEntry& newest, const IsKnown& is_known) {
    for (const FileEntry& entry : around_.files()) {
      if (!(around_.is_rotated(entry) || around_.is_packed(entry)) || entry.id == current_ ||
          has(entry.id) || !is_before(newest, entry) || !is_before_current(entry) ||
          is_packed_copy(entry)) {
        continue;
      }
      if (auto file = open(entry); file && !is_known(*file)) {
        survey_.files.push_back({entry, std::move(*file)});
      }
    }
  }

  /// The file that holds what the cursor counted: the same inode under whatever name, else a copy
  /// (copytruncate, a move between file systems) known by its bytes.
  bool find_continuation(const Cursor& cursor) {
    const FileId id{cursor.device, cursor.inode};
    const auto is_it = [&](const FileEntry& entry) { return add_if_continues(entry, cursor); };
    const auto is_same_inode = [&](const FileEntry& entry) {
      return entry.id == id && is_it(entry);
    };
    const auto is_copy = [&](const FileEntry& entry) {
      return !cursor.marker.empty() && entry.size >= cursor.offset &&
             (around_.is_name(entry) || around_.is_rotated(entry)) && is_it(entry);
    };
    // A file that was empty has no content to compare: the same inode speaks for it, more than that
    // a packed one with the very time of the file, for it gave the inode away.
    const bool is_begun = !cursor.marker.empty();
    const auto is_untouched = [&](const FileEntry& entry) {
      return (is_begun || is_same_moment(entry, cursor)) && is_same_inode(entry);
    };
    const auto is_written_since = [&](const FileEntry& entry) {
      return !around_.is_packed(entry) && is_same_inode(entry);  // an archive is never written
    };
    const auto is_packed_then = [&](const FileEntry& entry) {
      return (is_begun || is_same_moment(entry, cursor)) && is_it(entry);
    };
    const auto& files = around_.files();
    const std::vector<FileEntry> packed = packed_for(cursor);
    const bool found = std::any_of(files.begin(), files.end(), is_untouched) ||
                       std::any_of(files.begin(), files.end(), is_copy) ||
                       std::any_of(packed.begin(), packed.end(), is_packed_then) ||
                       std::any_of(files.begin(), files.end(), is_written_since) ||
                       std::any_of(packed.begin(), packed.end(), is_it);
    survey_.truncated += current_ == id && (!found || survey_.files.back().entry.id != id) ? 1 : 0;
    survey_.lost += found ? 0 : 1;
    return found;
  }

  [[nodiscard]] const FileEntry* newest() {
    put_in_order();
    return survey_.files.empty() ? nullptr : &survey_.files.back().entry;
  }

  /// What the last search found.
  [[nodiscard]] const FileEntry& last_found() const { return survey_.files.back().entry; }

 private:
  /// Stands for files that are gone, and knows only when they were written.
  static bool is_nobody(const FileEntry& entry) { return entry.id == FileId{}; }

  std::optional<TimePoint> begin(const FileEntry& entry) {
    if (is_nobody(entry) || !begin_of_) {
      return std::nullopt;
    }
    const auto [place, is_new] = begins_.try_emplace(entry.id.inode);
    if (is_new) {
      place->second = begin_of_(entry.path);
    }
    return place->second;
  }

  bool is_before(const FileEntry& a, const FileEntry& b) {
    const bool is_packed = around_.is_packed(a) || around_.is_packed(b);
    const auto begin_a = is_packed ? begin(a) : std::nullopt;
    const auto begin_b = is_packed ? begin(b) : std::nullopt;
    if (begin_a && begin_b) {
      return *begin_a < *begin_b;
    }
    const auto written = [](const FileEntry& entry) {
      return TimePoint{Duration{entry.modified / per_millisecond}};
    };
    // An empty file, or one that is gone, tells only when it was written.
    if (begin_b && around_.is_packed(b)) {
      return *begin_b >= written(a) - buffered && (!is_nobody(a) || written_before(a, b));
    }
    if (begin_a && around_.is_packed(a)) {
      return *begin_a <= written(b) + buffered;
    }
    return written_before(a, b);
  }

  /// Oldest first. Plain files have their order; packed ones are put between them.
  void put_in_order() {
    std::vector<FoundFile> plain;
    std::vector<FoundFile> packed;
    for (FoundFile& file : survey_.files) {
      (around_.is_packed(file.entry) ? packed : plain).push_back(std::move(file));
    }
    std::sort(plain.begin(), plain.end(), [](const FoundFile& a, const FoundFile& b) {
      return written_before(a.entry, b.entry);
    });
    for (FoundFile& file : packed) {
      const auto later = std::find_if(plain.begin(), plain.end(), [&](const FoundFile& other) {
        return is_before(file.entry, other.entry);
      });
      plain.insert(later, std::move(file));
    }
    survey_.files = std::move(plain);
  }

  /// A file is packed while it still lies there, and sometimes kept beside it: what is plain is
  /// read.
  bool is_packed_copy(const FileEntry& entry) {
    if (!around_.is_packed(entry)) {
      return false;
    }
    const auto packed = FollowedFile::open(entry.path);
    const std::string head = packed ? packed->head() : "";
    const auto is_same = [&](const FollowedFile& file) { return file.head() == head; };
    return !head.empty() &&
           (std::any_of(survey_.files.begin(), survey_.files.end(),
                        [&](const FoundFile& found) { return is_same(found.file); }) ||
            std::any_of(files().begin(), files().end(), [&](const FileEntry& other) {
              if (!around_.is_name(other) && !around_.is_rotated(other)) {
                return false;
              }
              const auto plain = FollowedFile::open(other.path);
              return plain && is_same(*plain);
            }));
  }

  static bool is_same_moment(const FileEntry& entry, const Cursor& cursor) {
    return TimePoint{Duration{entry.modified / per_millisecond}} == cursor.modified;
  }

  /// The packed files that may hold what this cursor has counted, the likeliest first: those that
  /// begin before its file was written last, latest first. Of a file that was empty there is no
  /// content to compare: then it is the one with the file's time, which packers copy, or the latest
  /// that was packed since.
  std::vector<FileEntry> packed_for(const Cursor& cursor) {
    std::vector<FileEntry> packed;
    const bool is_known = cursor.modified != TimePoint{};
    const bool has_content = !cursor.marker.empty();
    for (const FileEntry& entry : files()) {
      if (!around_.is_packed(entry)) {
        continue;
      }
      const auto begins = begin(entry);
      const bool is_packed_since =
          begins && is_known && *begins <= cursor.modified &&
          entry.modified / per_millisecond >= cursor.modified.time_since_epoch().count();
      const bool is_too_late = begins && is_known && *begins > cursor.modified + buffered;
      if (has_content ? !is_too_late : is_packed_since || is_same_moment(entry, cursor)) {
        packed.push_back(entry);
      }
    }
    const auto likelihood = [&](const FileEntry& entry) {
      return std::tuple(!has_content && is_same_moment(entry, cursor), begin(entry),
                        entry.modified);
    };
    std::sort(packed.begin(), packed.end(), [&](const FileEntry& a, const FileEntry& b) {
      return likelihood(a) > likelihood(b);
    });
    if (!has_content && packed.size() > 1) {
      packed.resize(1);
    }
    return packed;
  }

  /// What came after the current file is for the next look, which will miss none of it.
  [[nodiscard]] bool is_before_current(const FileEntry& entry) {
    return is_named_ || !rotated_ || is_before(entry, *rotated_);
  }

  [[nodiscard]] bool has(FileId id) const {
    return std::any_of(survey_.files.begin(), survey_.files.end(),
                       [&](const FoundFile& file) { return file.entry.id == id; });
  }

  std::optional<FollowedFile> open(const FileEntry& entry) {
    auto file = FollowedFile::open(entry.path);
    if (file && file->id() == entry.id) {
      return std::move(*file);
    }
    if (file || file.error() == ENOENT) {
      survey_.is_torn = true;
    } else {
      ++survey_.unreadable;
    }
    return std::nullopt;
  }

  bool add_if_continues(const FileEntry& entry, const Cursor& cursor) {
    if (has(entry.id)) {
      return false;
    }
    auto file = open(entry);
    if (!file || !file->continues(cursor)) {
      return false;
    }
    survey_.files.push_back({entry, std::move(*file), cursor.offset, cursor.line});
    return true;
  }

  Neighbourhood around_;
  std::optional<FileId> current_;
  bool is_named_ = false;  ///< the current file still has the name
  const BeginOf& begin_of_;
  std::map<std::uint64_t, std::optional<TimePoint>> begins_;  ///< by inode
  std::optional<FileEntry> rotated_;  ///< the current file, when the listing has it as rotated
  Survey survey_;
};

/// What stands for the files of these cursors when none exists any more: siblings written later
/// were never read. Modified at 0 when the cursors do not tell.
FileEntry all_gone(const std::string& path, const std::vector<Cursor>& saved) {
  std::int64_t last_seen = 0;
  for (const Cursor& cursor : saved) {
    last_seen = std::max<std::int64_t>(last_seen, cursor.modified.time_since_epoch().count());
  }
  // Cursors keep milliseconds, so a sibling of that same one is not newer.
  return {path, {}, 0, last_seen == 0 ? 0 : (last_seen + 1) * per_millisecond - 1};
}

template <typename Work>
Survey look_until_calm(const std::string& path, const std::optional<FileId>& current,
                       const BeginOf& begin_of, Work work) {
  for (int attempt = 1;; ++attempt) {
    Look look(path, current, begin_of);
    work(look);
    if (!look.is_torn() || attempt == most_attempts) {
      return look.take();
    }
  }
}

}  // namespace

Survey survey_unseen(const std::string& path, const FollowedFile& newest,
                     const std::optional<FileId>& current, const IsKnown& is_known,
                     const BeginOf& begin_of) {
  return look_until_calm(path, current, begin_of, [&](Look& look) {
    // The name it has in this very listing; gone or moved elsewhere, it counts as the youngest.
    FileEntry entry{path, newest.id(), newest.size(), newest.modified()};
    for (const FileEntry& file : look.files()) {
      if (file.id == entry.id) {
        entry.path = file.path;
      }
    }
    look.lead_to(entry, newest.lasting_path());
    look.find_unseen(entry, is_known);
  });
}

Survey survey_saved(const std::string& path, const std::vector<Cursor>& saved,
                    const std::optional<FileId>& current, const BeginOf& begin_of) {
  return look_until_calm(path, current, begin_of, [&](Look& look) {
    bool is_sure = true;
    std::optional<FileEntry> before_gap;
    std::optional<FileEntry> last;
    for (const Cursor& cursor : saved) {
      const bool found = look.find_continuation(cursor);
      // Where the file was empty only the inode speaks for it, and it may have been reused.
      is_sure = (!found || !cursor.marker.empty()) && is_sure;
      before_gap = found || before_gap ? before_gap : last;
      last = found ? std::optional(look.last_found()) : last;
    }
    const FileEntry* found = look.newest();
    const FileEntry gone = all_gone(path, saved);
    const auto nothing_known = [](const FollowedFile&) { return false; };
    if (gone.modified != 0 && (found == nullptr || !is_sure)) {
      look.find_unseen(gone, nothing_known);
    } else if (found != nullptr && found->id != current) {
      look.find_unseen(FileEntry(*found), nothing_known);
    }
    if (before_gap) {
      // A file that was waiting its turn and has a new inode since: it was packed.
      look.find_unseen(*before_gap, nothing_known);
    }
  });
}

}  // namespace noci
