"""A recording of Azure, sent to a simulated cloud of its own."""

from azure_simulator.core.times import SECOND

from packages.azure_simulator.tests.in_process import START_US, open_cloud
from packages.azure_simulator.tests.recorded.catalogue import offer
from packages.azure_simulator.tests.recorded.directory import DirectoryReplay
from packages.azure_simulator.tests.recorded.findings import Findings
from packages.azure_simulator.tests.recorded.names import Names
from packages.azure_simulator.tests.recorded.recordings import ARM, GRAPH, Recording
from packages.azure_simulator.tests.recorded.resources import ResourceReplay
from packages.azure_simulator.tests.recorded.secrets import SecretReplay


def replay(recording: Recording, findings: Findings) -> None:
    """Send every request that can be compared, in the recorded order."""
    findings.recording = recording.name
    cloud, names = open_cloud(start_us=_begun_us(recording)), Names()
    cloud.sim("POST", "config", offer(recording))
    resources = ResourceReplay(cloud, names, findings, recording)
    parts = {ARM: resources.send, GRAPH: DirectoryReplay(cloud, names, findings).send}
    secrets = SecretReplay(cloud, names, findings)
    for exchange in recording.exchanges:
        parts.get(exchange.host, secrets.send)(exchange)


def _begun_us(recording: Recording) -> int:
    """Return the moment of the first answer: requests have dates that have to lie ahead."""
    first = next((each.at for each in recording.exchanges if each.at is not None), None)
    return START_US if first is None else int(first.timestamp()) * SECOND
