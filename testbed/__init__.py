"""Real Kubernetes clusters and a real Vault on one Linux machine.

from testbed import Testbed, VaultOptions

bed = Testbed()
bed.up(["c1", "c2"], vault=VaultOptions(storage="file"))
bed.cluster("c1").kubectl("get", "pods", "-A").stdout
bed.vault.restart()
bed.down()
"""

from testbed.bed import Testbed
from testbed.build import BuiltImage
from testbed.cluster import Cluster
from testbed.command import CommandError
from testbed.errors import TestbedError
from testbed.image import Image
from testbed.image import write as write_image
from testbed.istio import Istio
from testbed.vault import Vault, VaultOptions

__all__ = [
    "BuiltImage",
    "Cluster",
    "CommandError",
    "Image",
    "Istio",
    "Testbed",
    "TestbedError",
    "Vault",
    "VaultOptions",
    "write_image",
]
