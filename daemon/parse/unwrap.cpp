#include "parse/unwrap.hpp"

#include <algorithm>
#include <optional>

#include "parse/clock.hpp"

namespace noci {
namespace {

/// Records of several processes that are cut at the same time; the two channels of a container make
/// two. The oldest beyond that is given up: its process has died.
constexpr std::size_t most_unfinished = 16;

}  // namespace

const std::vector<Unwrapper::Ready>& Unwrapper::take(const Record& line, bool oversize,
                                                     std::uint64_t stream, bool is_wrapped) {
  ready_.clear();
  finished_.clear();
  finished_.reserve(most_unfinished + 1);  // ready_ points into it
  if (is_wrapped) {
    take_wrapped(line, oversize, stream);
    return ready_;
  }
  if (!oversize) {
    // A log is wrapped or it is not: what looked like the beginning of a cut record was a client's.
    while (!unfinished_.empty()) {
      unfinished_.front().oversize = true;
      finish(0, line);
    }
  }
  ready_.push_back({line, oversize, false});
  return ready_;
}

void Unwrapper::take_wrapped(const Record& line, bool oversize, std::uint64_t stream) {
  const std::size_t index = find_unfinished();
  const bool is_cut = wrapped_.end != Wrapped::End::record;
  if (index == unfinished_.size() && !is_cut) {
    Record record = line;
    record.bytes = wrapped_.text;
    record.written = wrapped_.time;
    record.worker = wrapped_.worker;
    record.logger = wrapped_.logger;
    ready_.push_back(
        {record, oversize || wrapped_.left_out || wrapped_.text.size() > longest_, true});
    return;
  }
  if (index == unfinished_.size()) {
    if (index == most_unfinished) {
      unfinished_.front().oversize = true;
      finish(0, line);
    }
    unfinished_.push_back({std::string(wrapped_.origin), std::string(wrapped_.channel), "", false,
                           stream, line.position, wrapped_.time, std::string(wrapped_.worker),
                           std::string(wrapped_.logger)});
  }
  Unfinished& record = unfinished_[std::min(index, unfinished_.size() - 1)];
  record.oversize = record.oversize || oversize || wrapped_.left_out;
  add(record, wrapped_.text, wrapped_.end);
  if (!is_cut) {
    finish(index, line);
  }
}

void Unwrapper::add(Unfinished& to, std::string_view text, Wrapped::End end) const {
  const std::size_t room = longest_ - to.text.size();
  to.text.append(text.substr(0, room));
  to.oversize = to.oversize || text.size() > room;
  if (end == Wrapped::End::nul && to.text.size() < longest_) {
    to.text.push_back('\0');
  }
}

void Unwrapper::finish(std::size_t index, const Record& line) {
  finished_.push_back(std::move(unfinished_[index]));
  unfinished_.erase(unfinished_.begin() + static_cast<std::ptrdiff_t>(index));
  const Unfinished& whole = finished_.back();
  Record record = line;
  record.bytes = whole.text;
  record.position = whole.position;
  record.written = whole.written;
  record.worker = whole.worker;
  record.logger = whole.logger;
  ready_.push_back({record, whole.oversize, true});
}

std::size_t Unwrapper::find_unfinished() const {
  const auto found =
      std::find_if(unfinished_.begin(), unfinished_.end(), [&](const Unfinished& record) {
        return record.origin == wrapped_.origin && record.channel == wrapped_.channel;
      });
  return static_cast<std::size_t>(found - unfinished_.begin());
}

void Unwrapper::write(ByteWriter& out, const std::vector<const Unfinished*>& kept) {
  out.number(kept.size());
  for (const Unfinished* each : kept) {
    const Unfinished& record = *each;
    out.text(record.origin);
    out.text(record.channel);
    out.text(record.text);
    out.number(record.oversize ? 1 : 0);
    out.number(record.position.offset);
    out.number(record.position.line);
    out.number(record.written ? 1 : 0);
    out.integer(record.written.value_or(TimePoint{}).time_since_epoch().count());
    out.text(record.worker);
    out.text(record.logger);
  }
}

void Unwrapper::restore(ByteReader& in) {
  unfinished_.clear();
  for (auto left = in.count(); left > 0 && in.ok(); --left) {
    Unfinished record;
    record.origin = in.text();
    record.channel = in.text();
    record.text = in.text().substr(0, longest_);
    record.oversize = in.number() != 0;
    record.position.offset = in.number();
    record.position.line = in.number();
    const bool is_dated = in.number() != 0;
    const TimePoint written = restore_time(in);
    record.written = is_dated ? std::optional(written) : std::nullopt;
    record.worker = in.text();
    record.logger = in.text();
    if (unfinished_.size() < most_unfinished) {
      unfinished_.push_back(std::move(record));
    }
  }
}

}  // namespace noci
