// What of Familiar survives a restart.

#include <algorithm>

#include "detect/familiar.hpp"

namespace noci {
namespace {

/// First bytes of every blob; the last is the version of the format.
constexpr std::string_view magic = "noci-familiar-1";

enum class BlobKind : std::uint64_t { whole = 1, delta = 2, people = 3, places = 4 };

constexpr std::size_t checksum_size = 8;

ByteWriter start(BlobKind kind) {
  ByteWriter out;
  out.text(magic);
  out.number(static_cast<std::uint64_t>(kind));
  return out;
}

void write_hour(ByteWriter& out, const std::optional<std::uint32_t>& hour) {
  out.number(hour ? std::uint64_t{*hour} + 1 : 0);
}

std::optional<std::uint32_t> read_hour(ByteReader& in) {
  const std::uint64_t hour = in.number();
  return hour == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(hour - 1));
}

tl::unexpected<Error> damaged(std::string_view what) {
  return failure("cannot restore what was familiar: " + std::string(what));
}

}  // namespace

Familiar::State Familiar::take_state(bool whole) {
  State state;
  people_.begin(whole);
  places_.begin(whole);
  ByteWriter head = start(whole ? BlobKind::whole : BlobKind::delta);
  write_hour(head, began_);
  write_hour(head, forgot_);
  people_.write_delta(head);
  places_.write_delta(head);
  state.blobs.push_back(sealed(head));
  for (ByteWriter out = start(BlobKind::people); people_.write_segment(out);
       out = start(BlobKind::people)) {
    state.blobs.push_back(sealed(out));
  }
  for (ByteWriter out = start(BlobKind::places); places_.write_segment(out);
       out = start(BlobKind::places)) {
    state.blobs.push_back(sealed(out));
  }
  state.oldest_needed = std::min(people_.oldest_needed(), places_.oldest_needed());
  return state;
}

void Familiar::state_settled(bool kept) {
  people_.settle(kept);
  places_.settle(kept);
}

/// The checksum is keyed: bytes that pass were written by this store.
std::string Familiar::sealed(ByteWriter& out) const {
  out.fixed64(siphash(out.bytes(), options_.seed));
  return out.take();
}

Result<void> Familiar::restore(std::uint64_t number, std::string_view blob) {
  if (blob.size() < checksum_size) {
    return damaged("it is too short");
  }
  const std::string_view bytes = blob.substr(0, blob.size() - checksum_size);
  ByteReader checksum(blob.substr(bytes.size()));
  ByteReader in(bytes);
  if (in.text() != magic) {
    return damaged("it is not one, or of another version of noci");
  }
  if (checksum.fixed64() != siphash(bytes, options_.seed)) {
    return damaged("its bytes were changed or cut, or made under another hash seed");
  }
  const auto kind = static_cast<BlobKind>(in.number());
  bool good = false;
  if (kind == BlobKind::whole || kind == BlobKind::delta) {
    good = read_head(in, number, kind == BlobKind::whole);
  } else if (kind == BlobKind::people) {
    good = people_.read_segment(in);
  } else if (kind == BlobKind::places) {
    good = places_.read_segment(in);
  }
  if (!good || !in.ok() || !in.at_end()) {
    return damaged("a part of it is cut or cannot be right");
  }
  return {};
}

bool Familiar::read_head(ByteReader& in, std::uint64_t number, bool whole) {
  began_ = read_hour(in);
  forgot_ = read_hour(in);
  return people_.read_delta(in, number, whole) && places_.read_delta(in, number, whole);
}

Result<void> Familiar::finish_restore() {
  if (!people_.finish() || !places_.finish()) {
    return damaged("some of its accounts or places are missing");
  }
  return {};
}

}  // namespace noci
