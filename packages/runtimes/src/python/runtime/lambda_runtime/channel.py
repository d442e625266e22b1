"""The Runtime API in frames on one upgraded connection: an answer and the question for the next
event leave in one packet, and nothing of HTTP is written or parsed in between. Where the other
side is not Hearth itself (an extension that stands between a runtime and its API), the upgrade is
not answered, and the runtime speaks HTTP as any other.

A frame is a byte of kind, four of length, then the content; frames.ts of the server is the other
end.
"""

import json
import struct

from .connect import connect

_HEAD = struct.Struct(">cI")
_LENGTH = struct.Struct(">I")
_ASSIGNMENT = b"A"
_ERROR = b"E"
_INVOCATION = b"I"
_RESPONSE = b"R"
_NEXT = _HEAD.pack(b"N", 0)
_AWAIT_ASSIGNMENT = _HEAD.pack(_ASSIGNMENT, 0)
_READ_BYTES = 65536
# Whoever does not know the path may not answer at all.
_PATIENCE_SECONDS = 2.0


def open_channel(address):
    """A channel, or None where there is none to be had; `address` is a host and a port."""
    try:
        connection = connect(address)
    except OSError:
        return None
    try:
        connection.settimeout(_PATIENCE_SECONDS)
        if _is_switched(connection, "%s:%d" % address):
            connection.settimeout(None)
            return Channel(connection)
    except OSError:
        pass
    connection.close()
    return None


def _is_switched(connection, host):
    lines = ["GET /hearth/channel HTTP/1.1", "host: " + host]
    lines += ["connection: upgrade", "upgrade: hearth-runtime", "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1"))
    answer = b""
    # Behind it nothing comes until something is asked.
    while b"\r\n\r\n" not in answer and len(answer) < _READ_BYTES:
        chunk = connection.recv(_READ_BYTES)
        if not chunk:
            return False
        answer += chunk
    return answer.startswith(b"HTTP/1.1 101 ")


class Channel:
    def __init__(self, connection):
        self._socket = connection
        self._reader = connection.makefile("rb", _READ_BYTES)
        # What leaves with the next question.
        self._held = b""

    def next_invocation(self):
        """Headers as over HTTP, and the event."""
        content = self._ask(_NEXT, _INVOCATION)
        start = _LENGTH.size
        (size,) = _LENGTH.unpack_from(content)
        return json.loads(content[start : start + size]), content[start + size :]

    def assignment(self):
        return self._ask(_AWAIT_ASSIGNMENT, _ASSIGNMENT)

    def respond(self, request_id, body):
        self._hold(_RESPONSE, _short_text(request_id) + body)

    def fail(self, request_id, error_type, body):
        self._hold(_ERROR, _short_text(request_id) + _short_text(error_type[:255]) + body)

    def _hold(self, kind, content):
        self._held = _HEAD.pack(kind, len(content)) + content

    def _ask(self, question, wanted):
        self._socket.sendall(self._held + question)
        self._held = b""
        while True:
            kind, length = _HEAD.unpack(self._read(_HEAD.size))
            content = self._read(length)
            # A refused answer is told as well; the invocation is over for whoever waited for it.
            if kind == wanted:
                return content

    def _read(self, size):
        data = self._reader.read(size)
        if len(data) != size:
            raise ConnectionError("The Runtime API closed the connection.")
        return data


def _short_text(text):
    """A byte of length, then so many bytes."""
    data = text.encode("latin-1")
    return bytes((len(data),)) + data
