"""What is in the image: `python -m release.sbom` writes dist/sbom.cdx.json and dist/licences.md."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as BomComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from release import debian_packages, python_packages
from release.component import Component
from release.errors import ReleaseError
from release.image_files import read_files
from release.licence_page import render_page
from release.licences import LicencePolicy, is_clear
from release.source import read_epoch
from release.tree import DIST, REPOSITORY, read_project, read_version
from testbed import Testbed, TestbedError

IMAGE = "localhost/roottrust:dev"
SBOM, LICENCES = "sbom.cdx.json", "licences.md"
_NAMESPACE = uuid.UUID("6f0cd7a6-9a4e-5c1c-8d0e-1d6cf7d1b0a5")
_VERSION = SchemaVersion.V1_6


def find_components(archive: Path) -> list[Component]:
    """Return every part of an image, ours first."""
    files = read_files(
        archive, lambda path: python_packages.is_wanted(path) or debian_packages.is_wanted(path)
    )
    base = debian_packages.find_debian_packages(files)
    if not any(each.name == "python3" for each in base):
        base = [python_packages.find_interpreter(files), *base]
    return [*python_packages.find_python_packages(files), *base]


def build_sbom(components: Iterable[Component], *, version: str, epoch: int) -> str:
    """Return the bill as CycloneDX; of the same parts it is the same text."""
    parts = list(components)
    bom = Bom(serial_number=_build_serial(parts, version))
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    bom.metadata.component = image = BomComponent(
        name="roottrust", version=version, type=ComponentType.CONTAINER, bom_ref="image"
    )
    packages = {each.name: _build_component(each) for each in parts if not each.inside}
    for part in parts:
        if part.inside:
            packages[part.inside].components.add(_build_component(part))
    bom.components.update(packages.values())
    bom.register_dependency(image, packages.values())
    text = make_outputter(bom, OutputFormat.JSON, _VERSION).output_as_string(indent=2)
    check_sbom(text)
    return text + "\n"


def check_sbom(text: str) -> None:
    """Have a bill be what CycloneDX's schema says."""
    error = JsonStrictValidator(_VERSION).validate_str(text)
    if error is not None:
        raise ReleaseError(f"The SBOM does not fit CycloneDX's schema: {error}")


def write_bill(archive: Path, into: Path) -> list[str]:
    """Write both files, and return what is wrong with the licences."""
    policy = LicencePolicy.read(read_project())
    found = find_components(archive)
    components = policy.complete(found)
    into.mkdir(exist_ok=True)
    version = read_version()
    (into / SBOM).write_text(build_sbom(components, version=version, epoch=read_epoch()))
    (into / LICENCES).write_text(render_page(components, version))
    return [*policy.list_refused(components), *policy.list_needless(found)]


def main() -> int:
    """Write what is in the image of this tree, built before if it is not there."""
    try:
        wrong = write_bill(Testbed().build_image(REPOSITORY, IMAGE).archive, DIST)
    except (ReleaseError, TestbedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    print(f"dist/{SBOM}\ndist/{LICENCES}")
    return 1 if wrong else 0


def _build_component(part: Component) -> BomComponent:
    return BomComponent(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        purl=PackageURL.from_string(part.purl),
        bom_ref=f"{part.inside}#{part.purl}" if part.inside else part.purl,
        licenses=_build_licences(part),
    )


def _build_licences(part: Component) -> Sequence[License]:
    """Give expressions as such; what is none is the name of a licence."""
    if len(part.licences) == 1 and is_clear(part.licences):
        return [LicenseExpression(part.licences[0])]
    return [DisjunctiveLicense(name=each) for each in part.licences]


def _build_serial(parts: Sequence[Component], version: str) -> uuid.UUID:
    names = sorted(f"{each.inside} {each.purl}" for each in parts)
    return uuid.uuid5(_NAMESPACE, "\n".join([version, *names]))


if __name__ == "__main__":
    sys.exit(main())
