#include "detect/selection.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace noci::detect {
namespace {

void write_condition(ByteWriter& out, const Condition& condition,
                     const std::vector<Selection>& selections) {
  out.number(static_cast<std::uint64_t>(condition.op));
  if (condition.op != Condition::Op::selection) {
    out.number(condition.operands.size());
    for (const Condition& operand : condition.operands) {
      write_condition(out, operand, selections);
    }
    return;
  }
  if (condition.selection >= selections.size()) {
    return;
  }
  const Selection& selection = selections[condition.selection];
  out.number(selection.any_of.size());
  for (const auto& map : selection.any_of) {
    out.number(map.size());
    for (const Predicate& predicate : map) {
      write_canonical(out, predicate);
    }
  }
}

}  // namespace

CompiledSelect::CompiledSelect(const Condition& condition, const std::vector<Selection>& selections)
    : condition_(condition) {
  for (const Selection& selection : selections) {
    auto& maps = selections_.emplace_back();
    for (const auto& map : selection.any_of) {
      maps.emplace_back(map.begin(), map.end());
    }
  }
}

bool CompiledSelect::holds(const Condition& condition, const Look& look) const {
  const auto operand_holds = [&](const Condition& operand) { return holds(operand, look); };
  switch (condition.op) {
    case Condition::Op::selection:
      return selects(condition.selection, look);
    case Condition::Op::negation:
      return std::ranges::none_of(condition.operands, operand_holds);
    case Condition::Op::conjunction:
      return std::ranges::all_of(condition.operands, operand_holds);
    case Condition::Op::disjunction:
      return std::ranges::any_of(condition.operands, operand_holds);
  }
  return false;
}

bool CompiledSelect::selects(std::size_t selection, const Look& look) const {
  if (selection >= selections_.size()) {
    return false;
  }
  return std::ranges::any_of(selections_[selection], [&](const Map& map) {
    return std::ranges::all_of(
        map, [&](const CompiledPredicate& predicate) { return predicate.matches(look); });
  });
}

Verdict CompiledSelect::judge(const Condition& condition, const Shape& shape) const {
  if (condition.op == Condition::Op::selection) {
    return judge_selection(condition.selection, shape);
  }
  // Negation is a negated disjunction, so two loops do for all three.
  const bool conjunction = condition.op == Condition::Op::conjunction;
  Verdict verdict = conjunction ? Verdict::yes : Verdict::no;
  for (const Condition& operand : condition.operands) {
    const Verdict one = judge(operand, shape);
    verdict = conjunction ? std::min(verdict, one) : std::max(verdict, one);
  }
  if (condition.op == Condition::Op::negation && verdict != Verdict::maybe) {
    return verdict == Verdict::yes ? Verdict::no : Verdict::yes;
  }
  return verdict;
}

Verdict CompiledSelect::judge_selection(std::size_t selection, const Shape& shape) const {
  Verdict verdict = Verdict::no;
  if (selection < selections_.size()) {
    for (const Map& map : selections_[selection]) {
      Verdict one = Verdict::yes;
      for (const CompiledPredicate& predicate : map) {
        one = std::min(one, predicate.judge(shape));
      }
      verdict = std::max(verdict, one);
    }
  }
  return verdict;
}

FieldSet CompiledSelect::fields() const {
  FieldSet all = 0;
  for (const std::vector<Map>& maps : selections_) {
    for (const Map& map : maps) {
      for (const CompiledPredicate& predicate : map) {
        all |= bit_of(predicate.field());
      }
    }
  }
  return all;
}

std::string fingerprint_of(const Condition& condition, const std::vector<Selection>& selections) {
  ByteWriter out;
  write_condition(out, condition, selections);
  const Sha256 hash = sha256(out.bytes());
  return to_hex({reinterpret_cast<const char*>(hash.data()), 16});
}

}  // namespace noci::detect
