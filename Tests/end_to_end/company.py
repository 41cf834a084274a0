"""A made-up company and everything its books are made of, from a seed, over fourteen months.

    python company.py --out FOLDER [--months 14] [--requests 400] [--seed 1]

writes a folder with `arrivals/` (the raw logs, a folder for each time that files came), `editions/` (price books),
`attribution.yaml`, `costs.yaml`, `fx.csv`, `budgets.csv`, `units.csv`, `tollbook.yaml` and `story.yaml`: what happened in which order. The months
end with October 2026, days are Tokyo's. `test_company.py` lets the program live through the story and holds October's books to
`company_oracle.py`; by hand, with more months and requests: see there.
"""
import argparse
import pathlib

import yaml

import company_costs
import company_logs
import company_prices

LAST = "2026-10"
ZONE = "Asia/Tokyo"
HOSTILE_NAME = '=HYPERLINK("http://example.com/?x=1","見積") | <b>@here</b> `lab`'

ATTRIBUTION = f"""\
products:
  - {{id: auto-approval,    name: レビュー自動承認,   cost_center: "4101", owner: review-ops}}
  - {{id: ticket-generator, name: チケット自動生成,   cost_center: "4102", owner: cs-tools}}
  - {{id: chrome-assistant, name: Chromeアシスタント, cost_center: "4103", owner: devex}}
  - {{id: faq-search,       name: FAQ検索,            cost_center: "4104", owner: portal}}
  - {{id: developer-tools,  name: 開発者ツール,       cost_center: "4105", owner: devex}}
  - {{id: lab,              name: '{HOSTILE_NAME}', cost_center: "=4106", owner: "@research"}}
rules:
  - {{product: chrome-assistant, when: {{inference_profile: "arn:aws:bedrock:*:application-inference-profile/chrome*"}}, from: 2026-02-01}}
  - {{product: auto-approval, when: {{tags: {{product: auto-approval}}}}}}
  - {{product: ticket-generator, when: {{key: "ticket-generator-*"}}}}
  - {{product: faq-search, when: {{key: faq-search}}, until: 2026-08-01}}
  # The nightly batch: a third product joined in April; its share was agreed anew in the middle of October.
  - {{split: {{auto-approval: 60, ticket-generator: 40}}, when: {{key: shared-batch}}, until: 2026-04-01}}
  - {{split: {{auto-approval: 50, ticket-generator: 30, chrome-assistant: 20}}, when: {{key: shared-batch}}, from: 2026-04-01, until: 2026-10-16}}
  - {{split: {{auto-approval: 1, ticket-generator: 1, chrome-assistant: 1}}, when: {{key: shared-batch}}, from: 2026-10-16}}
  - {{product: developer-tools, when: {{agent: ["Cline/*", "claude-cli/*"], ip: 10.0.0.0/8}}}}
  - {{product: lab, when: {{key: "lab-*"}}}}
"""


def months_until(last, count):
    year, number = map(int, last.split("-"))
    found = []
    for _ in range(count):
        found.append(f"{year}-{number:02d}")
        year, number = (year, number - 1) if number > 1 else (year - 1, 12)
    return found[::-1]


def requests_of(month, requests):
    """The company grows, has a quiet August, and October is its busiest month."""
    number = int(month[:4]) * 12 + int(month[5:]) - (2025 * 12 + 9)
    grown = requests * (70 + 3 * max(0, number)) // 100
    return grown * 8 // 10 if month == "2026-08" else requests * 9 // 5 if month == LAST else grown


def write(folder, months=14, requests=400, seed=1):
    folder = pathlib.Path(folder)
    labels = months_until(LAST, months)
    for label in labels:
        company_logs.write_month(folder / "arrivals" / label, label, requests_of(label, requests), seed)
    hold_back(folder)
    (folder / "editions").mkdir()
    for name in company_prices.EDITIONS:
        (folder / "editions" / f"{name}.csv").write_text(company_prices.edition(name))
    (folder / "attribution.yaml").write_text(ATTRIBUTION)
    (folder / "costs.yaml").write_text(company_costs.COSTS)
    (folder / "fx.csv").write_text(company_costs.rates(labels, seed))
    (folder / "budgets.csv").write_text(company_costs.budgets(labels))
    (folder / "units.csv").write_text(company_costs.units(labels, seed))
    (folder / "tollbook.yaml").write_text(yaml.safe_dump({"timezone": ZONE, "currency": "JPY"}))
    (folder / "story.yaml").write_text(yaml.safe_dump(story(labels), sort_keys=False))


def hold_back(folder):
    """August's log lacks one file of its own proxy, and all of a second proxy's; both come later."""
    august = folder / "arrivals" / "2026-08"
    names = sorted(p for p in august.rglob("*-w202608b-*.jsonl"))
    move(names[len(names) // 2], august, folder / "arrivals" / "2026-08-late")
    other = company_logs.Month(folder / "arrivals" / "2026-08-later", "2026-08", 0, "second proxy")
    proxy = company_logs.Proxy(other.folder, "w202608z", other.begin)
    for n in range(12):
        other.request(proxy, other.begin + (n * 59 + 3) * 3_600_000_000 + n * 17)
    proxy.write()


def move(path, before, after):
    target = after / path.relative_to(before)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


# What happens besides a month's own logs, run and close: before or behind the run of a month.
BEFORE = {
    "2026-03": [{"publish": "flash-rises"}],
    "2026-06": [{"publish": "haiku-falls"}],
    "2026-08": [{"publish": "mini-would-rise"}],
    "2026-09": [{"arrive": "2026-08-late"}],
    "2026-10": [
        {"arrive": "2026-08-later"},
        {"publish": "haiku-falls"},
        {"reprice": "2026-09", "edition": "haiku-falls", "reason": "OpenAI took its announced rise back"},
        {"publish": "sonnet-rises"}],
}


def story(labels):
    steps = [{"publish": "first"}]
    for label in labels:
        steps += [{"arrive": label}, *BEFORE.get(label, []), {"run": label}]
        if label != LAST:
            steps.append({"close": label})
    return steps


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--out", required=True)
    for name, value in (("months", 14), ("requests", 400), ("seed", 1)):
        options.add_argument("--" + name, type=int, default=value)
    given = options.parse_args()
    write(given.out, given.months, given.requests, given.seed)


if __name__ == "__main__":
    main()
