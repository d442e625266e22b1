"""Errors as Lambda reports them."""

import os
import traceback

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))


class Fault(Exception):
    """An error of the runtime itself; `type` is what AWS calls it."""

    def __init__(self, type, message, trace=None):
        super().__init__(message)
        self.type = type
        self.message = message
        self.trace = trace or []


def report_of(error, request_id):
    """The JSON object of /error, /init/error and the log."""
    if isinstance(error, Fault):
        message, type_name, trace = error.message, error.type, error.trace
    else:
        message, type_name = str(error), type(error).__name__
        trace = traceback.format_list(_frames(error))
    return {
        "errorMessage": message,
        "errorType": type_name,
        "requestId": request_id or "",
        "stackTrace": trace,
    }


def xray_cause(error):
    if isinstance(error, Fault):
        message, type_name, frames = error.message, "LambdaValidationError", []
    else:
        message, type_name, frames = str(error), type(error).__name__, _frames(error)
    stack = [{"label": name, "path": path, "line": line} for path, line, name, _ in frames]
    return {
        "working_directory": os.getcwd(),
        "exceptions": [{"message": message, "type": type_name, "stack": stack}],
        "paths": sorted({frame["path"] for frame in stack}),
    }


def _frames(error):
    frames = [
        (frame.filename, frame.lineno, frame.name, frame.line)
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    # The first frames are ours, and of importlib on the way into the user's module.
    for start, (path, *_) in enumerate(frames):
        if not os.path.abspath(path).startswith(_OWN_FOLDER):
            return frames[start:]
    return frames
