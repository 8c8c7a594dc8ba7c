#pragma once
// What a server holds as a whole, of which a rule may limit the share that one account takes.

#include <array>
#include <cstdint>
#include <string_view>

namespace noci {

/// In the words of rules and settings (whole_names).
enum class Whole : std::uint8_t { rooms, messages, media_files, media_bytes, users };

inline constexpr std::array whole_names{std::string_view("rooms"), std::string_view("messages"),
                                        std::string_view("media_files"),
                                        std::string_view("media_bytes"), std::string_view("users")};

/// By `Whole`; 0 where it is not known.
using ServerTotals = std::array<std::int64_t, whole_names.size()>;

}  // namespace noci
