"""LiteLLM's keys, taken over by their SHA-256: no client changes its key."""
import csv
import hashlib
import json

import pytest

import programs
from spending import ask, body

KEYS = {name: f"sk-{name}-0123456789abcdef" for name in ("alpha", "beta", "gamma")}


def rows():
    def token(name):
        return hashlib.sha256(KEYS[name].encode()).hexdigest()
    return [
        {"token": token("alpha"), "key_name": "sk-...cdef", "key_alias": "alpha", "team_id": "team-1", "user_id": "u-1",
         "models": ["gpt-4o*", "gpt-4o-mini"], "max_budget": 12.5, "budget_duration": "30d", "tpm_limit": 1000, "rpm_limit": 60,
         "max_parallel_requests": None, "expires": "2099-01-31T00:00:00Z", "blocked": False, "spend": 3.25,
         "metadata": {"tags": ["prod"]}, "budget_limits": [{"budget_duration": "1d", "max_budget": 2}]},
        {"token": token("beta"), "key_alias": "beta", "models": [], "max_budget": None, "blocked": True, "spend": 0},
        {"token": token("gamma"), "key_alias": None, "models": ["all-proxy-models"], "expires": None, "blocked": None},
    ]


def test_keys_of_the_list_answer_go_on_working(make_house):
    house = make_house()
    house.publish_prices()
    file = house.folder / "list.json"
    file.write_text(json.dumps({"keys": rows(), "total_count": 3}))
    dry = house.command("keys", "import", str(file), "--dry-run", "--json")
    assert json.loads(dry.stdout)["new"] == 3 and json.loads(house.command("keys", "list", "--json").stdout) == []
    done = house.command("keys", "import", str(file), "--json")
    assert json.loads(done.stdout)["imported"] == 3 and "not carried over: spend" in done.stderr
    found = {key["id"]: key for key in json.loads(house.command("keys", "list", "--json").stdout)}
    alpha, beta, gamma = (found["k_" + row["token"][:16]] for row in rows())
    assert (alpha["name"], alpha["team"], alpha["user"], alpha["tags"]) == ("alpha", "team-1", "u-1", {"prod": "true"})
    assert alpha["budgets"] == ["12.5/month@UTC", "2/day@UTC"] and alpha["models"] == ["gpt-4o*", "gpt-4o-mini"]
    assert (alpha["requests_per_minute"], alpha["tokens_per_minute"]) == (60, 1000)
    assert beta["state"] == "disabled" and gamma["name"] == gamma["id"] and gamma["models"] == []
    proxy = house.start_proxy()
    assert [ask(proxy, KEYS[name], body(1)).status for name in KEYS] == [200, 403, 200]
    again = house.command("keys", "import", str(file), "--json")
    assert json.loads(again.stdout)["new"] == 0
    assert [entry["action"] for entry in json.loads(house.command("keys", "audit", "--json").stdout)] == ["import"] * 3


def test_the_tables_export_as_csv(make_house):
    house = make_house()
    file = house.folder / "table.csv"
    columns = ["token", "key_alias", "models", "max_budget", "budget_duration", "expires", "blocked", "metadata"]
    with open(file, "w", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        first = rows()[0]
        writer.writerow({
            "token": first["token"], "key_alias": 'al"pha,\n1'.replace("\n", " "), "models": "{gpt-4o*,gpt-4o-mini}", "max_budget": "12.5",
            "budget_duration": "7d", "expires": "2099-01-31 00:00:00", "blocked": "f", "metadata": '{"tags": ["a"]}'})
    house.command("keys", "import", str(file))
    alpha, = json.loads(house.command("keys", "list", "--json").stdout)
    assert alpha["name"] == 'al"pha, 1' and alpha["models"] == ["gpt-4o*", "gpt-4o-mini"]
    assert alpha["budgets"] == ["12.5/week@UTC"] and alpha["expires"] == "2099-01-31T00:00:00.000000Z"
    assert alpha["tags"] == {"a": "true"} and alpha["state"] == "valid"


@pytest.mark.parametrize("content,words", [
    ("[]", "no keys"), ('[{"token": "sk-plain"}]', ":1: `token`"), ("a,b\n1,2\n", "neither JSON"), ('{"keys": [{]}', "not JSON"),
    ("token,models\nx\n", ":2: 1 fields"),
])
def test_a_wrong_file_is_refused_as_a_whole(make_house, content, words):
    house = make_house()
    file = house.folder / "wrong"
    file.write_text(content)
    done = house.command("keys", "import", str(file), codes=(2,))
    assert words in done.stderr and json.loads(house.command("keys", "list", "--json").stdout) == []
