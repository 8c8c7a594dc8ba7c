"""A real Synapse of several processes: main, two generic workers and one for media, joined by Redis over
PostgreSQL. Clients are sent to a worker as a reverse proxy would send them."""

import os
import zlib

from harness import free_port, wait_for
from synapse.server import Homeserver, Process
from synapse.services import postgresql, redis

DATABASE = "{{{{name: psycopg2, args: {{{{user: synapse, dbname: synapse, host: 127.0.0.1, port: {port}, cp_min: 1, cp_max: 5}}}}}}}}"
SHARED = """\
redis: {{enabled: true, host: 127.0.0.1, port: {redis}}}
worker_replication_secret: 'between-processes'
instance_map: {{main: {{host: 127.0.0.1, port: {replication}}}}}
enable_media_repo: false
media_instance_running_background_jobs: media1
"""
WORKER = """\
worker_app: synapse.app.generic_worker
worker_name: {name}
worker_listeners:
  - {{port: {port}, tag: '8083', type: http, x_forwarded: true, bind_addresses: ['127.0.0.1'], resources: [{{names: [{resources}]}}]}}
worker_log_config: {log_config}
{more}"""
# A reverse proxy sends these to the main process.
MAIN_ONLY = ("/_synapse/admin/", "/_matrix/client/v3/refresh", "/_matrix/client/v3/user_directory")


class Workers(Homeserver):
    def __init__(self, case, version):
        database, cache, replication = postgresql(case), redis(case), free_port()
        super().__init__(
            case, version, authenticated_media=True, database=DATABASE.format(port=database.port),
            listeners=f"  - {{port: {replication}, type: http, bind_addresses: ['127.0.0.1'], resources: [{{names: [replication]}}]}}\n",
            more=SHARED.format(redis=cache.port, replication=replication))
        # JSON stamps are rounded to 10 ms, and of equals the log whose name sorts first is read first: here a
        # worker's answer to a login, before the main process (homeserver) says whose it was.
        self.workers = {name: Process(case, self.python, self.folder, name, "synapse.app.generic_worker")
                        for name in ("frontend1", "frontend2", "media1")}
        self.ports = {name: free_port() for name in self.workers}
        for name, process in self.workers.items():
            media = name.startswith("media")
            with open(os.path.join(self.folder, name + ".yaml"), "w") as file:
                file.write(WORKER.format(name=name, port=self.ports[name], log_config=process.log_config,
                                         resources="client, media" if media else "client",
                                         more="enable_media_repo: true\n" if media else ""))

    @property
    def processes(self):
        return [self.main, *self.workers.values()]

    def client_ports(self):
        return [self.port, *self.ports.values()]

    def port_for(self, client, path):
        if "/media/" in path:
            return self.ports["media1"]
        if path.startswith(MAIN_ONLY):
            return self.port
        # One account stays with one worker, which has what it wrote.
        return self.ports[f"frontend{1 + zlib.crc32(client.name.encode()) % 2}"]

    def start(self):
        super().start()
        for name, process in self.workers.items():
            process.run("--config-path", self.config, "--config-path", os.path.join(self.folder, name + ".yaml"))
        for name, process in self.workers.items():
            wait_for(f"{name} answers", lambda process=process, name=name: process.answers(self.health(self.ports[name])))
        return self
