#pragma once
// Names, paths and addresses in noci.yaml. Relative paths are seen from the folder of the settings
// file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] std::string read_path(MapReader& map, std::string_view key,
                                    const std::string& fallback, Report& report);

/// Empty when absent. A leading `${CREDENTIALS_DIRECTORY}` is expanded; outside the service,
/// where it is not set, it stays as it is, with a warning.
[[nodiscard]] std::string read_secret_path(MapReader& map, std::string_view key, Report& report);

/// Where to listen: `127.0.0.1:9469`, `[::1]:9469`.
struct ListenAddress {
  std::string address;  ///< without brackets
  std::uint16_t port = 0;
};

/// Nothing when absent, or when it is at fault, which is reported.
[[nodiscard]] std::optional<ListenAddress> read_listen_address(MapReader& map, std::string_view key,
                                                               Report& report);

/// The key `name`, in a form that can stand in metrics and logs.
[[nodiscard]] std::string read_name(MapReader& map, const std::string& fallback, Report& report);

}  // namespace noci
