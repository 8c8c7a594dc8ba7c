#include "detect/engine.hpp"

#include "detect/core.hpp"

namespace noci {

Engine::Engine(EngineOptions options, std::shared_ptr<const RuleSet> rules)
    : core_(std::make_unique<Core>(std::move(options), std::move(rules))) {}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::apply(const Event& event, std::vector<Alert>& out) {
  core_->apply(event, out);
}

void Engine::advance(TimePoint watermark, std::vector<Alert>& out) {
  core_->advance(watermark, out);
}

void Engine::replace_rules(std::shared_ptr<const RuleSet> rules, std::vector<Alert>& out) {
  core_->replace_rules(std::move(rules), out);
}

SavedState Engine::take_state() {
  return core_->take_state();
}

void Engine::state_settled(bool kept) {
  core_->state_settled(kept);
}

Result<void> Engine::restore(std::uint64_t number, std::string_view blob) {
  return core_->restore(number, blob);
}

Result<void> Engine::finish_restore() {
  return core_->finish_restore();
}

const EngineStats& Engine::stats() const {
  return core_->stats();
}

std::vector<KeyStatus> Engine::why(std::string_view key_value) const {
  return core_->why(key_value);
}

TimePoint Engine::now() const {
  return core_->now();
}

}  // namespace noci
