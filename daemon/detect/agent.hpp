#pragma once
// What of a user agent stays the same when the client is updated: its products without versions,
// and the first words of its first comment, which name the system or the device.
//   Element/1.6.8 (Google Pixel 7; Android 14; …)      → Element (Google Pixel 7)
//   Mozilla/5.0 (Windows NT 10.0; …) … Firefox/120.0   → Mozilla (Windows NT 10.0) Gecko Firefox

#include <string>
#include <string_view>

namespace noci::detect {

/// At most 256 bytes, whatever the client wrote.
[[nodiscard]] std::string product_of(std::string_view user_agent);

}  // namespace noci::detect
