"""A runtime that was started before there is a function for it.

It practises what an invocation does, so that the modules for it are there, then waits until it is
told whose it is. What it leaves must be what a process has that was started for the function.
"""

import json
import os
import sys

from .context import LambdaContext
from .json_values import load_event, response_body

_ROUNDS = 3


def await_assignment(environ, api):
    from . import load_handler  # noqa: F401 (what it needs is imported before it is needed)

    for _ in range(_ROUNDS):
        invocation = api.next_invocation()
        LambdaContext(invocation, environ)
        body, content_type = response_body(load_event(invocation.body))
        api.post_response(invocation.request_id, body, content_type)
    assignment = json.loads(api.assignment())
    environ.update(assignment["env"])
    # The folder has been mounted over the empty one in which this process started, and what the
    # import system may have seen there does not hold any more.
    os.chdir(assignment["cwd"])
    task_root, _, layers = sys.path[:3]
    for path in [path for path in sys.path_importer_cache if path.startswith((task_root, layers))]:
        del sys.path_importer_cache[path]
