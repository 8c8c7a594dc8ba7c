#include "base/zones.hpp"

#include <exception>

#include <date/tz.h>

namespace noci {

Zone Zone::utc() {
  return Zone(date::locate_zone("Etc/UTC"));
}

Result<Zone> Zone::find(std::string_view name) {
  try {
    return Zone(date::locate_zone(std::string(name)));
  } catch (const std::exception&) {
    return failure("unknown time zone '" + std::string(name) +
                   "': it must be an IANA name such as Europe/Paris (package tzdata)");
  }
}

Zone Zone::current() {
  try {
    return Zone(date::current_zone());
  } catch (const std::exception&) {
    return utc();
  }
}

std::string Zone::name() const {
  return zone_->name();
}

LocalTime Zone::to_local(TimePoint time) const {
  const auto info = zone_->get_info(date::sys_time<Duration>(time.time_since_epoch()));
  return LocalTime(time.time_since_epoch() + info.offset);
}

TimePoint Zone::to_utc(LocalTime local, TimePoint near) const {
  const auto info = zone_->get_info(date::local_time<Duration>(local.time_since_epoch()));
  const TimePoint first(local.time_since_epoch() - info.first.offset);
  if (info.result != date::local_info::ambiguous) {
    return first;
  }
  const TimePoint second(local.time_since_epoch() - info.second.offset);
  return std::chrono::abs(second - near) < std::chrono::abs(first - near) ? second : first;
}

}  // namespace noci
