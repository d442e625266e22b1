"""A client of the Runtime API: by a channel (channel.py), else by HTTP on one kept-alive socket.

The HTTP is written by hand: http.client brings email, ssl and more into every cold start. It
speaks just what the API needs: one request at a time, bodies with a length or in chunks.
"""

import sys

from .channel import open_channel
from .connect import connect
from .json_values import to_json

_BASE = "/2018-06-01/runtime"
_MAX_CAUSE_BYTES = 65536


class Invocation:
    def __init__(self, headers, body):
        self.body = body
        self.request_id = headers.get("lambda-runtime-aws-request-id")
        self.function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.deadline_ms = int(headers.get("lambda-runtime-deadline-ms", 0))
        self.trace_id = headers.get("lambda-runtime-trace-id")
        self.client_context = headers.get("lambda-runtime-client-context")
        self.cognito_identity = headers.get("lambda-runtime-cognito-identity")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")


class RuntimeApi:
    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._authority = address
        self._address = (host, int(port))
        self._connection = None
        self._channel = open_channel(self._address)

    def assignment(self):
        """Hearth's own: waits until this process, booted ahead, is given its function."""
        if self._channel:
            return self._channel.assignment()
        _, body = self._request("GET", "/hearth/assignment", base="")
        return body

    def next_invocation(self):
        if self._channel:
            return Invocation(*self._channel.next_invocation())
        return Invocation(*self._request("GET", "/invocation/next"))

    def post_response(self, request_id, body, content_type):
        if self._channel:
            return self._channel.respond(request_id, body)
        path = "/invocation/%s/response" % request_id
        self._request("POST", path, body, {"content-type": content_type})

    def post_error(self, request_id, report, cause):
        if self._channel:
            return self._channel.fail(request_id, _error_type(report), _json_bytes(report))
        headers = _error_headers(report)
        # ASCII, so that it fits into a header.
        import json

        text = json.dumps(cause)
        if len(text) < _MAX_CAUSE_BYTES:
            headers["lambda-runtime-function-xray-error-cause"] = text
        self._request("POST", "/invocation/%s/error" % request_id, _json_bytes(report), headers)

    def post_init_error(self, report):
        self._request("POST", "/init/error", _json_bytes(report), _error_headers(report))

    def _request(self, method, path, body=None, headers=None, base=_BASE):
        lines = ["%s %s%s HTTP/1.1" % (method, base, path), "host: " + self._authority]
        lines.append("user-agent: hearth-python/%d.%d.%d" % sys.version_info[:3])
        lines += ["%s: %s" % item for item in (headers or {}).items()]
        if body is not None:
            lines.append("content-length: %d" % len(body))
        message = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")
        is_reused = self._connection is not None
        try:
            return self._exchange(message)
        except OSError:
            # A kept connection may have been closed while the handler ran. Only what a fresh
            # connection refuses is an error.
            self._connection = None
            if not is_reused:
                raise
            return self._exchange(message)

    def _exchange(self, message):
        if self._connection is None:
            self._connection = _Connection(self._address)
        status, headers, body = self._connection.exchange(message)
        if headers.get("connection", "").lower() == "close":
            self._connection = None
        return headers, body


class _Connection:
    def __init__(self, address):
        self._socket = connect(address)
        self._reader = self._socket.makefile("rb", 65536)

    def exchange(self, message):
        self._socket.sendall(message)
        status = self._line().split(" ", 2)[1]
        headers = {}
        while True:
            line = self._line()
            if not line:
                break
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return status, headers, self._chunked_body()
        return status, headers, self._read(int(headers.get("content-length", 0)))

    def _line(self):
        line = self._reader.readline(1048576)
        if not line.endswith(b"\n"):
            raise ConnectionError("The Runtime API closed the connection.")
        return line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")

    def _chunked_body(self):
        chunks = []
        while True:
            size = int(self._line().partition(";")[0], 16)
            chunks.append(self._read(size))
            self._line()
            if size == 0:
                return b"".join(chunks)

    def _read(self, size):
        data = self._reader.read(size)
        if len(data) != size:
            raise ConnectionError("The Runtime API closed the connection.")
        return data


def _json_bytes(value):
    return to_json(value).encode("utf-8", "surrogatepass")


def _error_headers(report):
    kind = _error_type(report)
    return {"content-type": "application/json", "lambda-runtime-function-error-type": kind}


def _error_type(report):
    """A user's error may have any name; a header may not."""
    return "".join(c if " " <= c <= "~" else "?" for c in report["errorType"])
