"""When a price is true and when it was known: reports of both, with a rise that was announced and cancelled.

Claude Sonnet 5 came out at $2 and $10 a million tokens with a rise to $3 and $15 announced for 2026-09-01, which
was cancelled on 2026-08-10. GPT-5.6 Sol was cut from $5 and $30 to $4 and $20 on 2026-08-21.
"""
import json
from decimal import Decimal

import pytest

from desk import Desk, end_line

pytestmark = pytest.mark.usefixtures("store_kind")
ANNOUNCED, CANCELLED, ANNOUNCED_AGAIN = "2026-07-01T08:00:00Z", "2026-08-10T08:00:00Z", "2026-08-12T08:00:00Z"
"""The last is made up: the same prices as the first, published once more."""
SONNET = {"prices": {"input_mtok": 2, "output_mtok": 10, "cache_read_mtok": 0.2, "cache_write_mtok": 2.5}}
SONNET_RISE = {
    "constraint": {"start_date": "2026-09-01"},
    "prices": {"input_mtok": 3, "output_mtok": 15, "cache_read_mtok": 0.3, "cache_write_mtok": 3.75}}
SOL = [{"prices": {"input_mtok": 5, "output_mtok": 30}},
       {"constraint": {"start_date": "2026-08-21"}, "prices": {"input_mtok": 4, "output_mtok": 20}}]


def data(sonnet):
    return json.dumps([
        {"id": "anthropic", "models": [
            {"id": "claude-sonnet-5", "match": {"starts_with": "claude-sonnet-5"}, "prices": sonnet}]},
        {"id": "openai", "models": [
            {"id": "gpt-5.6-sol", "match": {"equals": "gpt-5.6-sol"}, "prices": SOL}]}])


def publish(desk, at, sonnet):
    """Imports, and dates the publication: the program itself only knows the present."""
    file = desk.folder / "data.json"
    file.write_text(data(sonnet))
    desk.command("prices", "import", "--genai-prices", str(file))
    listed = desk.folder / "prices" / "published.jsonl"
    *earlier, last = listed.read_text().splitlines()
    listed.write_text("\n".join([*earlier, json.dumps(json.loads(last) | {"published_at": at})]) + "\n")


def sonnet(seq, time):
    return end_line(
        seq, time=time, model={"requested": "claude-sonnet-5", "returned": "claude-sonnet-5"},
        usage={"input_tokens": 1000, "output_tokens": 500})


def sol(seq, time):
    return end_line(
        seq, time=time, endpoint="openai.chat_completions", provider="openai",
        model={"requested": "gpt-5.6-sol", "returned": "gpt-5.6-sol"},
        usage={"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500}, billing=None)


@pytest.fixture(scope="module")
def desk(store_kind, tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("clocks"), zone="UTC")
    desk.write_lines(
        "2026/08/20/23-w-hand-1.jsonl", sol(1, "2026-08-20T23:59:59.999999Z"), sol(2, "2026-08-21T00:00:00.000000Z"),
        sonnet(3, "2026-08-31T23:59:59.999999Z"), sonnet(4, "2026-09-01T00:00:00.000000Z"),
        sonnet(5, "2026-09-20T12:00:00.000000Z"))
    publish(desk, ANNOUNCED, [SONNET, SONNET_RISE])
    return desk


def books(desk, period, *arguments):
    """Its total, its version, and the bytes of every report file but those of other periods."""
    run = json.loads(desk.command("run", "--period", period, "--json", *arguments).out)
    return Decimal(run["totals"]["cost_usd"]), run["prices"]["version"], {
        name: content for name, content in desk.report_bytes().items() if name.startswith(period)}


def test_a_cancelled_rise_leaves_every_report_reproducible_as_it_was_known(desk):
    # 1000 tokens in and 500 out: $0.007 at $2 and $10, $0.0105 at $3 and $15.
    announced = books(desk, "2026-09")
    assert announced[0] == 2 * Decimal("0.0105")
    assert books(desk, "2026-08")[0] == Decimal("0.007") + Decimal("0.02") + Decimal("0.014")

    publish(desk, CANCELLED, [SONNET])
    cancelled = books(desk, "2026-09")
    assert cancelled[0] == 2 * Decimal("0.007") and cancelled[1] != announced[1]
    assert books(desk, "2026-09", "--known-at", "2026-08-10T07:59:59Z") == announced
    assert books(desk, "2026-09", "--known-at", CANCELLED) == cancelled
    assert books(desk, "2026-09") == cancelled

    publish(desk, ANNOUNCED_AGAIN, [SONNET, SONNET_RISE])
    total, version, _ = books(desk, "2026-09")
    assert (total, version) == announced[:2]
    assert books(desk, "2026-09", "--known-at", "2026-08-11T00:00:00Z") == cancelled
    assert books(desk, "2026-09", "--known-at", ANNOUNCED) == announced
    assert len(list((desk.folder / "prices").glob("*.csv"))) == 2


def test_a_report_from_before_anything_was_known_is_refused(desk):
    done = desk.command("run", "--period", "2026-09", "--known-at", "2026-06-30T00:00:00Z", codes=(1, 2))
    assert "published.jsonl" in done.err
