"""The instances of an orchestrator that is missing for a while wait."""

from collections.abc import Callable

from host_testing.running import RunningHost, until

Start = Callable[..., RunningHost]


def test_instances_of_a_missing_orchestrator_wait_until_it_is_there_again(fresh_host: Start) -> None:
    host = fresh_host()
    failed = host.begin("raises_after")
    host.ended(failed)
    one = host.begin("waits", ["go"])
    until(lambda: host.status(one)["runtimeStatus"] == "Running")
    assert host.stop() == 0
    host.environ |= {"AzureWebJobs.waits.Disabled": "true", "AzureWebJobs.raises_after.Disabled": "true"}
    host.start()
    host.manage("POST", f"/instances/{one}/raiseEvent/go", 5)
    until(lambda: "has no orchestrator 'waits'" in host.log.read_text())
    assert host.status(one)["runtimeStatus"] == "Running"
    refused = host.manage("POST", f"/instances/{failed}/rewind?reason=x")
    assert (refused.status, "has no orchestrator 'raises_after'" in refused.json) == (412, True)
    assert host.stop() == 0
    del host.environ["AzureWebJobs.waits.Disabled"]
    host.start()
    assert host.ended(one)["output"] == [5]
