#include "detect/shape.hpp"

namespace noci::detect {

FieldSet fields_of(const Event& event) {
  // Without a branch for each: most events have most of them, or not, as their clients please.
  FieldSet present = bit_of(Field::timestamp) | bit_of(Field::action) | bit_of(Field::outcome);
  const auto note = [&](Field field, bool is_there) {
    present |= FieldSet{is_there} << static_cast<unsigned>(field);
  };
  note(Field::homeserver, !event.homeserver.empty());
  note(Field::user_id, !event.user_id.empty());
  note(Field::effective_user_id, !event.effective_user_id.empty());
  note(Field::actor_id, !event.actor_id.empty());
  note(Field::actor_linked, event.actor_linked.has_value());
  note(Field::server_name, !event.server_name.empty());
  note(Field::source_ip, !event.source_ip.empty());
  note(Field::source_network, !event.source_network.empty());
  note(Field::source_country, !event.source_country.empty());
  note(Field::source_as, !event.source_as.empty());
  note(Field::source_as_name, !event.source_as_name.empty());
  note(Field::user_agent, !event.user_agent.empty());
  note(Field::method, !event.method.empty());
  note(Field::path, !event.path.empty());
  note(Field::status, event.status.has_value());
  note(Field::bytes, event.bytes.has_value());
  note(Field::room_id, !event.room_id.empty());
  note(Field::media_id, !event.media_id.empty());
  note(Field::target_user_id, !event.target_user_id.empty());
  note(Field::target_server, !event.target_server.empty());
  note(Field::messages, event.messages.has_value());
  note(Field::messages_low, event.messages_low.has_value());
  note(Field::messages_high, event.messages_high.has_value());
  note(Field::messages_basis, event.messages_basis != MessagesBasis::none);
  note(Field::limit, event.limit.has_value());
  note(Field::dbevts, event.dbevts.has_value());
  note(Field::duration, event.duration.has_value());
  note(Field::log_source, !event.log_source.empty());
  note(Field::log_worker, !event.log_worker.empty());
  note(Field::request_id, !event.request_id.empty());
  note(Field::known_days_account, event.known_days_account.has_value());
  note(Field::known_days_address, event.known_days_address.has_value());
  note(Field::known_days_network, event.known_days_network.has_value());
  note(Field::known_days_agent, event.known_days_agent.has_value());
  note(Field::travel_kmh, event.travel_kmh.has_value());
  static_assert(static_cast<unsigned>(Field::first_seen_hour) ==
                static_cast<unsigned>(Field::first_seen_account) + trait_count - 1);
  return present | FieldSet{event.novelty.known()}
                       << static_cast<unsigned>(Field::first_seen_account);
}

}  // namespace noci::detect
