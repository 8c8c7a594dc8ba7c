#include "io/geo_database.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "base/time.hpp"

namespace noci {
namespace {

/// The value at a path of the entry, if it is there and of this type.
template <typename... Path>
std::optional<MMDB_entry_data_s> value_of(MMDB_entry_s& entry, std::uint32_t type,
                                          const Path*... path) {
  MMDB_entry_data_s data{};
  const int status = MMDB_get_value(&entry, &data, path..., nullptr);
  if (status != MMDB_SUCCESS || !data.has_data || data.type != type) {
    return std::nullopt;
  }
  return data;
}

template <typename... Path>
std::string text_of(MMDB_entry_s& entry, const Path*... path) {
  const auto data = value_of(entry, MMDB_DATA_TYPE_UTF8_STRING, path...);
  return data ? std::string(data->utf8_string, data->data_size) : std::string();
}

void read_entry(MMDB_entry_s& entry, Whereabouts& where) {
  if (where.country.empty()) {
    where.country = text_of(entry, "country", "iso_code");
  }
  if (where.as_number == 0) {
    if (const auto number = value_of(entry, MMDB_DATA_TYPE_UINT32, "autonomous_system_number")) {
      where.as_number = number->uint32;
      where.as_name = text_of(entry, "autonomous_system_organization");
    }
  }
  if (!where.at) {
    const auto latitude = value_of(entry, MMDB_DATA_TYPE_DOUBLE, "location", "latitude");
    const auto longitude = value_of(entry, MMDB_DATA_TYPE_DOUBLE, "location", "longitude");
    if (latitude && longitude) {
      where.at = Coordinates{latitude->double_value, longitude->double_value};
    }
  }
}

MMDB_lookup_result_s find(const MMDB_s& file, const IpAddress& address, int& status) {
  if (address.is_v4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.bytes.data() + 12, 4);
    return MMDB_lookup_sockaddr(&file, reinterpret_cast<const sockaddr*>(&v4), &status);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, address.bytes.data(), 16);
  return MMDB_lookup_sockaddr(&file, reinterpret_cast<const sockaddr*>(&v6), &status);
}

}  // namespace

void GeoDatabase::Close::operator()(MMDB_s* file) const {
  MMDB_close(file);
  delete file;
}

Result<std::shared_ptr<const GeoDatabase>> GeoDatabase::open(
    const std::vector<std::string>& paths) {
  std::vector<File> files;
  for (const std::string& path : paths) {
    auto file = std::make_unique<MMDB_s>();
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, file.get());
    if (status != MMDB_SUCCESS) {
      const char* why = status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR
                            ? std::strerror(errno)
                            : MMDB_strerror(status);
      return failure(std::string("cannot open the geo database ").append(path) + ": " + why);
    }
    files.emplace_back(file.release());
  }
  return std::shared_ptr<const GeoDatabase>(new GeoDatabase(std::move(files)));
}

GeoDatabase::GeoDatabase(std::vector<File> files) : files_(std::move(files)) {}

GeoDatabase::~GeoDatabase() = default;

Whereabouts GeoDatabase::locate(const IpAddress& address) const {
  Whereabouts where;
  for (const File& file : files_) {
    if (!address.is_v4 && file->metadata.ip_version == 4) {
      continue;
    }
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s found = find(*file, address, status);
    if (status != MMDB_SUCCESS) {
      ++failed_;
    } else if (found.found_entry) {
      read_entry(found.entry, where);
    }
  }
  return where;
}

std::vector<std::string> GeoDatabase::descriptions() const {
  std::vector<std::string> all;
  for (const File& file : files_) {
    const auto built = TimePoint(std::chrono::seconds{file->metadata.build_epoch});
    all.push_back(printable(file->metadata.database_type, 60) + ", built " +
                  format_rfc3339(built).substr(0, 10));
  }
  return all;
}

}  // namespace noci
