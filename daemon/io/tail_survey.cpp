#include "io/tail_survey.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

#include <sys/stat.h>

namespace noci {
namespace {

constexpr std::int64_t per_millisecond = 1'000'000;
// Rotation between two looks is common, during one is rare, during several in a row is not real.
constexpr int most_attempts = 5;

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

 private:
  std::vector<std::string> names_;
  std::vector<FileEntry> files_;
};

/// One attempt at a survey.
class Look {
 public:
  Look(const std::string& path, const std::optional<FileId>& current)
      : around_(path), current_(current) {
    struct stat status {};

    const bool has_name = stat(path.c_str(), &status) == 0;
    is_named_ = current_ && has_name && FileId{status.st_dev, status.st_ino} == *current_;
    for (const FileEntry& file : around_.files()) {
      if (file.id == current_ && around_.is_rotated(file)) {
        rotated_ = file;
      }
    }
    survey_.is_torn = current_ ? !is_named_ && !rotated_ : has_name;
  }

  [[nodiscard]] bool is_torn() const { return survey_.is_torn; }

  [[nodiscard]] const std::vector<FileEntry>& files() const { return around_.files(); }

  Survey take() {
    std::sort(survey_.files.begin(), survey_.files.end(), is_older);
    return std::move(survey_);
  }

  void find_unseen(const FileEntry& newest, const IsKnown& is_known) {
    for (const FileEntry& entry : around_.files()) {
      if (!around_.is_rotated(entry) || !written_before(newest, entry) || entry.id == current_ ||
          has(entry.id) || !is_before_current(entry)) {
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
      return cursor.offset > 0 && entry.size >= cursor.offset &&
             (around_.is_name(entry) || around_.is_rotated(entry)) && is_it(entry);
    };
    const auto& files = around_.files();
    const bool found = std::any_of(files.begin(), files.end(), is_same_inode) ||
                       std::any_of(files.begin(), files.end(), is_copy);
    survey_.truncated += current_ == id && (!found || survey_.files.back().entry.id != id) ? 1 : 0;
    survey_.lost += found ? 0 : 1;
    return found;
  }

  [[nodiscard]] const FileEntry* newest() const {
    const auto found = std::max_element(survey_.files.begin(), survey_.files.end(), is_older);
    return found == survey_.files.end() ? nullptr : &found->entry;
  }

 private:
  static bool is_older(const FoundFile& a, const FoundFile& b) {
    return written_before(a.entry, b.entry);
  }

  /// What came after the current file is for the next look, which will miss none of it.
  [[nodiscard]] bool is_before_current(const FileEntry& entry) const {
    return is_named_ || !rotated_ || written_before(entry, *rotated_);
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
  bool is_named_ = false;             ///< the current file still has the name
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
Survey look_until_calm(const std::string& path, const std::optional<FileId>& current, Work work) {
  for (int attempt = 1;; ++attempt) {
    Look look(path, current);
    work(look);
    if (!look.is_torn() || attempt == most_attempts) {
      return look.take();
    }
  }
}

}  // namespace

Survey survey_unseen(const std::string& path, const FollowedFile& newest,
                     const std::optional<FileId>& current, const IsKnown& is_known) {
  return look_until_calm(path, current, [&](Look& look) {
    // The name it has in this very listing; gone or moved elsewhere, it counts as the youngest.
    FileEntry entry{path, newest.id(), newest.size(), newest.modified()};
    for (const FileEntry& file : look.files()) {
      if (file.id == entry.id) {
        entry.path = file.path;
      }
    }
    look.find_unseen(entry, is_known);
  });
}

Survey survey_saved(const std::string& path, const std::vector<Cursor>& saved,
                    const std::optional<FileId>& current) {
  return look_until_calm(path, current, [&](Look& look) {
    bool is_sure = true;
    for (const Cursor& cursor : saved) {
      // Without counted bytes only the inode speaks for the file, and it may have been reused.
      is_sure = (!look.find_continuation(cursor) || cursor.offset > 0) && is_sure;
    }
    const FileEntry* found = look.newest();
    const FileEntry gone = all_gone(path, saved);
    const auto nothing_known = [](const FollowedFile&) { return false; };
    if (gone.modified != 0 && (found == nullptr || !is_sure)) {
      look.find_unseen(gone, nothing_known);
    } else if (found != nullptr && found->id != current) {
      look.find_unseen(FileEntry(*found), nothing_known);
    }
  });
}

}  // namespace noci
