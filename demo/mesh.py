"""istiod in a pod, by its own charts, and roottrust's agent beside it."""

from __future__ import annotations

import yaml

from demo.errors import DemoError
from demo.excerpt import read_messages, shorten_certificates, skip_to_status
from demo.folder import Folder
from demo.policy import POLICY
from demo.prepare import HUB_NAMESPACE, ISTIO_NAMESPACE
from demo.shell import Shell
from demo.testbed_stage import CLUSTER, IMAGE
from testbed.istio import ISTIOD_VALUES

MESH = f"istiod-{ISTIO_NAMESPACE}-{CLUSTER}"
PLACE = f"--namespace={ISTIO_NAMESPACE}"

_WAIT = ("--wait", "--timeout=100s", "--hide-notes")


def install_istiod(shell: Shell, folder: Folder) -> None:
    """Install istiod's charts; `roottrust istiod-patch` puts the agent in as Helm renders."""
    if shell.stage.istio is None:
        raise DemoError("There is no image of istiod for this cluster.")
    charts = shell.stage.istio.charts
    upgrade = ("helm", "upgrade", "--install")
    shell.run(*upgrade, "istio-base", str(charts / "base"), PLACE, *_WAIT)
    shell.run("helm", "plugin", "install", "deploy/istiod/helm-plugin")
    values = folder.write("istiod-values.yaml", yaml.safe_dump(ISTIOD_VALUES, sort_keys=False))
    shell.narrator.say("With values for a small machine:")
    shell.narrator.output(values.read_text())
    shell.run(
        *upgrade,
        "istiod",
        str(charts / "istiod"),
        PLACE,
        f"--values={values}",
        "--post-renderer=roottrust",
        # The manual procedure's method; with a policy that says jwt it is left out.
        *(f"--post-renderer-args=--{each}" for each in ("login=kubernetes", f"image={IMAGE}")),
        *_WAIT,
    )
    shell.run("kubectl", "get", "pods", PLACE)


def show_agent_log(shell: Shell) -> None:
    """Show how the init container obtained the first intermediate."""
    words = ("logs", "deployment/istiod", PLACE, "--container=istiod-agent-init")
    shell.show("kubectl", *words, excerpt=read_messages)


def wait_for_mesh(shell: Shell) -> None:
    """Wait until the policy says that the mesh has its certificate, and trusts it everywhere."""
    place = f"--namespace={HUB_NAMESPACE}"
    for condition in ("CertificatesIssued", "TrustPropagated", "Ready"):
        wait = ("wait", f"--for=condition={condition}", POLICY, place, "--timeout=60s")
        shell.run("kubectl", *wait)


def show_mesh(shell: Shell) -> None:
    """Show what the manual procedure's last chapter looks at."""
    place = f"--namespace={HUB_NAMESPACE}"
    for kind in ("meshes", "issuedcertificates", "rtp"):
        shell.run("kubectl", "get", kind, "--all-namespaces")
    shell.run("kubectl", "describe", "mesh", MESH, place)
    words = ("describe", "issuedcertificates", MESH, PLACE)
    shell.show("kubectl", *words, excerpt=shorten_certificates)
    # Its spec was read when it was applied.
    shell.show("kubectl", "describe", "rtp", "cluster1", place, excerpt=skip_to_status)
