"""The oracle held to arithmetic done by hand, so that it may judge the program."""
import gzip
import json
import re
from decimal import Decimal
from fractions import Fraction

import pytest

import oracle
import oracle_lines
import oracle_money

SONNET = {
    "input_cost_per_token": Decimal("3e-06"), "output_cost_per_token": Decimal("1.5e-05"),
    "cache_read_input_token_cost": Decimal("3e-07"), "cache_creation_input_token_cost": Decimal("3.75e-06"),
    "cache_creation_input_token_cost_above_1hr": Decimal("6e-06"),
    "input_cost_per_token_above_200k_tokens": Decimal("6e-06"),
    "cache_read_input_token_cost_above_200k_tokens": Decimal("6e-07"),
    "input_cost_per_token_flex": Decimal("1e-06"),
    "input_cost_per_token_above_200k_tokens_flex": Decimal("2e-06"),
    "cache_read_input_token_cost_priority": Decimal("5e-07"),
    "search_context_cost_per_query": {"search_context_size_medium": Decimal("0.01")},
}


def priced(line, price_list):
    model = line["model"]
    return oracle_money.price(line, price_list, line["counts"], [model["returned"], model["requested"]])


PRICES = {"m": SONNET, "azure/m": {"input_cost_per_token": Decimal("1e-06")}}
RULES = {
    "products": [{"id": "a", "cost_center": "1"}, {"id": "b", "cost_center": "2"}],
    "rules": [
        {"split": {"b": 1, "a": 2}, "when": {"key": "shared-*"}, "from": "2026-10-01", "until": "2026-10-20"},
        {"product": "a", "when": {"tags": {"product": "a"}, "ip": "10.0.0.0/8"}},
    ],
}


def end(**changes):
    line = {
        "v": 1, "kind": "end", "writer": "w", "seq": 1, "time": "2026-10-05T00:00:00.000000Z", "id": "i",
        "attempt": 1, "endpoint": "anthropic.messages", "provider": "anthropic", "final": True,
        "model": {"requested": "alias", "returned": "m"}, "outcome": "ok", "usage_source": "vendor",
        "usage": {"input_tokens": 100, "output_tokens": 10}, "key": {"name": "k"}}
    return line | changes


def parsed(**changes):
    return oracle_lines.parse(json.dumps(end(**changes)).encode())


def write(folder, name, *lines, tail=b""):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = [x if isinstance(x, bytes) else json.dumps(x).encode() + b"\n" for x in lines]
    path.write_bytes(b"".join(data) + tail)


def month(folder, tmp_path, timezone="UTC"):
    (tmp_path / "p.json").write_text(re.sub(r"\"(\d[0-9.Ee-]*)\"", r"\1", json.dumps(PRICES, default=str)))
    (tmp_path / "a.yaml").write_text(json.dumps(RULES))
    return oracle.books(folder, tmp_path / "p.json", tmp_path / "a.yaml", "2026-10", timezone)


@pytest.mark.parametrize("usage, classes", [
    ({"prompt_tokens": 18014, "completion_tokens": 40, "total_tokens": 18054,
      "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 18011}},
     {"input": 3, "cache_write_5m": 18011, "output": 40}),
    ({"prompt_tokens": 758, "completion_tokens": 102, "total_tokens": 1725}, {"input": 758, "output": 967}),
    ({"prompt_tokens": "12", "completion_tokens": 3.0}, {"input": 12, "output": 3}),
    ({"prompt_tokens": 5, "completion_tokens": None, "prompt_tokens_details": {"cached_tokens": 9}},
     {"cache_read": 5}),
])
def test_openai_counts_are_cut_into_disjoint_classes(usage, classes):
    counts = parsed(endpoint="openai.chat_completions", usage=usage)["counts"]
    assert dict(counts.used()) == classes
    assert counts.clamped == ("cache_read" in classes)


def test_other_vendors_counts_are_cut_into_disjoint_classes():
    def used(endpoint, usage):
        return dict(parsed(endpoint=endpoint, usage=usage)["counts"].used())

    assert used("anthropic.messages", {
        "input_tokens": 40, "cache_read_input_tokens": 9000, "cache_creation_input_tokens": 900,
        "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 500},
        "output_tokens": 210, "server_tool_use": {"web_search_requests": 2},
    }) == {"input": 40, "cache_read": 9000, "cache_write_5m": 400, "cache_write_1h": 500, "output": 210,
           "web_search": 2}
    assert used("bedrock.converse", {
        "inputTokens": 18, "outputTokens": 386, "totalTokens": 7906, "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 7502, "cacheDetails": [{"ttl": "5m", "inputTokens": 7502}],
    }) == {"input": 18, "cache_write_5m": 7502, "output": 386}
    assert used("gemini.generate_content", {
        "promptTokenCount": 1000, "cachedContentTokenCount": 300, "candidatesTokenCount": 50,
        "thoughtsTokenCount": 200, "toolUsePromptTokenCount": 70, "totalTokenCount": 1320,
    }) == {"input": 770, "cache_read": 300, "output": 250}


def test_each_model_inside_an_answer_is_counted_apart():
    def answer(*iterations, **top):
        usage = {"input_tokens": 9, "output_tokens": 9, "iterations": list(iterations)} | top
        counts = parsed(usage=usage, model={"requested": "A"})["counts"]
        return dict(counts.used()), [(m, dict(c.used())) for m, c in counts.others]

    def one(kind, n, out, model=None, **more):
        return {"type": kind, "model": model, "input_tokens": n, "output_tokens": out} | more

    # A declined attempt without output is free, the fallback is billed at its own model.
    assert answer(one("message", 535, 0, "A"), one("fallback_message", 412, 264, "B")) == (
        {}, [("B", {"input": 412, "output": 264})])
    # An advisor is another model; the rest adds up to the top level.
    assert answer(
        one("message", 412, 89), one("advisor_message", 823, 1612, "O"),
        one("message", 1348, 442, cache_read_input_tokens=412)) == (
        {"input": 1760, "cache_read": 412, "output": 531}, [("O", {"input": 823, "output": 1612})])


def test_a_refusal_without_output_is_shown_and_not_charged():
    refused = parsed(usage={"input_tokens": 50, "output_tokens": 0}, billing={"stop_reason": "refusal"})
    assert priced(refused, PRICES) == ({"input": 0}, [])


@pytest.mark.parametrize("tier, usage, femto", [
    # 100 x 3e-6 + 10 x 15e-6 = 0.00045
    (None, {"input_tokens": 100, "output_tokens": 10}, 450_000_000_000),
    # Exactly on the threshold is not above it: 200000 x 3e-6 = 0.6
    (None, {"input_tokens": 200_000, "output_tokens": 0}, 600_000_000_000_000),
    # One token more moves input and cache reads: 1 x 6e-6 + 200000 x 6e-7 = 0.120006; output keeps 15e-6.
    (None, {"input_tokens": 1, "cache_read_input_tokens": 200_000, "output_tokens": 10}, 120_156_000_000_000),
    # The tier's own long-context price: 200001 x 2e-6 = 0.400002; output has no flex price: 10 x 15e-6.
    ("flex", {"input_tokens": 200_001, "output_tokens": 10}, 400_152_000_000_000),
    # The tier has a price for cache reads but none for long context: its own holds. 1 x 6e-6 + 200000 x 5e-7.
    ("priority", {"input_tokens": 1, "cache_read_input_tokens": 200_000}, 100_006_000_000_000),
    # 1 h writes have their own price: 1000 x 6e-6 + 500 x 3.75e-6 = 0.007875; two searches: 0.02
    (None, {"input_tokens": 0, "cache_creation_input_tokens": 1500, "cache_creation": {
        "ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1000},
        "server_tool_use": {"web_search_requests": 2}}, 27_875_000_000_000),
])
def test_a_request_costs_what_it_does_by_hand(tier, usage, femto):
    money, missing = priced(parsed(usage=usage, billing={"service_tier": tier}), PRICES)
    assert (sum(money.values()), missing) == (femto, [])


def test_a_class_without_a_rate_is_missing_and_not_free():
    azure = parsed(provider="azure", usage={"input_tokens": 7, "output_tokens": 1})
    assert priced(azure, PRICES) == ({"input": 7_000_000_000}, ["output"])
    # Another provider's price for the same name is no price.
    assert priced(parsed(provider="bedrock"), {"m": SONNET | {"litellm_provider": "anthropic"}})[0] == {}
    unknown = parsed(model={"requested": "alias", "returned": "nobody"})
    assert priced(unknown, PRICES) == ({}, ["input", "output"])


@pytest.mark.parametrize("raw", [
    b"", b"null", b"[1]", b"\xff", b'{"v":1', b'{"v":1}{}', b'{"v":NaN}',
    *(json.dumps(end(**c)).encode() for c in (
        {"v": 2}, {"kind": "x"}, {"seq": "x"}, {"time": "2026-02-30T00:00:00Z"}, {"id": None},
        {"usage": {"input_tokens": -1}}, {"usage": {"input_tokens": 1.5}}, {"usage": {"input_tokens": True}},
        {"usage": {"input_tokens": 2**53 + 1}}, {"pad": "x" * (1 << 20)})),
])
def test_a_line_that_breaks_the_format_is_rejected(raw):
    with pytest.raises(oracle_lines.Rejected):
        oracle_lines.parse(raw)


def test_every_line_is_counted_once(tmp_path):
    logs = tmp_path / "logs"
    start = {"v": 1, "kind": "start", "writer": "w", "seq": 2, "time": "2026-10-05T00:00:00Z", "id": "lost",
             "attempt": 1, "provider": "anthropic", "model": {"requested": "m"}}
    write(logs, "2026/10/05/00-w-1.jsonl", end(metered_id="b/1"), start, end(seq=3, metered_id="b/1"),
          b"garbage\n", tail=b'{"v":1,"kind":"en')
    write(logs, "2026/10/05/01-w-2.jsonl.open", end(seq=4, id="j"), tail=b'{"v":1,"kind":"en')
    write(logs, "2026/10/06/resent.jsonl", start, end(seq=4, id="j"))
    books = month(logs, tmp_path)
    assert books.ingest() == {"lines": 8, "usages": 2, "duplicates": 3, "rejected": 2, "control": 1}
    assert (books.total("requests"), books.total("interrupted_requests")) == (3, 1)
    (logs / "2026/10/06/resent.jsonl").unlink()
    path = logs / "2026/10/05/00-w-1.jsonl"
    before = [i for i in month(logs, tmp_path).inputs]
    (logs / "2026/10/05/00-w-1.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert month(logs, tmp_path).inputs == before


def test_a_split_request_is_cut_by_class_to_the_last_unit(tmp_path):
    # 1 token of 3e-6 is 3_000_000_000 fd: 2/3 and 1/3 fall evenly; 10^15 fd of searches / 3 does not.
    assert oracle_money.apportion(10**13, [2, 1]) == [6_666_666_666_667, 3_333_333_333_333]
    assert oracle_money.apportion(1, [1, 1]) == [1, 0]
    logs = tmp_path / "logs"
    write(logs, "x.jsonl", end(key={"name": "shared-1"}, usage={
        "input_tokens": 1, "server_tool_use": {"web_search_requests": 1}}))
    rows = month(logs, tmp_path).rows
    assert rows["a", "anthropic", "m", "standard"].cost == 2_000_000_000 + 6_666_666_666_667
    assert rows["b", "anthropic", "m", "standard"].cost == 1_000_000_000 + 3_333_333_333_333
    assert rows["b", "anthropic", "m", "standard"].requests == Fraction(1, 3)


def test_rules_hold_by_date_in_the_books_zone_and_an_absent_fact_matches_nothing():
    rules = oracle_money.Rules(RULES, "Asia/Tokyo")
    shared = {"key": {"name": "shared-1"}}
    assert rules.weights(parsed(**shared, time="2026-10-19T14:59:59Z")) == {"a": 2, "b": 1}
    assert rules.weights(parsed(**shared, time="2026-10-19T15:00:00Z")) == {"unattributed": 1}
    tagged = {"tags": {"product": "a"}}
    assert rules.weights(parsed(**tagged, client={"ip": "10.9.9.9"})) == {"a": 1}
    assert rules.weights(parsed(**tagged, client={"ip": "11.0.0.1"})) == {"unattributed": 1}
    assert rules.weights(parsed(**tagged)) == {"unattributed": 1}
    assert oracle_money.matches("arn:*:x/chrome*", "arn:aws:b:r:x/chrome/1")
    assert not oracle_money.matches("A*", "ab")


def test_a_month_begins_and_ends_in_the_books_zone(tmp_path):
    logs = tmp_path / "logs"
    write(logs, "x.jsonl", *(end(seq=n, time=t) for n, t in enumerate((
        "2026-09-30T14:59:59.999999Z", "2026-09-30T15:00:00Z", "2026-10-31T14:59:59.999999Z",
        "2026-10-31T15:00:00Z"), 1)))
    assert month(logs, tmp_path, "Asia/Tokyo").total("requests") == 2


def test_a_row_says_how_sure_it_is(tmp_path):
    logs = tmp_path / "logs"
    n = iter(range(1, 99))

    def line(model, **changes):
        return end(seq=next(n), model={"requested": model}, **changes)

    write(logs, "x.jsonl",
          line("m"), line("m", usage_source="estimated"), line("nobody"),
          line("failed", outcome="vendor_error", usage=None), line("m", provider="azure"))
    rows = {(k[1], k[2]): r for k, r in month(logs, tmp_path).rows.items()}
    states = {k: (r.state(), r.cost_text()) for k, r in rows.items()}
    assert states == {
        ("anthropic", "m"): ("estimated", "0.0009"), ("anthropic", "nobody"): ("unpriced", ""),
        ("anthropic", "failed"): ("exact", "0"), ("azure", "m"): ("partial", "0.0001")}
    assert rows["anthropic", "failed"].failed_requests == 1


def test_money_is_printed_in_plain_digits():
    assert [oracle.dollars(x) for x in (0, 1, 10**15, 1_500_000_000_000_000, -2)] == [
        "0", "0.000000000000001", "1", "1.5", "-0.000000000000002"]


def a_right_report(books, rules):
    """chargeback.csv and run.json as the contract wants them, for the month of one split request."""
    lines = [",".join(oracle.COLUMNS)]
    for (product, provider, model, tier), row in sorted(books.rows.items()):
        counts = (format(Decimal(n.numerator) / n.denominator, ".6f").rstrip("0").rstrip(".") for n in (
            getattr(row, c) for c in oracle.COLUMNS[6:14]))
        lines.append(",".join([
            "2026-10", product, rules.cost_center(product), provider, model, tier, *counts, row.cost_text(),
            row.state(), "usage", "2026-10"]))
    run = {
        "totals": {
            "requests": 1, "unpriced_requests": 0, "interrupted_requests": 0, "cost_usd": "0.00045",
            "unattributed_cost_usd": "0", "by_entry": {"usage": "0.00045"}},
        "ingest": {"lines": 1, "usages": 1, "duplicates": 0, "rejected": 0, "control": 0},
        "inputs": [{"name": i.name, "sha256": i.sha256, "lines": 1} for i in books.inputs]}
    return b"\xef\xbb\xbf" + "\r\n".join([*lines, ""]).encode(), run


@pytest.mark.parametrize("wrong, seen", [
    (lambda csv, run: (csv, run), []),
    (lambda csv, run: (csv.replace(b",0.0003,", b",0.000300000000001,"), run), ["cost_usd"]),
    (lambda csv, run: (csv.replace(b"0.666667", b"0.66"), run), ["requests"]),
    (lambda csv, run: (csv.replace(b"exact", b"estimated", 1), run), ["cost_state"]),
    (lambda csv, run: (csv.replace(b"standard", b"flex", 1), run), ["should not be", "missing"]),
    (lambda csv, run: (csv.replace(b"2026-10,a,1,", b"2026-10,a,2,"), run), ["cost_center"]),
    (lambda csv, run: (csv[3:], run), ["BOM"]),
    (lambda csv, run: (csv, run | {"totals": run["totals"] | {"cost_usd": "0.0004500"}}),
     ["totals.cost_usd"]),
    (lambda csv, run: (csv, run | {"ingest": run["ingest"] | {"control": 1}}), ["ingest.control"]),
    (lambda csv, run: (csv, run | {"inputs": []}), ["inputs: x.jsonl is missing"]),
])
def test_a_report_that_is_wrong_anywhere_is_told_from_a_right_one(tmp_path, wrong, seen):
    logs = tmp_path / "logs"
    write(logs, "x.jsonl", end(key={"name": "shared-1"}))
    books, rules = month(logs, tmp_path), oracle_money.Rules(RULES, "UTC")
    data, run = wrong(*a_right_report(books, rules))
    (tmp_path / "c.csv").write_bytes(data)
    found = list(oracle.differences(books, tmp_path / "c.csv", run, rules, "2026-10"))
    assert len(found) >= len(seen) and all(any(s in f for f in found) for s in seen)
    assert bool(found) == bool(seen)
