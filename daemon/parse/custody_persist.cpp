#include <algorithm>

#include "parse/custody.hpp"

namespace noci {

void Custody::save(ByteWriter& out) const {
  const Above& oldest = held_.empty() ? above_ : above(held_.front());
  out.text(oldest.exposed_by);
  out.text(oldest.exposed_worker);
  out.text(oldest.exposed_before);
  out.text(oldest.ending);
  out.number(oldest.lines_to_ending);
  out.number(oldest.stray_lines);
  out.number(naming_ ? *naming_ + 1U : 0U);
  out.number(other_naming_);
  out.number(judged_);
  out.number(lately_judged_);
  out.number(lately_refused_);
  out.number(interleaved_);
}

void Custody::restore(ByteReader& in) {
  above_.exposed_by = in.text();
  above_.exposed_worker = in.text();
  above_.exposed_before = in.text();
  above_.ending = in.text();
  above_.lines_to_ending = static_cast<std::uint32_t>(in.number());
  above_.stray_lines = static_cast<std::uint32_t>(in.number());
  const std::uint64_t naming = in.number();
  naming_ = naming == 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(naming - 1));
  other_naming_ = static_cast<std::uint32_t>(in.number());
  judged_ = in.number();
  lately_judged_ = static_cast<std::uint32_t>(in.number());
  lately_refused_ = static_cast<std::uint32_t>(in.number());
  interleaved_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(in.number(), interleaved_for));
  above_changed_ = true;
}

}  // namespace noci
