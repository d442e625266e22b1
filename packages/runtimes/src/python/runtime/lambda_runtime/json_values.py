"""Events and results: JSON as AWS's runtime reads and writes it."""

import decimal
import json
import math
import os
import re

from .faults import Fault


def load_event(body):
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from None


def response_body(result):
    """The bytes to answer and their content type."""
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return to_json(result).encode("utf-8", "surrogatepass"), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from None


def to_json(value):
    # AWS: from python3.12 on, characters outside of ASCII are written as they are.
    is_ascii = os.environ.get("AWS_EXECUTION_ENV", "") in _ASCII_RUNTIMES
    text = json.dumps(value, cls=_Encoder, ensure_ascii=is_ascii)
    return _EXACT_NUMBER.sub(r"\1", text) if _MARK in text else text


_ASCII_RUNTIMES = {"AWS_Lambda_python3.%d" % minor for minor in (9, 10, 11)}

# Decimals keep all of their digits, as with the library that AWS uses. The encoder can write
# such a number only as a string, so it is marked with what no value can hold by chance.
_MARK = "decimal-%s:" % os.urandom(16).hex()
_EXACT_NUMBER = re.compile('"%s([^"]*)"' % _MARK)


class _Encoder(json.JSONEncoder):
    def default(self, value):
        if isinstance(value, decimal.Decimal):
            return math.nan if value.is_nan() else _MARK + str(value)
        return super().default(value)
