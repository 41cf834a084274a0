"""Random months, random rules and random prices, each held to the oracle. The seed is the test's name."""
import json
import random
from decimal import Decimal

import pytest
import yaml

from desk import PRICE_LIST, Desk, make_month

PRODUCTS = ["alpha", "beta", "gamma", "delta"]
CONDITIONS = {
    "key": ["*-prod", "dev-*", "shared-batch", "ticket-generator-stg", "*", "Dev-*"],
    "key_id": ["k_*", "k_0*", "*f"],
    "team": ["devex", "user-*", "*form"],
    "user": ["u-1*", "*太郎", "=*", "u-10*4"],
    "model": ["claude-*", "gpt-5*", "*nova*", "*-20*", "gemini-2.5-flash", "*:0"],
    "provider": ["openai", "anthropic", "bed*", "g*i"],
    "endpoint": ["openai.*", "*.messages", "bedrock.converse"],
    "inference_profile": ["arn:aws:bedrock:*:application-inference-profile/chrome0*", "*chrome2a7f"],
    "agent": ["Cline/*", "*python*", "claude-cli/*"],
    "ip": ["10.0.0.0/9", "10.1.128.0/17", "10.2.3.4/32", "0.0.0.0/0", "192.168.0.0/16"],
    "tags": [{"product": "auto-approval"}, {"env": "stg"}, {"env": "p*", "product": "*"}, {"none": "*"}],
}


def random_rules(chance):
    rules = []
    for _ in range(chance.randrange(1, 12)):
        names = chance.sample(sorted(CONDITIONS), chance.choice([1, 1, 1, 2, 2, 3]))
        when = {}
        for name in names:
            values = CONDITIONS[name]
            many = name != "tags" and chance.random() < 0.3
            when[name] = chance.sample(values, 2) if many else chance.choice(values)
        rule = {"when": when}
        if chance.random() < 0.4:
            parts = chance.sample(PRODUCTS, chance.randrange(2, 5))
            rule["split"] = {p: chance.choice([1, 2, 3, 7, 60, 40]) for p in parts}
        else:
            rule["product"] = chance.choice(PRODUCTS)
        if chance.random() < 0.3:
            rule["from"] = f"2026-10-{chance.randrange(1, 20):02d}"
        if chance.random() < 0.3:
            rule["until"] = f"2026-10-{chance.randrange(20, 32):02d}"
        rules.append(rule)
    products = [{"id": p, "name": p.title(), "cost_center": str(100 + n)} for n, p in enumerate(PRODUCTS)]
    chance.shuffle(products)
    return yaml.safe_dump({"products": products, "rules": rules}, allow_unicode=True, sort_keys=False)


def random_prices(chance):
    """The fixture with prices dropped, changed, made longer than the money's unit, and added for tiers."""
    price_list = json.loads(PRICE_LIST.read_text(), parse_float=Decimal)
    for name in [n for n in price_list if chance.random() < 0.08]:
        del price_list[name]
    tiers = ["", "", "_flex", "_priority", "_batches"]
    for entry in price_list.values():
        for field in [f for f in entry if "cost_per_token" in f or "token_cost" in f]:
            luck = chance.random()
            if luck < 0.1:
                del entry[field]
            elif luck < 0.4:
                entry[field] = Decimal(chance.randrange(0, 10**9)).scaleb(-chance.choice([12, 15, 16, 17]))
        for base in ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost"):
            if chance.random() < 0.3:
                over = chance.choice([1, 8, 32, 128, 200, 272])
                field = f"{base}_above_{over}k_tokens{chance.choice(tiers)}"
                entry[field] = Decimal(chance.randrange(1, 10**5)).scaleb(-10)
    text = json.dumps(price_list, default=lambda n: f"\0{n}\0")
    return text.replace('"\\u0000', "").replace('\\u0000"', "")


# Ahead, behind, a quarter of an hour off, and clocks that change in the month, by an hour and by half of one.
ZONES = ["Asia/Tokyo", "UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/London"]


@pytest.mark.usefixtures("store_kind")
@pytest.mark.parametrize("seed", range(12))
def test_random_books_agree_with_the_oracle(tmp_path, seed):
    chance = random.Random(seed)
    make_month(
        tmp_path / "raw-logs", requests=chance.randrange(50, 900), seed=seed, bad=chance.randrange(20),
        resent=chance.randrange(4), crashes=chance.randrange(4), writers=chance.randrange(1, 6),
        utc_offset=0)
    (tmp_path / "rules.yaml").write_text(random_rules(chance))
    (tmp_path / "prices.json").write_text(random_prices(chance))
    zone = ZONES[seed % len(ZONES)]
    desk = Desk(tmp_path, attribution=tmp_path / "rules.yaml", zone=zone)
    desk.import_prices(tmp_path / "prices.json")
    run = desk.run(codes=(0, 3))
    assert desk.differences_from_oracle(run, price_list=tmp_path / "prices.json") == []
    assert run["totals"]["cost_usd"] != "0", "a month without money proves nothing"


def test_the_random_rules_and_prices_are_not_all_alike():
    """The generator of this file reaches every kind of condition, splits, dates and long numbers."""
    rules = "".join(random_rules(random.Random(n)) for n in range(12))
    for word in (*CONDITIONS, "split:", "from:", "until:"):
        assert word in rules
    prices = [json.loads(random_prices(random.Random(n)), parse_float=Decimal) for n in range(12)]
    rates = [v for p in prices for e in p.values() for v in e.values() if isinstance(v, Decimal)]
    assert any(v and v.normalize().as_tuple().exponent < -15 for v in rates)
