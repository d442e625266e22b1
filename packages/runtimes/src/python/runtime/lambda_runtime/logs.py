"""The root logger and the runtime's own error lines, in Lambda's text and JSON formats."""

import logging
import sys
import time
import traceback

from .json_values import to_json

_TIME = "%Y-%m-%dT%H:%M:%S"
_NO_BREAK_SPACE = "\u00a0"

_FAILED_INIT = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, "
    "or can be applied automatically. To determine if the runtime has been updated, check the "
    "runtime version in the INIT_START log entry. If this error correlates with a change in the "
    "runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"
)


class _CurrentInvocation:
    request_id = None
    tenant_id = None


current_invocation = _CurrentInvocation()


class LogSink:
    def __init__(self, environ):
        self.is_json = environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"

    def log(self, message):
        # One line, thus one event, for each message: newlines inside become carriage returns.
        sys.stdout.write(message.rstrip("\n").replace("\n", "\r") + "\n")

    def warn_of_failed_init(self):
        logging.warning(_FAILED_INIT)

    def log_error(self, report):
        if self.is_json:
            stamp = time.strftime(_TIME, time.gmtime())
            self.log(to_json({"timestamp": stamp, "level": "ERROR", **report}))
            return
        # AWS keeps the indentation of these lines from being trimmed with no-break spaces.
        lines = ["[ERROR] %s" % ": ".join(filter(None, [report["errorType"], report["errorMessage"]]))]
        lines.append("Traceback (most recent call last):")
        for entry in report["stackTrace"]:
            lines += [_with_no_break_indentation(line) for line in entry.splitlines()] or [""]
        self.log("\n".join(lines))


def set_up_logging(environ, sink):
    logging.Formatter.converter = time.gmtime
    handler = _Handler(sink)
    if sink.is_json:
        handler.setFormatter(_JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", _TIME
            )
        )
    handler.addFilter(_mark_with_invocation)
    root = logging.getLogger()
    root.addHandler(handler)
    level = environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG"}.get(level, level)
    if isinstance(logging.getLevelName(level), int):
        root.setLevel(level)


class _Handler(logging.Handler):
    def __init__(self, sink):
        super().__init__()
        self.log_sink = sink

    def emit(self, record):
        self.log_sink.log(self.format(record))


def _mark_with_invocation(record):
    record.aws_request_id = current_invocation.request_id or ""
    record.tenant_id = current_invocation.tenant_id
    return True


_STANDARD_MEMBERS = set(vars(logging.LogRecord("", 0, "", 0, "", (), None))) | {
    "aws_request_id",
    "tenant_id",
    "taskName",
    "asctime",
    "message",
}


class _JsonFormatter(logging.Formatter):
    def format(self, record):
        level = min(50, max(0, record.levelno)) // 10 * 10
        members = {
            "timestamp": "%s.%03dZ" % (time.strftime(_TIME, time.gmtime(record.created)), record.msecs),
            "level": logging.getLevelName(level),
            "message": record.getMessage(),
            "logger": record.name,
            **_exception_members(record),
            "requestId": record.aws_request_id,
            "location": _location_of(record),
            "tenantId": record.tenant_id,
        }
        for name, value in vars(record).items():
            if name not in _STANDARD_MEMBERS and name not in members:
                members[name] = value
        return to_json({name: value for name, value in members.items() if value is not None}) + "\n"


def _exception_members(record):
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(error),
    }


def _location_of(record):
    if not record.exc_info or record.exc_info[0] is None:
        return None
    return "%s:%s:%s" % (record.pathname, record.funcName, record.lineno)


def _with_no_break_indentation(line):
    text = line.lstrip(" ")
    return _NO_BREAK_SPACE * (len(line) - len(text)) + text
