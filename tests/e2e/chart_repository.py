"""A repository of istio's charts, as the one that istio.io names: what `helm repo add` asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import yaml

from testbed import Istio
from tests.e2e.helm import VALUES
from tests.helm_program import HelmProgram

# Where istiod's chart has its defaults: users' values are laid over them.
_DEFAULTS = "_internal_defaults_do_not_set"


@contextmanager
def serve_charts(istio: Istio, folder: Path) -> Iterator[str]:
    """Give the URL of a repository whose istiod is, without any value, the one of the testbed."""
    own = folder / "istio-discovery"
    shutil.copytree(istio.istiod_chart, own)
    _change_defaults(own / "values.yaml")
    helm = HelmProgram(binary=istio.helm, folder=folder / "helm")
    served = folder / "served"
    for chart in (istio.base_chart, own):
        helm.run("package", chart, "--destination", served)
    helm.run("repo", "index", served)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(served)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _change_defaults(path: Path) -> None:
    values = yaml.safe_load(path.read_text())
    values[_DEFAULTS] |= VALUES | {"global": values[_DEFAULTS]["global"] | VALUES["global"]}
    path.write_text(yaml.safe_dump(values))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass
