"""Sources with a role: usage that is added by scope and dates, tools beside the proxy, bills that are compared."""
import gzip
import json
import re
from decimal import Decimal

import pytest

import spend_logs
import stores
from desk import PERIOD, Desk, end_line, make_month
from test_sources import GOOD, configure, cost, desk, put, stored  # noqa: F401

pytestmark = pytest.mark.usefixtures("store_kind")
MODEL = "claude-haiku-4-5-20251001"


def hours(*rows, width=3600):
    """Pages of OpenAI's usage API, a bucket each: (hour since 2026-10-01T00:00:00Z, tokens in, project)."""
    begin = 1790812800
    return "\n".join(json.dumps({"object": "page", "data": [{
        "object": "bucket", "start_time": begin + hour * 3600, "end_time": begin + hour * 3600 + width, "results": [{
            "object": "organization.usage.completions.result", "input_tokens": tokens, "input_cached_tokens": 0,
            "output_tokens": 100, "num_model_requests": 4, "project_id": project, "user_id": None, "api_key_id": None,
            "model": "gpt-4o-mini-2024-07-18", "batch": False, "service_tier": "default"}]}],
        "has_more": False, "next_page": None}) for hour, tokens, project in rows).encode()


def adding(**changes):
    return {"path": "usage", "format": "openai-usage", "role": "add", "scope": {"project_id": "batch"},
            "from": "2026-10-01", "until": "2026-11-01"} | changes


def test_usage_inside_of_scope_and_dates_is_added_in_the_books_zone(desk):
    # October of Tokyo begins at 15:00 UTC of the last of September; hour -9 is its first, hour 735 November's.
    put(desk, "usage/1.json", hours((-10, 1000, "batch"), (-9, 2000, "batch"), (0, 3000, "web"), (734, 4000, "batch"), (735, 5000, "batch")))
    configure(desk, adding())
    run = desk.run(codes=(0,))
    # 6000 tokens in at 0.15 and 200 out at 0.60 USD a million.
    assert cost(run) == Decimal("0.0009") + Decimal("0.00012")
    assert run["totals"]["requests"] == 8
    assert [(i["lines"], i["usages"], i["control"]) for i in run["inputs"]] == [(5, 2, 3)]
    used = [json.loads(row) for row in desk.command("usage", "--period", PERIOD, "--by", "model", "--json").out.splitlines()]
    assert [(u["requests"], u["input_tokens"]) for u in used] == [(8, 6000)]
    explained = desk.command("ingest", "--json")
    assert json.loads(explained.out)["lines"] == 0


def test_what_may_have_passed_the_proxy_is_refused_until_its_account_is_known(desk):
    desk.write_lines("a.jsonl", end_line(1, provider="openai", upstream="main", endpoint="openai.chat_completions",
                                         usage={"prompt_tokens": 10, "completion_tokens": 1},
                                         model={"requested": "m", "returned": "gpt-4o-mini-2024-07-18"}))
    put(desk, "usage/1.json", hours((100, 1000, "batch")))
    configure(desk, adding())
    done = desk.command("run", "--period", PERIOD, codes=(1,))
    assert "1.json: some of it may be in the books already" in done.err and "by the upstream main" in done.err
    assert "role: compare" in done.err and stored(desk) == (1, 1)
    path = desk.folder / "tollbook.yaml"
    path.write_text(path.read_text() + """
upstreams:
  - {name: main, provider: openai, base-url: "https://api.openai.com/v1", scope: {project_id: web}}
""")
    assert desk.run(codes=(0,))["totals"]["requests"] == 5


@pytest.mark.parametrize("changes, words", [
    ({"scope": None}, "names and values are needed here"), ({"scope": {}}, "role: add needs a scope"),
    ({"until": None}, "is not a day"), ({"until": "2026-10-01"}, "lies behind from"),
    ({"from": "yesterday"}, "\"yesterday\" is not a day such as 2026-10-01"),
    ({"scope": {"workspace_id": "a"}}, "\"workspace_id\" is no scope of openai-usage; there are project_id"),
    ({"format": "openai-costs"}, "states money, which stands beside the books and is never added"),
    ({"format": "cur"}, "cur states money"),
])
def test_a_role_that_cannot_be_is_named_with_its_line(desk, changes, words):
    configure(desk, {k: v for k, v in adding(**changes).items()})
    done = desk.command("ingest", codes=(2,))
    assert words in done.err and "tollbook.yaml:" in done.err


@pytest.mark.parametrize("data, words", [
    (hours((100, 1, "batch"), width=86400), "fetch the report with bucket_width=1h"),
    (hours((100, 1, None)), "group_by[]=project_id"),
    (hours((100, 1, "batch"))[:-9], "cut off"),
    (hours((100, 1, "batch")).replace(b"has_more\": false", b"has_more\": true"), "put the following pages behind it"),
    (hours((100, 1, "batch")).replace(b"num_model_requests", b"requests"), "`num_model_requests` is not a count"),
    (hours((100, 1, "batch"), (100, 1, "batch")), "row 2 is there twice"),
    (gzip.compress(hours((100, 1, "batch")))[:-30], "cut off"),
    (b"\xef\xbb\xbf" + hours((100, 1, "batch")).replace(b"gpt-4o", b"gpt\x00"), "not JSON"),
])
def test_a_wrong_usage_report_leaves_nothing(desk, data, words):
    put(desk, "usage/1.json", data)
    configure(desk, adding())
    done = desk.command("ingest", codes=(1,))
    assert words in done.err and "1.json: " in done.err
    assert stored(desk) == (0, 0)


CURSOR = """Date,User,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost
"2026-10-05T03:00:00.000Z","dev@example.com","On-Demand","claude-4.5-sonnet","No","1300","1000","9000","500","10800","0.12"
"2026-10-05T04:00:00.000Z","dev@example.com","Errored, No Charge","claude-4.5-sonnet","No","0","0","0","0","0","-"
"""
COPILOT = """date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,discount_amount,net_amount,organization
2026-10-05,octocat,copilot,copilot_premium_request,Claude Sonnet 4.5,12.5,requests,0.04,0.5,0.1,0.4,acme
"""
DEVIN = json.dumps({"total_acus": 3.25, "consumption_by_date": [
    {"date": 1791187200, "acus": 3.25, "acus_by_product": {"devin": 3.0, "cascade": None, "terminal": 0.25}}]})
CONTRACTS = """basis,provider,model,region,service_tier,context_over,when,meter,usd,per,factor,effective_from
contracted,cursor,claude-4.5-sonnet,,standard,0,,input,3,1000000,,
contracted,cursor,claude-4.5-sonnet,,standard,0,,cache_write_5m,3.75,1000000,,
contracted,cursor,claude-4.5-sonnet,,standard,0,,cache_read,0.3,1000000,,
contracted,cursor,claude-4.5-sonnet,,standard,0,,output,15,1000000,,
contracted,devin,*,,standard,0,,credit_millionth,2.25,1000000,,
contracted,github_copilot,*,,standard,0,sku=copilot_premium_request,credit_millionth,0.04,1000000,,
"""


def test_tools_beside_the_proxy_are_in_the_books_and_a_contract_gives_them_a_price(desk):
    for name, text in [("cursor.csv", CURSOR), ("copilot.csv", COPILOT), ("devin.json", DEVIN)]:
        put(desk, "tools/" + name, text.encode())
    configure(desk, {"path": "tools/cursor.csv"}, {"path": "tools/copilot.csv"},
              {"path": "tools/devin.json", "scope": {"user": "lead@example.com"}})
    unknown = desk.run(codes=(3,))
    assert unknown["totals"]["cost_usd"] == "0"
    assert {u["provider"] for u in unknown["unpriced"]} == {"cursor", "devin", "github_copilot"}
    assert {c["provider"]: c["stated_unpriced_usd"] for c in unknown["stated_costs"]} == {
        "cursor": "0.12", "github_copilot": "0.4"}
    contracts = put(desk, "contracts.csv", CONTRACTS.encode())
    desk.command("prices", "import", "--contracts", str(contracts))
    run = desk.run(codes=(0,))
    # Cursor 1000 x 3 + 300 x 3.75 + 9000 x 0.3 + 500 x 15 = 14325 a million; 12.5 requests at 0.04; 3.25 ACUs at 2.25.
    assert cost(run) == Decimal("0.014325") + Decimal("0.5") + Decimal("7.3125")
    assert run["totals"]["requests"] == 2 and run["totals"]["failed_requests"] == 1
    again = put(desk, "again/copy.csv", CURSOR.encode())
    summary = json.loads(desk.command("ingest", "--from", str(again), "--json").out)
    assert (summary["usages"], summary["duplicates"]) == (0, 2)


def test_a_bill_of_bedrock_stands_beside_the_books_by_profile(desk):
    profile = "arn:aws:bedrock:ap-northeast-1:111122223333:application-inference-profile/chrome7"
    desk.write_lines("a.jsonl", end_line(1, provider="bedrock", inference_profile=profile))
    heading = ("line_item_line_item_type,line_item_usage_start_date,line_item_product_code,line_item_usage_type,"
               "line_item_resource_id,line_item_unblended_cost,line_item_currency_code\n")
    rows = [f"Usage,2026-10-05T{hour:02}:00:00.000Z,AmazonBedrock,APN1-Haiku-{kind},{profile},0.001,USD\n"
            for hour in (3, 4) for kind in ("input-tokens", "output-tokens")]
    rows.append("Usage,2026-10-05T03:00:00.000Z,AmazonEC2,BoxUsage,i-1,100,USD\n")
    put(desk, "cur/data/BILLING_PERIOD=2026-10/e-00001.csv.gz", gzip.compress((heading + "".join(rows)).encode()))
    configure(desk, {"path": "cur", "format": "cur", "role": "compare"})
    run = desk.run(codes=(0, 3))
    assert run["totals"]["requests"] == 1
    days = [(d["model"], d["inference_profile"], d["stated_usd"]) for d in run["stated_days"]]
    assert sorted(days, key=str) == sorted([
        ("APN1-Haiku-input-tokens", profile, "0.002"), ("APN1-Haiku-output-tokens", profile, "0.002"),
        (MODEL, profile, None)], key=str)
    put(desk, "cur/metadata/BILLING_PERIOD=2026-10/e-Manifest.json", b'{"files":["e-00001.csv.gz","e-00002.csv.gz"]}')
    # Read by a new store.
    (desk.folder / "again").mkdir()
    desk.store = stores.location(desk.folder / "again")
    assert "part e-00002.csv is not beside it" in desk.command("ingest", codes=(1,)).err


def test_all_sources_together_give_the_same_bytes_on_both_stores(tmp_path, postgres):
    desks = []
    for number, store in enumerate([None, postgres.make_database()]):
        one = Desk(tmp_path / f"desk{number}", store=store).import_prices()
        one.raw_logs.mkdir()
        one.write_lines("a.jsonl", end_line(1))
        for name, text in [("cursor.csv", CURSOR), ("copilot.csv", COPILOT), ("devin.json", DEVIN)]:
            put(one, "tools/" + name, text.encode())
        put(one, "usage/1.json", hours((100, 1000, "batch"), (101, 1000, "web")))
        put(one, "days/1.json", hours((96, 1000, "web"), width=86400))
        put(one, "spend.jsonl", spend_logs.as_json_lines(GOOD[:50]))
        configure(one, adding(), {"path": "tools"}, {"path": "days"}, {"path": "spend.jsonl"})
        desks.append((one, one.run(codes=(3,))))
    (first, run), (second, other) = desks
    assert run == other and first.report_bytes() == second.report_bytes()
    assert run["totals"]["requests"] == 1 + 2 + 4
    assert [(d["stated"]["input"], d["here"].get("input", 0)) for d in run["stated_usage"]] == [(1000, 1000)]
    assert second.run(codes=(3,)) == run


def test_in_a_pipe_each_file_that_brought_something_is_one_line(desk):
    make_month(desk.raw_logs, requests=200, seed=7, bad=0, crashes=0)
    put(desk, "in/good.jsonl", spend_logs.as_json_lines(GOOD))
    put(desk, "in/same.jsonl", spend_logs.as_json_lines(GOOD[:20]) + b"{}\n")
    configure(desk, {"path": "in"})
    done = desk.command("ingest", codes=(3,))
    lines = [line for line in done.err.splitlines() if line.endswith(" s")]
    raw = [re.fullmatch(r"(\S+): (\d+) lines, (\d+) usages, (\d+) duplicates, (\d+) rejected, \d+\.\d\d s", line).groups()
           for line in lines]
    counts = {name: tuple(map(int, rest)) for name, *rest in raw}
    assert counts.pop("litellm:in/good.jsonl") == (300, 300, 0, 0)
    assert counts.pop("litellm:in/same.jsonl") == (21, 0, 20, 1)
    assert len(counts) == len(list(desk.raw_logs.rglob("*.jsonl")))
    assert sum(one[0] for one in counts.values()) == sum(
        len(path.read_bytes().splitlines()) for path in desk.raw_logs.rglob("*.jsonl"))
    # Nothing is new, so there is nothing to say of any file.
    again = desk.command("run", codes=(0, 3))
    assert not [line for line in again.err.splitlines() if line.endswith(" s")]
