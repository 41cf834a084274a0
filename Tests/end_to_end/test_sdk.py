"""The vendors' own SDKs see no difference: the same objects and the same exceptions, with the proxy and without."""
import json
import os
import pathlib
import subprocess
import sys
import uuid

import pytest

import sdk_scenarios

SDKS = {"openai 3": ("openai", "3.54.0"), "anthropic 2": ("anthropic", "2.12.0"), "anthropic 1": ("anthropic", "1.17.0")}
RUN_SECONDS_MAX = 300


def run(sdk, url, key, label):
    vendor, version = SDKS[sdk]
    environment = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
    here = str(pathlib.Path(__file__).parent)
    environment["PYTHONPATH"] = here
    if sdk == "anthropic 1":
        folder = os.environ.get("ANTHROPIC_1_DIR", "")
        assert pathlib.Path(folder, "anthropic").is_dir(), "ANTHROPIC_1_DIR must hold anthropic 1.17.0 (see run.sh)"
        environment["PYTHONPATH"] = f"{folder}:{here}"
    done = subprocess.run(
        [sys.executable, "sdk_scenarios.py", vendor, url, key, label], cwd=here, env=environment,
        capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert results["version"] == version
    return results


@pytest.fixture(scope="session")
def runs(shared):
    """Each SDK's scenarios, run once directly and once through the proxy."""
    made = {}

    def of(sdk):
        if sdk not in made:
            label = uuid.uuid4().hex[:8]
            vendor_before = len(shared.vendor.requests)
            direct = run(sdk, shared.vendor.url, "sk-vendor-direct", "direct")
            vendor_middle = len(shared.vendor.requests)
            through = run(sdk, shared.proxy.url, shared.key["key"], label)
            requests = shared.vendor.requests
            made[sdk] = label, direct, through, (requests[vendor_before:vendor_middle], requests[vendor_middle:])
        return made[sdk]

    return of


def every_scenario():
    return [(sdk, name) for sdk, (vendor, _) in SDKS.items() for name in sdk_scenarios.scenarios(vendor)]


BROKEN = ("stream cut", "stream without its end")


@pytest.mark.parametrize("sdk,scenario", every_scenario())
def test_the_application_sees_the_same(runs, sdk, scenario):
    _, direct, through, _ = runs(sdk)
    assert direct[scenario]["seen"] or "error" in direct[scenario]
    if scenario in BROKEN:
        # Without the proxy a stream that lacks its end passes for a whole one; with it, the application is told.
        assert "error" in through[scenario]
        assert through[scenario]["error"]["class"] in ("APIConnectionError", "RemoteProtocolError", "ReadError")
        assert through[scenario]["seen"] and "status_code" not in through[scenario]["error"]
    else:
        assert through[scenario] == direct[scenario]


@pytest.mark.parametrize("sdk", SDKS)
def test_each_try_of_the_sdk_is_a_request_of_its_own_in_the_log(runs, shared, sdk):
    label, _, _, (direct, through) = runs(sdk)
    assert len(direct) == len(through), "the proxy retries nothing by itself and swallows nothing"
    ends = {}
    for end in shared.log.ends:
        if (end["user"] or "").startswith(label):
            ends.setdefault(end["user"].removeprefix(label + " "), []).append(end["outcome"])
    assert len(through) == sum(len(outcomes) for outcomes in ends.values())
    assert ends["retry after one 429"] == ["vendor_error", "ok"]
    assert ends["retry after two 529"] == ["vendor_error", "vendor_error", "ok"]
    assert ends["429 for good"] == ["vendor_error", "vendor_error"]
    assert ends["plain"] == ends["stream"] == ends["async stream"] == ["ok"]
    assert ends["stream cut"] == ends["stream without its end"] == ["stream_broken"]
    assert ends["stream error event"] == ["vendor_error"]
    assert ends["error 400"] == ["client_error"]


@pytest.mark.parametrize("sdk", SDKS)
def test_the_sdks_requests_reach_the_vendor_unchanged_but_for_the_key(runs, sdk):
    _, _, _, (direct, through) = runs(sdk)
    for one, other in zip(direct, through):
        assert one["target"] == other["target"]
        ours, theirs = json.loads(other["body"]), json.loads(one["body"])
        for body in (ours, theirs):
            body.pop("user", None)
            body.pop("metadata", None)
        if ours.get("stream") and sdk.startswith("openai"):
            assert ours.pop("stream_options")["include_usage"] is True
            theirs.pop("stream_options", None)
        assert ours == theirs
        changed = {"authorization", "x-api-key", "host", "content-length", "accept-encoding", "connection", "cookie"}
        kept = [{name.lower(): value for name, value in request["headers"] if name.lower() not in changed}
                for request in (one, other)]
        assert kept[0] == kept[1]
