#include "io/rotation.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <dirent.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>

namespace noci {
namespace {

constexpr std::array<std::string_view, 7> compressions{".gz",  ".zst", ".xz", ".bz2",
                                                       ".lz4", ".zip", ".Z"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Length of the leading run of digits.
std::size_t digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) -
                                  text.begin());
}

/// `2026-11-22`, `20261122`, with any time of day behind it.
bool is_date(std::string_view text) {
  const bool plain = digits(text) >= 8;
  const bool dashed = text.size() >= 10 && digits(text) == 4 && text[4] == '-' &&
                      digits(text.substr(5)) == 2 && text[7] == '-' && digits(text.substr(8)) == 2;
  return (plain || dashed) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || std::string_view("-_:.T").find(c) != std::string_view::npos;
         });
}

/// The part of a sibling's name that rotation added, without compression: `.1`, `-20261122`.
std::string_view rotation_suffix(std::string_view name) {
  const std::string_view base = without_rotation(name);
  return name.size() > base.size() ? name.substr(base.size() + 1) : std::string_view{};
}

/// Numbered siblings grow with age, dated ones shrink; the log itself is the youngest.
bool older_by_name(std::string_view a, std::string_view b) {
  const std::string_view suffix_a = rotation_suffix(a);
  const std::string_view suffix_b = rotation_suffix(b);
  if (suffix_a.empty() || suffix_b.empty()) {
    return suffix_b.empty() && !suffix_a.empty();
  }
  const bool numbered = digits(suffix_a) == suffix_a.size() &&
                        digits(suffix_b) == suffix_b.size() && suffix_a.size() < 8 &&
                        suffix_b.size() < 8;
  if (numbered) {
    return suffix_a.size() != suffix_b.size() ? suffix_a.size() > suffix_b.size()
                                              : suffix_a > suffix_b;
  }
  return suffix_a < suffix_b;
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.find_last_of('/') + 1);
}

bool matches(const std::string& pattern, std::string_view path) {
  return fnmatch(pattern.c_str(), std::string(path).c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
}

/// The pattern reaches this rotated file only because it is too wide.
bool is_caught_by_accident(const std::string& pattern, std::string_view path) {
  for (;;) {
    const std::string_view base = without_rotation(path);
    if (base == path) {
      return false;
    }
    if (matches(pattern, base)) {
      return true;
    }
    path = base;
  }
}

}  // namespace

std::string_view without_rotation(std::string_view name) {
  for (const std::string_view ending : compressions) {
    if (name.size() > ending.size() && name.ends_with(ending)) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  const std::size_t start = name.size() - name_of(name).size();
  for (std::size_t i = start + 1; i < name.size(); ++i) {
    const std::string_view suffix = name.substr(i + 1);
    // A dash or underscore needs a whole date: `worker-1` is a name, not a rotation.
    const bool rotated =
        name[i] == '.' ? (!suffix.empty() && digits(suffix) == suffix.size()) || is_date(suffix)
                       : (name[i] == '-' || name[i] == '_') && is_date(suffix);
    if (rotated) {
      return name.substr(0, i);
    }
  }
  return name;
}

bool is_compressed(std::string_view name) {
  return std::any_of(compressions.begin(), compressions.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_rotated_sibling(std::string_view candidate, std::string_view path) {
  return candidate.size() > path.size() && !is_compressed(candidate) &&
         without_rotation(candidate) == path;
}

bool is_packed_sibling(std::string_view candidate, std::string_view path) {
  for (const std::string_view ending : {std::string_view(".gz"), std::string_view(".zst")}) {
    if (candidate.ends_with(ending)) {
      const std::string_view packed = candidate.substr(0, candidate.size() - ending.size());
      return packed == path || is_rotated_sibling(packed, path);
    }
  }
  return false;
}

bool written_before(const FileEntry& a, const FileEntry& b) {
  return a.modified != b.modified ? a.modified < b.modified : older_by_name(a.path, b.path);
}

std::vector<FileEntry> files_beside(const std::string& path) {
  const std::string directory = directory_of(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir(directory.c_str()), &closedir);
  std::vector<FileEntry> files;
  if (entries == nullptr) {
    return files;
  }
  const std::string prefix = path.substr(0, path.size() - name_of(path).size());
  while (const dirent* entry = readdir(entries.get())) {
    struct stat status {};

    if (fstatat(dirfd(entries.get()), entry->d_name, &status, 0) != 0 || !S_ISREG(status.st_mode)) {
      continue;
    }
    files.push_back({prefix + entry->d_name,
                     {status.st_dev, status.st_ino},
                     static_cast<std::uint64_t>(status.st_size),
                     status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec});
  }
  return files;
}

bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      if (!is_caught_by_accident(pattern, found.gl_pathv[i])) {
        paths.emplace_back(found.gl_pathv[i]);
      }
    }
  }
  globfree(&found);
  return paths;
}

bool follows(const std::string& pattern, const std::string& path) {
  return is_glob(pattern) ? matches(pattern, path) && !is_caught_by_accident(pattern, path)
                          : pattern == path;
}

std::string directory_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace noci
