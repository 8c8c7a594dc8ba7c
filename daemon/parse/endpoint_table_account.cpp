// Sessions, accounts and devices: synapse/rest/client/{login,logout,register,account,devices,…}.py.

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base client = Base::client;
constexpr Base tree = Base::tree;

constexpr auto routes = std::to_array<Route>({
    {client, get, "login", Action::login_flows},
    {client, post, "login", Action::login},
    {client, get, "login/cas|sso/redirect", Action::login_sso_redirect},
    {client, get, "login/sso/redirect/{}", Action::login_sso_redirect},
    {client, get, "org.matrix.msc2858/login/sso/redirect/{}", Action::login_sso_redirect},
    {client, get, "login/cas/ticket*", Action::login_cas_ticket},
    {tree, get | post, "_synapse/client/oidc/callback*", Action::sso_callback},
    {tree, get | post, "_synapse/oidc/callback*", Action::sso_callback},  // ≤ 1.26
    {tree, get | post, "_synapse/client/saml2/authn_response*", Action::sso_callback},
    {tree, get | post, "_matrix/saml2/authn_response*", Action::sso_callback},
    {tree, get | post, "_synapse/client/pick_idp|pick_username*", Action::sso_callback},
    {tree, get | post, "_synapse/client/new_user_consent|sso_register*", Action::sso_callback},
    {tree, post, "_synapse/client/oidc/backchannel_logout*", Action::sso_backchannel_logout},
    {client, post, "login/get_token", Action::login_get_token},
    {client, post, "org.matrix.msc3882/login/token", Action::login_get_token},
    {client, post, "refresh", Action::token_refresh},
    {client, post, "org.matrix.msc2918.refresh_token/refresh", Action::token_refresh},
    {client, post, "tokenrefresh*", Action::token_refresh_legacy},
    {client, post, "logout", Action::logout},
    {client, post, "logout/all", Action::logout_all},

    {client, post, "register", Action::register_account},
    {client, get, "register/available*", Action::register_probe},
    {client, post, "register/email|msisdn/requestToken", Action::register_probe},
    {client, get, "register/m.login.registration_token/validity*", Action::register_probe},
    {client, get, "org.matrix.msc3231/register/{}/validity*", Action::register_probe},
    {client, get | post, "registration/{}/submit_token", Action::register_probe},
    {client, get, "account/whoami", Action::whoami},
    {client, post, "account/password", Action::account_password},
    {client, post, "account/password/email|msisdn/requestToken", Action::account_password},
    {client, get | post, "password_reset/{}/submit_token", Action::password_reset},
    {client, post, "account/deactivate", Action::account_deactivate},
    {client, get | post, "account/3pid", Action::account_3pid},
    {client, post, "account/3pid/add|bind|unbind|delete", Action::account_3pid},
    {client, post, "account/3pid/email|msisdn/requestToken", Action::account_3pid},
    {client, get | post, "add_threepid/email|msisdn/submit_token", Action::account_3pid},
    {client, post, "org.matrix.msc3720/account_status", Action::account_status},
    {client, post, "user/{}/openid/request_token*", Action::openid_token},
    {client, get | post, "auth/{}/fallback/web*", Action::uia_fallback},
    {client, get, "auth_metadata", Action::auth_metadata},
    {client, get, "org.matrix.msc2965/auth_metadata|auth_issuer", Action::auth_metadata},

    {client, get, "devices", Action::devices},
    {client, get, "devices/{}", Action::devices},
    {client, put | del, "devices/{}", Action::devices_edit},
    {client, post, "delete_devices*", Action::devices_edit},
    {client, any, "org.matrix.msc4108|org.matrix.msc3886/rendezvous", Action::rendezvous},
    {client, any, "org.matrix.msc4108|org.matrix.msc3886/rendezvous/{}", Action::rendezvous},
    {client, any, "io.element.msc4388/rendezvous", Action::rendezvous},
    {client, any, "io.element.msc4388/rendezvous/{}", Action::rendezvous},
    {tree, any, "_synapse/client/rendezvous*", Action::rendezvous},
    {client, any, "org.matrix.msc2697.v2/dehydrated_device*", Action::dehydrated_device},
    {client, any, "org.matrix.msc3814.v1/dehydrated_device", Action::dehydrated_device},
    {client, any, "org.matrix.msc3814.v1/dehydrated_device/{}/events", Action::dehydrated_device},

    {client, get, "capabilities", Action::capabilities},
    {Base::root, get, "_matrix/client/versions", Action::versions},
    {client, get, "password_policy", Action::password_policy},
    {client, get, "voip/turnServer", Action::turn_server},
    {client, post, "appservice/{}/ping", Action::appservice_ping},
    {client, post, "fi.mau.msc2659/appservice/{}/ping", Action::appservice_ping},
    {client, get, "org.matrix.msc4143/rtc/transports", Action::matrixrtc},
    {client, get, "org.matrix.msc1763/retention/configuration", Action::retention},
});

}  // namespace

std::span<const Route> account_routes() {
  return routes;
}

}  // namespace noci::routing
