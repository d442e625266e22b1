"""AWS_ENDPOINT_URL for a botocore that is older than that variable (before 1.31).

Only when the function itself imports botocore is anything done: a finder on sys.meta_path waits
for `botocore.session` and wraps its create_client. A botocore that knows the variable is left
alone.
"""

import importlib.machinery
import os
import sys

_WATCHED = "botocore.session"


def install():
    sys.meta_path.insert(0, _Finder())


class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name != _WATCHED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader:
    """The module's own loader, and then the wrapping."""

    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        import botocore

        if _version(botocore.__version__) < (1, 31):
            _wrap(module.Session)


def _wrap(session_class):
    create_client = session_class.create_client

    def create_client_with_endpoint(self, service_name, *args, **kwargs):
        # The sixth positional argument after the service is endpoint_url.
        is_given = kwargs.get("endpoint_url") is not None or (len(args) > 4 and args[4] is not None)
        if not is_given:
            url = _endpoint_of(self, service_name)
            if url is not None and len(args) <= 4:
                kwargs["endpoint_url"] = url
        return create_client(self, service_name, *args, **kwargs)

    session_class.create_client = create_client_with_endpoint


def _endpoint_of(session, service_name):
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    for name in (_service_id(session, service_name), service_name):
        url = os.environ.get("AWS_ENDPOINT_URL_" + name.replace(" ", "_").replace("-", "_").upper())
        if url:
            return url
    return os.environ.get("AWS_ENDPOINT_URL") or None


def _service_id(session, service_name):
    # Newer botocores name the variable after the service id ("CloudWatch Logs"), not "logs".
    try:
        return session.get_service_model(service_name).service_id
    except Exception:
        return service_name


def _version(text):
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
