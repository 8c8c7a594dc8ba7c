"""Small databases in MaxMind's format (maxmind.github.io/MaxMind-DB, version 2.0): IPv4 networks and their country."""

import ipaddress
import os
import struct


def text(value):
    assert len(value) < 29
    return bytes([2 << 5 | len(value)]) + value.encode()


def mapping(pairs):
    return bytes([7 << 5 | len(pairs)]) + b"".join(text(name) + value for name, value in pairs)


def number(kind, size, value):
    return bytes([kind << 5 | size]) + value.to_bytes(size, "big")


def database(countries):
    """`countries`: network -> code. No network may lie in another."""
    nodes, data = [[None, None]], b""
    for network, code in countries.items():
        address, length = ipaddress.ip_network(network).network_address, ipaddress.ip_network(network).prefixlen
        node = 0
        for depth in range(length):
            side = int(address) >> (31 - depth) & 1
            if depth + 1 == length:
                nodes[node][side] = ("data", len(data))
            else:
                if nodes[node][side] is None:
                    nodes[node][side] = len(nodes)
                    nodes.append([None, None])
                node = nodes[node][side]
        data += mapping([("country", mapping([("iso_code", text(code))]))])

    def record(value):
        return len(nodes) if value is None else len(nodes) + 16 + value[1] if isinstance(value, tuple) else value

    tree = b"".join(struct.pack(">I", record(value)) for node in nodes for value in node)
    metadata = mapping([
        ("node_count", number(6, 4, len(nodes))), ("record_size", number(5, 2, 32)), ("ip_version", number(5, 2, 4)),
        ("database_type", text("Test-Country")), ("languages", b"\x00\x04"),
        ("binary_format_major_version", number(5, 2, 2)), ("binary_format_minor_version", number(5, 2, 0)),
        ("build_epoch", b"\x04\x02" + (1780000000).to_bytes(4, "big")), ("description", mapping([]))])
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata


def replace(path, content):
    """By renaming: the old file may be mapped."""
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)
