#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "detect/core.hpp"

namespace noci {
namespace {

/// First bytes of every blob; the last is the version of the format.
constexpr std::string_view magic = "noci-engine-3";

enum class BlobKind : std::uint64_t {
  whole = 1,  ///< head of a commit that needs no earlier one
  delta = 2,  ///< head of a commit: what changed
  segment = 3,
};

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

/// More would not fit into any memory; what a damaged size would ask for is refused.
constexpr std::uint64_t most_keys = std::uint64_t{1} << 24;

void write_start(ByteWriter& out, BlobKind kind, const HashSeed& seed) {
  out.text(magic);
  out.number(static_cast<std::uint64_t>(kind));
  out.fixed64(seed_mark(seed));
}

std::string sealed(ByteWriter& out, const HashSeed& seed) {
  out.fixed64(siphash(out.bytes(), seed));
  return out.take();
}

tl::unexpected<Error> damaged(std::string_view what) {
  return failure("cannot restore the detector's state: " + std::string(what));
}

}  // namespace

SavedState Engine::Core::take_state() {
  detect::Taken& taken = checkpoint_.begin(whole_next_, segments());
  whole_next_ = false;
  SavedState state;
  state.number = taken.number;
  state.follows = taken.follows;
  state.blobs.push_back(write_head(taken));
  checkpoint_.earn(taken.slots.empty() ? 0 : state.blobs[0].size());
  while (const auto segment = checkpoint_.next()) {
    state.blobs.push_back(write_segment(*segment));
    checkpoint_.rewritten(*segment, state.blobs.back().size());
  }
  state.oldest_needed = checkpoint_.oldest_needed();
  return state;
}

void Engine::Core::state_settled(bool kept) {
  const auto taken = checkpoint_.settle(kept);
  if (!taken || kept) {
    return;
  }
  whole_next_ = whole_next_ || taken->whole;
  accounts_.mark_dirty(taken->slots);
  begun_dirty_.insert(begun_dirty_.end(), taken->begun.begin(), taken->begun.end());
}

/// At least one, which also holds what belongs to no key.
std::size_t Engine::Core::segments() const {
  const std::size_t each = options_.keys_per_segment;
  return std::max<std::size_t>(1, (accounts_.size() + each - 1) / each);
}

std::string Engine::Core::write_head(detect::Taken& taken) {
  std::ranges::sort(begun_dirty_);
  begun_dirty_.erase(std::unique(begun_dirty_.begin(), begun_dirty_.end()), begun_dirty_.end());
  taken.begun = std::exchange(begun_dirty_, {});
  taken.slots = accounts_.take_dirty();
  if (taken.whole) {
    taken.begun.clear();
    taken.slots.clear();  // the segments have them
  }
  ByteWriter out;
  write_start(out, taken.whole ? BlobKind::whole : BlobKind::delta, options_.seed);
  out.integer(now_.time_since_epoch().count());
  out.integer(closed_until_.time_since_epoch().count());
  out.number(accounts_.hand());
  layout_.save(out);
  write_begun(out, taken.begun);
  out.number(peers_.size());
  for (const auto& [fingerprint, peers] : peers_) {
    out.text(fingerprint);
    peers.save(out);
  }
  out.number(accounts_.size());
  out.number(taken.slots.size());
  for (const std::uint32_t slot : taken.slots) {
    out.number(slot);
    accounts_.at(slot).save(out);
  }
  return sealed(out, options_.seed);
}

std::string Engine::Core::write_segment(std::size_t segment) const {
  const std::size_t first = segment * options_.keys_per_segment;
  const std::size_t last = std::min(first + options_.keys_per_segment, accounts_.size());
  ByteWriter out;
  write_start(out, BlobKind::segment, options_.seed);
  out.number(segment);
  std::vector<std::uint64_t> prints;
  if (segment == 0) {
    for (const auto& [print, count] : begun_) {
      prints.push_back(print);
    }
    std::ranges::sort(prints);
  }
  write_begun(out, prints);
  out.number(last - first);
  for (std::size_t slot = first; slot < last; ++slot) {
    accounts_.at(slot).save(out);
  }
  return sealed(out, options_.seed);
}

void Engine::Core::write_begun(ByteWriter& out, const std::vector<std::uint64_t>& prints) const {
  out.number(prints.size());
  for (const std::uint64_t print : prints) {
    out.fixed64(print);
    out.number(begun_.at(print));
  }
}

Result<void> Engine::Core::restore(std::uint64_t number, std::string_view blob) {
  Result<void> done = read_blob(number, blob);
  if (!done) {
    forget();
  }
  return done;
}

Result<void> Engine::Core::finish_restore() {
  if (!accounts_.is_complete()) {
    forget();
    return damaged("some of its keys are missing");
  }
  return {};
}

/// Half a state would be worse than none.
void Engine::Core::forget() {
  due_.clear();
  begun_.clear();
  (void)accounts_.release();
  layout_ = plan_->layout;
  peers_.clear();
  bind_peers();
  checkpoint_ = {};
  settled_ = true;
  whole_next_ = true;
}

Result<void> Engine::Core::read_blob(std::uint64_t number, std::string_view blob) {
  if (blob.size() < checksum_size) {
    return damaged("it is too short");
  }
  ByteReader in(blob.substr(0, blob.size() - checksum_size));
  if (in.text() != magic) {
    return damaged("it is not one, or of another version of noci");
  }
  const auto kind = static_cast<BlobKind>(in.number());
  if (in.fixed64() != seed_mark(options_.seed)) {
    return damaged("it was made under another hash seed");
  }
  ByteReader checksum(blob.substr(blob.size() - checksum_size));
  if (checksum.fixed64() != siphash(blob.substr(0, blob.size() - checksum_size), options_.seed)) {
    return damaged("its bytes were changed or cut");
  }
  due_.clear();
  Result<void> done;
  if (kind == BlobKind::whole || kind == BlobKind::delta) {
    done = read_head(in, number, kind == BlobKind::whole);
  } else if (kind == BlobKind::segment && !settled_) {
    done = read_segment(in);
  } else {
    return damaged("a segment came before any commit, or it is of no kind known");
  }
  if (done && (!in.ok() || !in.at_end())) {
    return damaged("it ends too early or too late");
  }
  return done;
}

Result<void> Engine::Core::read_head(ByteReader& in, std::uint64_t number, bool whole) {
  TimePoint newest;
  TimePoint closed;
  if (!read_time(in, newest) || !read_time(in, closed)) {
    return damaged("its times cannot be right");
  }
  now_ = newest;
  closed_until_ = closed;
  accounts_.set_hand(in.number());
  detect::Layout layout;
  if (!layout.load(in)) {
    return damaged("its layout is cut or damaged");
  }
  // Segments of earlier commits may have gone, so the first that is left need not be whole.
  if (whole || settled_) {
    begun_.clear();
    (void)accounts_.release();
    layout_ = std::move(layout);
  } else if (!(layout == layout_)) {
    return damaged("it was made under other rules than the one before it");
  }
  settled_ = false;
  whole_next_ = false;
  read_begun(in);
  peers_.clear();
  const std::uint64_t peers = in.count();
  for (std::uint64_t i = 0; i < peers && in.ok(); ++i) {
    const std::string fingerprint(in.text());
    if (!peers_[fingerprint].load(in)) {
      return damaged("what is usual is cut or damaged");
    }
  }
  const std::uint64_t size = in.number();
  if (!in.ok() || size > most_keys) {
    return damaged("its size cannot be right");
  }
  accounts_.resize(size);
  checkpoint_.found(number, whole, segments());
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (auto read = read_account(in, in.number()); !read) {
      return read;
    }
  }
  return {};
}

Result<void> Engine::Core::read_segment(ByteReader& in) {
  const std::uint64_t segment = in.number();
  if (segment >= segments()) {
    return damaged("it has a segment that it cannot have");
  }
  read_begun(in);
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (auto read = read_account(in, segment * options_.keys_per_segment + i); !read) {
      return read;
    }
  }
  checkpoint_.found_segment(segment);
  return {};
}

Result<void> Engine::Core::read_account(ByteReader& in, std::uint64_t slot) {
  auto account = std::make_unique<Account>();
  if (!in.ok() || slot >= accounts_.size() || !account->load(in, layout_)) {
    return damaged("a key is cut or damaged");
  }
  accounts_.set(slot, std::move(account));
  return {};
}

void Engine::Core::read_begun(ByteReader& in) {
  const std::uint64_t begun = in.count();
  for (std::uint64_t i = 0; i < begun && in.ok(); ++i) {
    const std::uint64_t print = in.fixed64();
    begun_[print] = in.number();
  }
}

}  // namespace noci
