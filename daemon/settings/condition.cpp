#include "settings/condition.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "settings/suggest.hpp"

namespace noci {
namespace {

using Op = Condition::Op;

constexpr std::size_t most_words = 256;  // far more than a person can follow
constexpr int deepest = 16;

struct Word {
  std::string_view text;
  std::size_t offset = 0;
};

std::vector<Word> split(std::string_view text) {
  std::vector<Word> words;
  constexpr std::string_view blank = " \t\r\n";
  for (std::size_t at = 0; at < text.size();) {
    if (blank.find(text[at]) != std::string_view::npos) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    if (text[at] != '(' && text[at] != ')') {
      end = std::min(text.find_first_of(" \t\r\n()", at), text.size());
    }
    words.push_back({text.substr(at, end - at), at});
    at = end;
  }
  return words;
}

/// Recursive descent; `fail` reports once and stops the rest.
class ConditionParser {
 public:
  ConditionParser(std::string_view text, Place place, const std::vector<Selection>& selections,
                  std::vector<bool>& used, Report& report)
      : words_(split(text)),
        length_(text.size()),
        place_(place),
        selections_(selections),
        used_(used),
        report_(report) {}

  std::optional<Condition> parse() {
    if (words_.size() > most_words) {
      fail(0, "bad-condition", "the expression is too long", "split it into several selections");
      return std::nullopt;
    }
    Condition whole = any();
    if (!failed_ && next_ < words_.size()) {
      fail(words_[next_].offset, "bad-condition",
           "unexpected " + cite(words_[next_].text) + " in the expression",
           "join selections with `and` and `or`");
    }
    return failed_ ? std::nullopt : std::optional(std::move(whole));
  }

 private:
  [[nodiscard]] bool at(std::string_view word) const {
    return !failed_ && next_ < words_.size() && words_[next_].text == word;
  }

  void fail(std::size_t offset, std::string_view code, const std::string& what, std::string help) {
    if (!failed_) {
      failed_ = true;
      report_.fault({place_.line, place_.column + static_cast<int>(offset)}, code, what,
                    std::move(help));
    }
  }

  static Condition joined(Op op, std::vector<Condition> operands) {
    if (operands.size() == 1) {
      return std::move(operands.front());
    }
    Condition whole;
    whole.op = op;
    whole.operands = std::move(operands);
    return whole;
  }

  Condition any() {
    std::vector<Condition> operands{all()};
    while (at("or")) {
      ++next_;
      operands.push_back(all());
    }
    return joined(Op::disjunction, std::move(operands));
  }

  Condition all() {
    std::vector<Condition> operands{negated()};
    while (at("and")) {
      ++next_;
      operands.push_back(negated());
    }
    return joined(Op::conjunction, std::move(operands));
  }

  Condition negated() {
    if (at("not")) {
      ++next_;
      if (++depth_ > deepest) {
        fail(words_[next_ - 1].offset, "too-deep", "the expression nests too deep", "simplify it");
        return {};
      }
      Condition whole;
      whole.op = Op::negation;
      whole.operands.push_back(negated());
      --depth_;
      return whole;
    }
    return primary();
  }

  Condition primary() {
    if (failed_) {
      return {};
    }
    if (next_ == words_.size()) {
      fail(length_, "bad-condition", "the expression ends too early", "a selection must follow");
      return {};
    }
    const Word word = words_[next_++];
    if (word.text == "(") {
      return bracketed(word);
    }
    if (next_ < words_.size() && words_[next_].text == "of") {
      return quantified(word);
    }
    return named(word);
  }

  Condition bracketed(const Word& open) {
    if (++depth_ > deepest) {
      fail(open.offset, "too-deep", "the expression nests too deep", "simplify it");
      return {};
    }
    Condition inner = any();
    --depth_;
    if (!at(")")) {
      fail(open.offset, "bad-condition", "this bracket is never closed", "add `)`");
      return {};
    }
    ++next_;
    return inner;
  }

  /// `1 of NAME*`, `any of them`, `all of NAME*`.
  Condition quantified(const Word& count) {
    ++next_;
    if (count.text != "1" && count.text != "any" && count.text != "all") {
      fail(count.offset, "bad-condition", cite(count.text) + " cannot stand before 'of'",
           "use `1 of` or `all of`");
      return {};
    }
    if (next_ == words_.size()) {
      fail(length_, "bad-condition", "the expression ends after 'of'",
           "name selections such as `sel*`, or `them`");
      return {};
    }
    const Word pattern = words_[next_++];
    std::vector<Condition> operands;
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (pattern.text == "them" || glob_match(pattern.text, selections_[i].name)) {
        operands.push_back(selected(i));
      }
    }
    if (operands.empty()) {
      unknown(pattern);
      return {};
    }
    return joined(count.text == "all" ? Op::conjunction : Op::disjunction, std::move(operands));
  }

  Condition named(const Word& word) {
    for (std::size_t i = 0; i < selections_.size(); ++i) {
      if (selections_[i].name == word.text) {
        return selected(i);
      }
    }
    if (is_reserved_word(word.text) || word.text == ")") {
      fail(word.offset, "bad-condition", "a selection must stand before " + cite(word.text),
           "as in `a and not (b or c)`");
    } else {
      unknown(word);
    }
    return {};
  }

  void unknown(const Word& word) {
    std::vector<std::string_view> names;
    for (const Selection& selection : selections_) {
      names.push_back(selection.name);
    }
    fail(word.offset, "unknown-selection", "no selection is called " + cite(word.text),
         suggest(word.text, names));
  }

  Condition selected(std::size_t index) {
    used_[index] = true;
    Condition leaf;
    leaf.selection = index;
    return leaf;
  }

  std::vector<Word> words_;
  std::size_t length_;
  Place place_;
  const std::vector<Selection>& selections_;
  std::vector<bool>& used_;
  Report& report_;
  std::size_t next_ = 0;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<Condition> parse_condition(std::string_view text, Place place,
                                         const std::vector<Selection>& selections,
                                         std::vector<bool>& used, Report& report) {
  return ConditionParser(text, place, selections, used, report).parse();
}

bool is_reserved_word(std::string_view word) {
  constexpr std::array words{std::string_view("and"),  std::string_view("or"),
                             std::string_view("not"),  std::string_view("of"),
                             std::string_view("all"),  std::string_view("any"),
                             std::string_view("them"), std::string_view("condition")};
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace noci
