"""The operator's door: health, metrics, the API and its document."""
import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

import programs
from spending import ask, body, bound, cost, dollars

TOKEN = "admin-token-CANARY-1"
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CAdminDocument" / "openapi.json"
OPENAPI = pathlib.Path(sys.executable).parent.parent / "openapi" / "bin"


@pytest.fixture(scope="module")
def administered(tmp_path_factory, vendor):
    house = programs.House(tmp_path_factory.mktemp("admin"), vendor.url, proxy=[
        "admin: 127.0.0.1:0", "admins: [{name: ops, token-env: ADMIN_TOKEN}]"])
    house.publish_prices()
    house.key = house.create_key("used", "--budget", "1/month")
    house.proxy = house.start_proxy(variables={"ADMIN_TOKEN": TOKEN})
    yield house
    house.close()


def call(house, method, path, content=None, token=TOKEN):
    request = urllib.request.Request(
        house.proxy.admin_url + path, method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {}))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def api(house, method, path, content=None, status=200):
    found, text = call(house, method, path, content)
    assert found == status, text
    return json.loads(text)


def test_health_and_metrics_need_no_token_and_the_api_does(administered):
    assert call(administered, "GET", "/health/live", token=None)[0] == 200
    assert call(administered, "GET", "/health/ready", token=None)[0] == 200
    assert call(administered, "GET", "/metrics", token=None)[0] == 200
    for token in (None, "", TOKEN[:-1], TOKEN + "x"):
        assert call(administered, "GET", "/v1/keys", token=token)[0] == 401
    assert call(administered, "POST", "/metrics")[0] == 405


def test_metrics_say_what_was_asked_and_spent(administered):
    request = body(5)
    assert ask(administered.proxy, administered.key["key"], request, "tokens=input:100,output:5").status == 200
    assert ask(administered.proxy, "sk-tb-nobody", request).status == 401
    text = call(administered, "GET", "/metrics")[1]
    labels = ('endpoint="openai.chat_completions",provider="openai",model="gpt-4o-mini-2024-07-18",outcome="ok"')
    assert f"tollbook_requests_total{{{labels}}} 1\n" in text, text
    assert f'tollbook_tokens_total{{{labels},class="input"}} 100\n' in text
    assert f'tollbook_cost_usd_total{{{labels}}} {dollars(cost(100, 5)).rstrip("0")}\n' in text
    assert 'tollbook_refused_requests_total{reason="invalid_key"} 1\n' in text
    assert f'id="{administered.key["id"]}",budget="month@UTC"}} 1\n' in text
    for name in ("tollbook_request_duration_seconds_bucket", "tollbook_first_byte_seconds_count",
                 "tollbook_request_overhead_seconds_sum", "tollbook_log_lag_seconds", "tollbook_running_requests"):
        assert name in text
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done.stdout + done.stderr


def test_names_that_clients_choose_make_no_series(administered):
    for number in range(30):
        ask(administered.proxy, administered.key["key"], json.dumps({"model": f"made-up-{number}"}).encode())
    text = call(administered, "GET", "/metrics")[1]
    assert "made-up" not in text and 'model="other"' in text


def test_keys_are_made_changed_rotated_and_revoked_over_the_api(administered):
    made = api(administered, "POST", "/v1/keys", {
        "name": "over-api", "team": "t", "tags": {"product": "p"}, "models": ["gpt-*"], "requests_per_minute": 100,
        "budgets": ["5/day@Asia/Tokyo", "9/total"], "networks": ["127.0.0.0/8"], "expires": "30d"}, 201)
    assert made["key"].startswith("sk-tb-") and made["state"] == "valid"
    programs.wait_until("the proxy knows it", 20, lambda: ask(administered.proxy, made["key"], body(1)).status == 200)
    changed = api(administered, "PATCH", f"/v1/keys/{made['id']}", {"team": None, "disabled": True})
    assert changed["team"] is None and changed["state"] == "disabled" and changed["budgets"] == made["budgets"]
    assert "key" not in changed
    rotated = api(administered, "POST", "/v1/keys/over-api/rotate", {"grace": "1h"})
    assert rotated["key"] != made["key"] and len(rotated["former_secrets_until"]) == 1
    assert call(administered, "POST", "/v1/keys", {"name": "over-api"})[0] == 409
    assert api(administered, "DELETE", f"/v1/keys/{made['id']}")["state"] == "revoked"
    assert call(administered, "DELETE", f"/v1/keys/{made['id']}")[0] == 404
    entries = api(administered, "GET", f"/v1/audit?subject={made['id']}")["entries"]
    assert [(entry["action"], entry["actor"]) for entry in entries] == [
        ("create", "api:ops"), ("update", "api:ops"), ("rotate", "api:ops"), ("revoke", "api:ops")]
    assert entries[1]["changes"] == {"team": ["t", None], "disabled": [False, True]}
    by_cli = administered.command("keys", "audit", "used", "--json").stdout
    assert json.loads(by_cli)[0]["actor"].startswith("cli:")
    for name, data in administered.everything_written().items():
        for secret in (made["key"], rotated["key"], TOKEN):
            assert secret.encode() not in data, name


def test_policies_and_budgets_over_the_api(administered):
    api(administered, "PATCH", "/v1/policies/team/%E5%AF%A9%E6%9F%BB", {"budgets": ["3/week"], "parallel_requests": 4})
    shown = api(administered, "GET", "/v1/policies/team/%E5%AF%A9%E6%9F%BB")
    assert shown["name"] == "審査" and shown["budgets"] == ["3/week@UTC"]
    assert call(administered, "GET", "/v1/policies/user/nobody")[0] == 404
    state = next(state for state in api(administered, "GET", "/v1/budgets")["budgets"]
                 if state["id"] == administered.key["id"])
    assert state["usd"] == "1" and state["spent_usd"] == dollars(cost(100, 5)).rstrip("0") and state["reserved_usd"] == "0"


@pytest.mark.parametrize("content", [
    [], {"name": ""}, {"name": "x", "nonsense": 1}, {"name": "x", "budgets": ["5"]}, {"name": "x", "models": "gpt"},
    {"name": "x", "requests_per_minute": -1}, {"name": "x", "requests_per_minute": 1.5}, {"name": None},
    {"name": "x", "networks": ["10.0.0.0/40"]}, {"name": "x", "budgets": ["1/day@Nowhere/City"]}, {"team": "t"},
    {"name": "x", "disabled": "yes"}, {"name": "x", "tags": {"a=b": "c"}}, {"name": "x\n"},
])
def test_bad_bodies_are_told_what_is_wrong(administered, content):
    status, text = call(administered, "POST", "/v1/keys", content)
    assert status == 400 and json.loads(text)["error"]["message"]


def test_the_document_is_the_committed_one_and_valid(administered):
    served = call(administered, "GET", "/openapi.json", token=None)[1]
    assert json.loads(served) == json.loads(DOCUMENT.read_text())
    done = subprocess.run([OPENAPI / "openapi-spec-validator", str(DOCUMENT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_api_keeps_what_its_document_says(administered, tmp_path):
    """Schemathesis makes requests out of the document, good and bad ones, from a fixed seed."""
    checks = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
              "response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth")
    done = subprocess.run(
        [OPENAPI / "schemathesis", "run", administered.proxy.admin_url + "/openapi.json", "--url",
         administered.proxy.admin_url, "-H", f"Authorization: Bearer {TOKEN}", "--checks", checks, "--seed", "1",
         "--max-examples", "15", "--no-color", "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, env=os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
