// What no client API is: pages, probes and the traffic between Synapse's own processes
// (synapse/app/homeserver.py, synapse/rest/synapse, synapse/replication/http).

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base root = Base::root;
constexpr Base tree = Base::tree;

constexpr auto routes = std::to_array<Route>({
    {root, any, "_synapse/replication/{}*", Action::replication},
    {tree, any, "_synapse/mas/{}*", Action::mas_internal},
    {tree, any, "_synapse/metrics*", Action::metrics},
    {tree, any, "health*", Action::health},
    {tree, get, ".well-known/matrix/client|server*", Action::well_known},
    {tree, get, "_matrix/static*", Action::static_files},
    {tree, get | post, "_matrix/consent*", Action::consent},
    {tree, get, "_synapse/client/saml2/metadata.xml*", Action::sso_pages},
    {tree, get, "_matrix/saml2/metadata.xml*", Action::sso_pages},
    {tree, get, "_synapse/jwks*", Action::sso_pages},
    {tree, get | post, "_synapse/client/unsubscribe*", Action::unsubscribe},
    {tree, get | post, "_synapse/client/password_reset*", Action::password_reset},
});

}  // namespace

std::span<const Route> service_routes() {
  return routes;
}

}  // namespace noci::routing
