#pragma once
// The keys of sources that are not files: the journal, and listeners with their TLS.

#include "model/settings.hpp"
#include "settings/reader.hpp"

namespace noci {

[[nodiscard]] JournalSettings read_journal(MapReader& map, Report& report);
[[nodiscard]] ListenSettings read_tcp(MapReader& map, Report& report);
[[nodiscard]] ListenSettings read_unix_socket(MapReader& map, Report& report);

}  // namespace noci
