// Media: synapse/rest/media/*.py, synapse/rest/client/media.py; before 1.79
// synapse/rest/media/v1/*.py, whose resource tree also serves whatever follows the media id.

#include <array>

#include "parse/endpoint_table.hpp"

namespace noci::routing {
namespace {

constexpr Base client = Base::client;
constexpr Base media = Base::media;

constexpr auto routes = std::to_array<Route>({
    {media, get, "download/{server}/{media}*", Action::media_download_legacy},
    {media, get, "thumbnail/{server}/{media}*", Action::media_thumbnail_legacy},
    {media, get, "preview_url*", Action::media_preview},
    {media, get, "config*", Action::media_config},
    {media, post, "upload*", Action::media_upload},
    {media, put, "upload/{server}/{media}", Action::media_upload},
    {media, post, "create*", Action::media_create},

    {client, get, "media/download/{server}/{media}", Action::media_download},
    {client, get, "media/download/{server}/{media}/{}", Action::media_download},
    {client, get, "media/thumbnail/{server}/{media}", Action::media_thumbnail},
    {client, get, "media/preview_url", Action::media_preview},
    {client, get, "media/config", Action::media_config},
    // 1.109 and 1.110
    {client, get, "org.matrix.msc3916/media/download/{server}/{media}", Action::media_download},
    {client, get, "org.matrix.msc3916/media/download/{server}/{media}/{}", Action::media_download},
    {client, get, "org.matrix.msc3916/media/thumbnail/{server}/{media}", Action::media_thumbnail},
    {client, get, "org.matrix.msc3916/media/preview_url", Action::media_preview},
    {client, get, "org.matrix.msc3916/media/config", Action::media_config},
});

}  // namespace

std::span<const Route> media_routes() {
  return routes;
}

}  // namespace noci::routing
