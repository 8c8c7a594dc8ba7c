#include "settings/folder.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace noci {

std::vector<std::string> files_in(const std::string& folder,
                                  const std::vector<std::string_view>& extensions, bool required,
                                  Faults& faults) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const fs::path& path = entry->path();
    const std::string extension = path.extension().string();
    const bool wanted =
        std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (wanted && path.filename().string().front() != '.') {
      files.push_back(path.string());
    }
  }
  if (error && (required || error != std::errc::no_such_file_or_directory)) {
    faults.push_back({folder, 0, 0, "cannot read the folder: " + error.message() + " [cannot-read]",
                      "it must exist and be readable by the user that runs noci"});
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace noci
