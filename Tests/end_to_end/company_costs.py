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
