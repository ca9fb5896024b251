"""What a mesh is made of: istiod's image, its workloads' agent, their charts, and Helm."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed import images, node, parts
from testbed.cache import Cache
from testbed.image import Image
from testbed.parts import Part, Workshop

PILOT_IMAGE = "localhost/pilot:testbed"
AGENT_IMAGE = "localhost/pilot-agent:testbed"
# Of istiod's chart: the image that is on the node, and little memory (the chart asks for 2 GiB).
ISTIOD_VALUES = {
    "image": PILOT_IMAGE,
    "global": {"imagePullPolicy": "Never"},
    "autoscaleEnabled": False,
    "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
}


@dataclass(frozen=True)
class Istio:
    """Everything needed to install istiod by its own charts, and to give workloads certificates."""

    helm: Path
    helm_3: Path
    charts: Path
    archives: Sequence[Path]

    @property
    def base_chart(self) -> Path:
        """The chart of its kinds."""
        return self.charts / "base"

    @property
    def istiod_chart(self) -> Path:
        """The chart of istiod."""
        return self.charts / "istio-control/istio-discovery"


def provide(cache: Cache, workshop: Workshop) -> Istio:
    """Obtain whatever is missing, and write the images that are not there."""
    workshop.provide(parts.ISTIO)
    wanted = (
        (parts.PILOT_DISCOVERY, PILOT_IMAGE),
        (parts.PILOT_AGENT, AGENT_IMAGE),
    )
    return Istio(
        helm=workshop.binary(parts.HELM),
        helm_3=workshop.binary(parts.HELM_3),
        charts=workshop.binary(parts.ISTIO_CHARTS),
        archives=[
            images.archive(cache, f"image-{part.name}", part.version, _image(workshop, part, name))
            for part, name in wanted
        ],
    )


def _image(workshop: Workshop, part: Part, name: str) -> Image:
    """Put a program of istio beside a shell: probes want one, and so do people."""
    busybox = node.busybox_image()
    return Image(
        name=name,
        files={**busybox.files, f"usr/local/bin/{part.name}": workshop.binary(part)},
        links=busybox.links,
        entrypoint=(f"/usr/local/bin/{part.name}",),
        # The chart says runAsNonRoot, which a user's name would not prove.
        user="1337:1337",
    )
