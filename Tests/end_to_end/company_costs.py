"""The made-up company's costs that no request made, its exchange rates, budgets and business counts."""
import random

COSTS = """\
fixed:
  - {name: Cursor seats, vendor: cursor, amount: 40, per: month, from: 2025-10,
     seats: {developer-tools: 6, ticket-generator: 2, auto-approval: 1}}
  - {name: Devin seats, vendor: devin, amount: 33.33, per: month, from: 2026-01, until: 2026-09, product: developer-tools}
  - {name: Devin seats from September, vendor: devin, amount: 50, per: month, from: 2026-09, seats: {developer-tools: 2, lab: 1}}
  - {name: "プロキシ基盤", amount: 1000, currency: JPY, per: month, evenly: all}
  - {name: Provisioned throughput, vendor: bedrock, amount: 20, per: month, from: 2026-01, usage: vendor}
  - {name: "=1+1 導入支援", amount: 3001, currency: JPY, month: 2026-10, weights: {chrome-assistant: 2, lab: 1}}
commitments:
  - {name: OpenAI commitment, vendor: openai, amount: 12, per: month, from: 2026-04, unused: {keep: centre}}
credits:
  - {name: Anthropic credit, vendor: anthropic, amount: 2.5, month: 2026-10}
  - {name: Gemini discount, vendor: gemini, percent: 5%, per: month, from: 2026-06, usage: vendor}
unattributed: {spread: usage}
tax:
  - {name: "消費税", rate: 10%, vendors: [openai, anthropic, gemini, cursor]}
  - {name: "消費税（リバースチャージ）", rate: 10%, reverse-charge: true, vendors: [devin, bedrock]}
"""


def rates(months, seed):
    """A rate a month that moves, as a bank publishes it."""
    draw = random.Random(f"{seed} fx")
    lines, rate = ["month,currency,rate,source,date"], 147_30
    for month in months:
        rate += draw.randrange(-330, 420)
        lines.append(f"{month},JPY,{rate // 100}.{rate % 100:02d},MUFG TTM,{month}-28")
    return "\n".join(lines) + "\n"


def budgets(months):
    """From April on; the total only from June; one product's in yen."""
    lines = ["month,product,amount,currency"]
    for number, month in enumerate(m for m in months if m >= "2026-04"):
        lines += [f"{month},auto-approval,{4 + number}.50,USD", f"{month},ticket-generator,{3000 + 77 * number},JPY",
                  f"{month},faq-search,1,USD"] + ([f"{month},total,{95 + number},USD"] if month >= "2026-06" else [])
    return "\n".join(lines) + "\n"


def units(months, seed):
    """Reviews by month, tickets of the last month by day, and a unit with a hostile name."""
    draw = random.Random(f"{seed} units")
    lines = ["period,product,unit,count"]
    for month in months:
        lines.append(f"{month},auto-approval,reviews approved,{draw.randrange(900, 2400)}")
        if month != months[-1]:
            lines.append(f"{month},ticket-generator,tickets made,{draw.randrange(300, 700)}")
        if month >= "2026-05":
            lines.append(f'{month},lab,"=1+1, ""runs""",{draw.randrange(0, 40)}')
    lines += [f"{months[-1]}-{day:02d},ticket-generator,tickets made,{draw.randrange(0, 40)}" for day in range(1, 29)]
    return "\n".join(lines) + "\n"
