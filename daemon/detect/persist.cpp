#include <algorithm>

#include "base/hash.hpp"
#include "detect/core.hpp"

namespace noci {
namespace {

/// First bytes of every blob; the last is the version of the format.
constexpr std::string_view magic = "noci-engine-1";
constexpr std::uint64_t kind_whole = 1;
constexpr std::uint64_t kind_delta = 2;

/// Fingerprints mean nothing under another seed: tells them apart without showing the seed.
std::uint64_t seed_mark(const HashSeed& seed) {
  return siphash(magic, seed);
}

bool read_time(ByteReader& in, TimePoint& time) {
  const std::int64_t count = in.integer();
  time = TimePoint(Duration(count));
  return in.ok() && count >= -detect::furthest_time && count <= detect::furthest_time;
}

/// The checksum at the end is keyed: bytes that pass were written by this store.
constexpr std::size_t checksum_size = 8;

std::string sealed(ByteWriter& out, const HashSeed& seed) {
  out.fixed64(siphash(out.bytes(), seed));
  return out.take();
}

tl::unexpected<Error> damaged(std::string_view what) {
  return failure("cannot restore the detector's state: " + std::string(what));
}

}  // namespace

std::string Engine::Core::snapshot() {
  return write_whole();
}

std::string Engine::Core::take_delta() {
  if (whole_next_) {
    return write_whole();
  }
  ByteWriter out;
  write_header(out, false);
  const std::vector<std::uint32_t> dirty = accounts_.take_dirty();
  out.number(dirty.size());
  for (const std::uint32_t slot : dirty) {
    out.number(slot);
    accounts_.at(slot).save(out);
  }
  return sealed(out, options_.seed);
}

std::string Engine::Core::write_whole() {
  whole_next_ = false;
  (void)accounts_.take_dirty();
  ByteWriter out;
  write_header(out, true);
  out.number(accounts_.size());
  for (std::size_t slot = 0; slot < accounts_.size(); ++slot) {
    out.number(slot);
    accounts_.at(slot).save(out);
  }
  return sealed(out, options_.seed);
}

void Engine::Core::write_header(ByteWriter& out, bool whole) {
  out.text(magic);
  out.number(whole ? kind_whole : kind_delta);
  out.fixed64(seed_mark(options_.seed));
  out.integer(now_.time_since_epoch().count());
  out.integer(closed_until_.time_since_epoch().count());
  out.number(accounts_.hand());
  std::vector<std::uint64_t> prints;
  prints.swap(begun_dirty_);
  if (whole) {
    layout_.save(out);
    prints.clear();
    for (const auto& [print, count] : begun_) {
      prints.push_back(print);
    }
  }
  std::ranges::sort(prints);
  prints.erase(std::unique(prints.begin(), prints.end()), prints.end());
  out.number(prints.size());
  for (const std::uint64_t print : prints) {
    out.fixed64(print);
    out.number(begun_[print]);
  }
  out.number(accounts_.size());
}

bool Engine::Core::read_header(ByteReader& in, bool whole) {
  TimePoint newest;
  TimePoint closed;
  if (!read_time(in, newest) || !read_time(in, closed)) {
    return false;
  }
  now_ = newest;
  closed_until_ = closed;
  accounts_.set_hand(in.number());
  if (whole) {
    begun_.clear();
    (void)accounts_.release();
    if (!layout_.load(in)) {
      return false;
    }
  }
  const std::uint64_t begun = in.count();
  for (std::uint64_t i = 0; i < begun && in.ok(); ++i) {
    const std::uint64_t print = in.fixed64();
    begun_[print] = in.number();
  }
  return in.ok();
}

Result<void> Engine::Core::restore(std::string_view blob) {
  Result<void> done = read_blob(blob);
  if (!done) {
    // Half a state would be worse than none.
    due_.clear();
    begun_.clear();
    (void)accounts_.release();
    layout_ = plan_->layout;
    settled_ = true;
    whole_next_ = true;
  }
  return done;
}

Result<void> Engine::Core::read_blob(std::string_view blob) {
  if (blob.size() < checksum_size) {
    return damaged("it is too short");
  }
  ByteReader in(blob.substr(0, blob.size() - checksum_size));
  if (in.text() != magic) {
    return damaged("it is not one, or of another version of noci");
  }
  const std::uint64_t kind = in.number();
  if (kind != kind_whole && kind != kind_delta) {
    return damaged("neither a snapshot nor a delta");
  }
  if (in.fixed64() != seed_mark(options_.seed)) {
    return damaged("it was made under another hash seed");
  }
  ByteReader checksum(blob.substr(blob.size() - checksum_size));
  if (checksum.fixed64() != siphash(blob.substr(0, blob.size() - checksum_size), options_.seed)) {
    return damaged("its bytes were changed or cut");
  }
  if (kind == kind_delta && settled_) {
    return damaged("a delta came before any snapshot");
  }
  due_.clear();
  settled_ = false;
  whole_next_ = false;
  if (!read_header(in, kind == kind_whole)) {
    return damaged("its header is cut or damaged");
  }
  const std::uint64_t size = in.number();
  // What a delta does not bring must be there already.
  if (!in.ok() || size > accounts_.size() + blob.size()) {
    return damaged("its size cannot be right");
  }
  accounts_.resize(size);
  const std::uint64_t count = in.number();
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t slot = in.number();
    auto account = std::make_unique<Account>();
    if (!in.ok() || slot >= size || !account->load(in, layout_)) {
      return damaged("a key is cut or damaged");
    }
    accounts_.set(slot, std::move(account));
  }
  if (!in.ok() || !in.at_end() || !accounts_.is_complete()) {
    return damaged("it ends too early or too late");
  }
  return {};
}

}  // namespace noci
