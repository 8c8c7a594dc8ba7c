"""Includes go one way: base, model, {parse detect notify settings store}, {pipeline io}, app, main;
rooms of one floor never include one another. And what each floor may touch of the world outside:
Beast in two files, spdlog in io and app, no clock, thread, socket or TLS in the core."""

import os
import re

import tree

FLOORS = [["base"], ["model"], ["parse", "detect", "notify", "settings", "store"], ["pipeline", "io"], ["app"]]
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
CORE = {"base", "model", "parse", "detect", "notify", "settings", "store", "pipeline"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
CLOCK = re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock)::now\b|\bstd::time\s*\(|\bgettimeofday\b")
THREADS = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier"}
FILES = {"fstream", "filesystem", "unistd.h", "fcntl.h", "sys/stat.h"}
READ_FILES = {"settings", "store"}
BEAST = {"daemon/io/http_client.cpp", "daemon/io/http_server.cpp"}


def faults_of_include(path, room, quote, name):
    target = name.split("/")[0] if quote == '"' else None
    if quote == '"' and target not in FLOOR_OF:
        yield f'"{name}" is no path from daemon/'
    elif target and room in FLOOR_OF and target != room:
        if FLOOR_OF[target] > FLOOR_OF[room]:
            yield f'{room} includes "{name}", which is above it'
        elif FLOOR_OF[target] == FLOOR_OF[room]:
            yield f'{room} includes "{name}": rooms of one floor never include one another'
    if name.startswith("boost/beast") and path not in BEAST:
        yield "Beast belongs to io/http_client.cpp and io/http_server.cpp alone"
    if name.startswith("spdlog") and room not in ("io", "app", "main.cpp"):
        yield "spdlog belongs to io and app"
    if room in CORE:
        if name.startswith(("boost/asio", "openssl/")) or name == "sys/socket.h":
            yield f"the core opens no socket and speaks no TLS: <{name}>"
        if quote == "<" and name in THREADS:
            yield f"the core has no threads: <{name}>"
        if quote == "<" and name in FILES and room not in READ_FILES:
            yield f"only settings and store read files: <{name}>"


def main():
    root = tree.root_argument()
    faults = []
    sources = [path for path in tree.files(root) if path.startswith("daemon/") and path.endswith((".cpp", ".hpp"))]
    for path in sources:
        room = path.split(os.sep)[1]
        text = tree.read(root, path)
        if room not in FLOOR_OF and room != "main.cpp":
            faults.append(f"{path}:1: no room of the house: {room}")
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            faults += [f"{path}:{line}: {what}" for what in faults_of_include(path, room, match[1], match[2])]
        if room in CORE:
            faults += [f"{path}:{text.count(chr(10), 0, match.start()) + 1}: the core reads no clock: {match[0]}"
                       for match in CLOCK.finditer(text)]
    tree.finish(faults, f"{len(sources)} sources")


main()
