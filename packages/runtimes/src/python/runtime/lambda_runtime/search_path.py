"""sys.path as a function sees it on AWS, and the few things that `site` gives every program.

The interpreter is started with -S, so that no package installed on the host leaks into the
function. What `site` would have added to builtins (exit, quit, help) is added here.
"""

import os
import sys


def arrange_search_path(environ):
    version = "python%d.%d" % sys.version_info[:2]
    runtime = environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime")
    layers = _layers_folder(environ, runtime)
    first = [
        environ.get("LAMBDA_TASK_ROOT", "/var/task"),
        "%s/python/lib/%s/site-packages" % (layers, version),
        "%s/python" % layers,
    ]
    own = {os.path.realpath(runtime), os.path.realpath(os.path.dirname(os.path.dirname(__file__)))}
    rest = [path for path in sys.path if os.path.realpath(path) not in own]
    sys.path[:] = [*first, runtime, *rest]
    _add_builtins()
    _add_endpoint_to_old_botocore(environ)


def _layers_folder(environ, runtime):
    # Without isolation the platform's variables name the folders of the host that stand for those
    # of the sandbox; of the layers' folder PATH does, in its last entry.
    last = environ.get("PATH", "").rsplit(":", 1)[-1]
    is_isolated = runtime == "/var/runtime"
    return "/opt" if is_isolated or not last.endswith("/bin") else last[: -len("/bin")]


def _add_builtins():
    import site

    site.setquit()
    site.sethelper()
    site.setcopyright()


def _add_endpoint_to_old_botocore(environ):
    if any(name.startswith("AWS_ENDPOINT_URL") for name in environ):
        from . import botocore_endpoint

        botocore_endpoint.install()
