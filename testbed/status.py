"""What is up and whether it is well, as a person reads it."""

from testbed.bed import Testbed
from testbed.programs import Programs


def describe(bed: Testbed) -> str:
    """Describe every cluster and Vault in a few lines."""
    lines = []
    for name, cluster in bed.clusters.items():
        trouble = cluster.health() if cluster.is_complete else "half started"
        lines.append(f"{name}  {trouble or 'ready'}  {cluster.server}")
        lines.append(f"  kubeconfig {cluster.kubeconfig}")
        lines.append(f"  pods {cluster.addresses.pods}  services {cluster.addresses.services}")
        lines.append(f"  {_programs(cluster.programs)}")
    for kind, vault in bed.vaults.items():
        lines.append(f"{kind}  {vault.health() or 'ready'}  {vault.address}  {vault.storage}")
        lines.append(f"  ca {vault.ca_file}  names {', '.join(vault.names) or 'none'}")
        lines.append(f"  {_programs(vault.programs)}")
    return "\n".join(lines) or "nothing is up"


def _programs(programs: Programs) -> str:
    return "  ".join(f"{name} {programs.pid(name) or 'stopped'}" for name in programs.names())
