#pragma once
// The one queue between the threads: effects from analysis to delivery, in order. It ends with an
// in-band Stop, because closing a channel of Boost 1.81 throws away what is buffered.

#include <boost/asio/experimental/concurrent_channel.hpp>

#include "model/effect.hpp"

namespace noci {

using EffectChannel =
    boost::asio::experimental::concurrent_channel<void(boost::system::error_code, Effect)>;

/// When this many effects wait, the database is the bottleneck and reading pauses.
inline constexpr std::size_t effect_capacity = 16;

}  // namespace noci
