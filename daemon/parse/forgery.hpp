#pragma once
// What becomes of an event whose line is not believed: forge() keeps of it only whom it would have
// framed, set_aside_copy() nothing. And what a line is compared by.

#include <cstdint>
#include <string_view>

#include "model/event.hpp"
#include "parse/sequence.hpp"

namespace noci {

/// Takes everything back that the line claims; the account it would frame becomes the target.
void forge(Event& event, std::string_view reason);

/// The same line has been counted; that a handler printed it twice is nobody's doing.
void set_aside_copy(Event& event);

/// Of what an access line says, to tell a copy from another line with its id.
[[nodiscard]] std::uint64_t fingerprint_of(const Event& event);

/// The word for what does not fit.
[[nodiscard]] std::string_view reason_of(Fit fit);

}  // namespace noci
