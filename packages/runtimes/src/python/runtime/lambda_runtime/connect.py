"""Connections to the Runtime API."""

import socket

# Hearth's address in the network of a sandbox, which has no other processes than the sandbox's.
_SANDBOX_HOST = "169.254.100.1"


def connect(address):
    """A socket; `address` is a host and a port."""
    return _connect_locally(address) or _connect(address)


def _connect(address):
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _connect_locally(address):
    """In a sandbox Hearth listens at the local name of the address as well, at half TCP's cost."""
    if address[0] != _SANDBOX_HOST:
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect("\0%s:%d" % address)
        return connection
    except OSError:
        connection.close()
        return None
