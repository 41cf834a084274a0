"""From a client's request to the last digit: what the proxy logged is booked as the oracle books it."""
import datetime
import http.client

import pytest

import asking
import rawlog
from desk import Desk

FAULTS = [
    "", "tokens=input:1000,output:30", "tokens=input:210000,output:9", "tokens=input:300000,output:9",
    "status=529", "status=400", "gzip=1", "cut-at-byte=400", "no-terminal=1", "error-event-after=2",
    "drip-bytes=90", "chunk-bytes=1",
]


def ask(port, dialect, headers, body):
    """Whatever comes of it: the log says what did."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", asking.PATHS[dialect], asking.encoded(body), dict(headers))
        connection.getresponse().read()
    except (http.client.HTTPException, ConnectionError):
        pass
    finally:
        connection.close()


@pytest.mark.usefixtures("store_kind")
def test_what_the_proxy_logs_is_booked_as_the_oracle_books_it(make_house, tmp_path):
    house = make_house()
    keys = [
        house.create_key(name, *more)["key"] for name, *more in (
            ["ticket-generator-prod"], ["shared-batch"], ["auto-approval", "--tag", "product=auto-approval"])]
    only_mini = house.create_key("poc-unlabelled", "--models", "gpt-4o-mini")["key"]
    proxy = house.start_proxy()
    asked = 0
    for n, fault in enumerate(FAULTS):
        for dialect in ("openai", "anthropic"):
            for stream in (False, True):
                key = keys[(n + stream) % len(keys)]
                body = asking.question(dialect, f"u-{asked}", stream)
                ask(proxy.port, dialect, asking.headers(dialect, key, fault), body)
                asked += 1
    for key, dialect in ((only_mini, "anthropic"), ("sk-tb-nobodys", "openai"), (only_mini, "openai")):
        ask(proxy.port, dialect, asking.headers(dialect, key), asking.question(dialect, f"u-{asked}"))
        asked += 1
    assert proxy.terminate() == 0

    period = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).strftime("%Y-%m")
    desk = Desk(tmp_path / "desk", house.raw_logs).import_prices()
    run = desk.run(period, codes=(0, 3))
    assert desk.differences_from_oracle(run, period) == []
    assert run["totals"]["requests"] == asked and run["ingest"]["rejected"] == 0
    assert run["totals"]["failed_requests"] > 0 and run["totals"]["cost_usd"] != "0"
    asking_products = {r["id"] for r in run["products"] if r["requests"] > 0}
    assert asking_products == {"auto-approval", "ticket-generator", "unattributed"}
    outcomes = {line["outcome"] for line in rawlog.Log(house.raw_logs).ends}
    assert outcomes >= {"ok", "refused", "vendor_error", "client_error", "stream_broken"}
