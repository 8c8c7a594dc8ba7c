#pragma once
// A share over a sliding span: how many of the things that came lately are of one kind. The span is
// cut into panes that last for a minimum of watched time and of things, so that it is short on a
// busy log and long enough to mean something on a quiet one. No clock.

#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace noci {

class Panes {
 public:
  static constexpr std::size_t most = 10;

  struct Pane {
    Duration age{};
    std::uint64_t whole = 0;
    std::uint64_t part = 0;

    [[nodiscard]] double share() const {
      return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    }
  };

  /// A pane is complete when it has lasted for `span / most` and holds `least` things.
  struct Size {
    Duration span{};
    std::uint64_t least = 1;
  };

  /// Adds what came within `watched`; true when that completed a pane.
  bool add(Duration watched, std::uint64_t whole, std::uint64_t part, const Size& size) {
    open_.age += watched;
    open_.whole += whole;
    open_.part += part;
    if (open_.age * static_cast<int>(most) < size.span || open_.whole < size.least) {
      return false;
    }
    complete_.push_back(open_);
    open_ = {};
    if (complete_.size() > most) {
      complete_.pop_front();
    }
    return true;
  }

  /// The complete ones, oldest first.
  [[nodiscard]] const std::deque<Pane>& complete() const { return complete_; }

  /// All of them and what is not complete yet, or the last `count` complete ones.
  [[nodiscard]] Pane total() const { return sum(most, open_); }

  [[nodiscard]] Pane newest(std::size_t count) const { return sum(count, {}); }

  void forget() {
    complete_.clear();
    open_ = {};
  }

  void save(ByteWriter& out) const {
    out.number(complete_.size());
    for (const Pane& pane : complete_) {
      write(out, pane);
    }
    write(out, open_);
  }

  void restore(ByteReader& in) {
    forget();
    for (auto left = in.count(); left > 0; --left) {
      complete_.push_back(read(in));
      if (complete_.size() > most) {
        complete_.pop_front();
      }
    }
    open_ = read(in);
  }

 private:
  [[nodiscard]] Pane sum(std::size_t count, Pane total) const {
    for (std::size_t i = complete_.size() - (count < complete_.size() ? count : complete_.size());
         i < complete_.size(); ++i) {
      total.age += complete_[i].age;
      total.whole += complete_[i].whole;
      total.part += complete_[i].part;
    }
    return total;
  }

  static void write(ByteWriter& out, const Pane& pane) {
    out.integer(pane.age.count());
    out.number(pane.whole);
    out.number(pane.part);
  }

  static Pane read(ByteReader& in) {
    const Duration age{in.integer()};
    const std::uint64_t whole = in.number();
    return {age, whole, in.number()};
  }

  std::deque<Pane> complete_;
  Pane open_;
};

}  // namespace noci
