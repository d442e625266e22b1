"""One event after the other: ask, run the handler, answer."""

import os
import sys

from . import faults
from .await_assignment import await_assignment
from .context import LambdaContext

from .json_values import load_event, response_body
from .logs import LogSink, current_invocation, set_up_logging
from .output import unbuffered
from .runtime_api import RuntimeApi
from .search_path import arrange_search_path


def main():
    environ = os.environ
    arrange_search_path(environ)
    sys.stdout = unbuffered(sys.stdout)
    sys.stderr = unbuffered(sys.stderr)
    api = RuntimeApi(environ["AWS_LAMBDA_RUNTIME_API"])
    # Without a handler there is no function yet: this process was started ahead of need.
    if "_HANDLER" not in environ:
        await_assignment(environ, api)
    sink = LogSink(environ)
    set_up_logging(environ, sink)
    handler = _load_or_exit(environ, api, sink)
    while True:
        _handle_one(api, sink, handler, api.next_invocation())


def _load_or_exit(environ, api, sink):
    # Imported here: the search path is arranged only now, and handlers come from there.
    from .load_handler import load_handler

    try:
        return load_handler(environ["_HANDLER"])
    except Exception as error:
        report = faults.report_of(error, None)
    # AWS: this warning comes before the error of a failed init, through the root logger.
    sink.warn_of_failed_init()
    sink.log_error(report)
    api.post_init_error(report)
    sys.exit(1)


def _handle_one(api, sink, handler, invocation):
    current_invocation.request_id = invocation.request_id
    current_invocation.tenant_id = invocation.tenant_id
    _set_trace_id(invocation.trace_id)
    try:
        context = LambdaContext(invocation, os.environ)
        body, content_type = response_body(handler(load_event(invocation.body), context))
    except Exception as error:
        report = faults.report_of(error, invocation.request_id)
        sink.log_error(report)
        api.post_error(invocation.request_id, report, faults.xray_cause(error))
    else:
        api.post_response(invocation.request_id, body, content_type)


def _set_trace_id(trace_id):
    if trace_id is None:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    else:
        os.environ["_X_AMZN_TRACE_ID"] = trace_id


