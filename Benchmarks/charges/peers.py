"""Times Tollbook's charges of a sample month's requests, and litellm's and genai-prices' of the same usages.

Everybody's usages are objects in memory before the clock starts, everybody computes one at a time on one core, and
CPU time of that thread is what counts. The peers get every eleventh usage: they are slow."""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
TOLLBOOK_ROUNDS = 40
PEER_STRIDE = 11

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"


def per_second(run, count):
    """The median of the rounds, and all of them."""
    rates = []
    for _ in range(ROUNDS):
        begin = time.thread_time()
        run()
        rates.append(count / (time.thread_time() - begin))
    return sorted(rates)[ROUNDS // 2], [round(rate) for rate in rates]


def litellm_runner(usages):
    from litellm.litellm_core_utils.llm_cost_calc.utils import generic_cost_per_token
    from litellm.types.utils import PromptTokensDetailsWrapper, Usage

    asked = []
    for usage in usages:
        prompt = sum(usage[name] for name in ("input", "cache_read", "cache_write_5m", "cache_write_1h"))
        asked.append((usage["model"], usage["provider"], Usage(
            prompt_tokens=prompt, completion_tokens=usage["output"], total_tokens=prompt + usage["output"],
            prompt_tokens_details=PromptTokensDetailsWrapper(cached_tokens=usage["cache_read"]),
            cache_creation_input_tokens=usage["cache_write_5m"] + usage["cache_write_1h"])))

    def run():
        failed = 0
        for model, provider, usage in asked:
            try:
                generic_cost_per_token(model=model, usage=usage, custom_llm_provider=provider)
            except Exception:
                failed += 1
        return failed

    return run


def genai_runner(usages):
    from genai_prices import Usage, calc_price

    at = datetime.datetime(2026, 10, 15, tzinfo=datetime.timezone.utc)
    names = {"bedrock": "aws", "gemini": "google", "vertex": "google"}
    asked = []
    for usage in usages:
        total = sum(usage[name] for name in ("input", "cache_read", "cache_write_5m", "cache_write_1h"))
        asked.append((usage["model"], names.get(usage["provider"], usage["provider"]), Usage(
            input_tokens=total, cache_read_tokens=usage["cache_read"],
            cache_write_tokens=usage["cache_write_5m"] + usage["cache_write_1h"], output_tokens=usage["output"])))

    def run():
        failed = 0
        for model, provider, usage in asked:
            try:
                calc_price(usage, model_ref=model, provider_id=provider, genai_request_timestamp=at)
            except Exception:
                failed += 1
        return failed

    return run


RUNNERS = {"genai-prices": genai_runner, "litellm": litellm_runner}


def peer(name):
    usages = [json.loads(line) for line in sys.stdin]
    run = RUNNERS[name](usages)
    failed = run()
    rate, every = per_second(run, len(usages))
    print(json.dumps({
        "charges_per_second": round(rate), "all": every, "usages": len(usages), "without_price": failed}))


def main():
    binaries, requests = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    here = pathlib.Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory(prefix="tollbook-bench-") as scratch:
        subprocess.run(
            [binaries / "tollbook", "sample", "--out", f"{scratch}/raw-logs", "--requests", str(requests)],
            check=True, capture_output=True)
        subprocess.run(
            [binaries / "tollbook", "ingest", "--raw-logs", f"{scratch}/raw-logs", "--store", f"sqlite:{scratch}/t.db"],
            check=True, capture_output=True)
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", f"{scratch}/count.so", str(here / "count_allocations.c")], check=True)
        command = [binaries / "charges-benchmark", f"sqlite:{scratch}/t.db", str(TOLLBOOK_ROUNDS)]
        own = [json.loads(subprocess.run([*command, f"{scratch}/usages.jsonl"], check=True, capture_output=True).stdout)
               for _ in range(ROUNDS)]
        counted = json.loads(subprocess.run(
            command, check=True, capture_output=True,
            env={**os.environ, "LD_PRELOAD": f"{scratch}/count.so"}).stdout)
        usages = [json.loads(line) for line in open(f"{scratch}/usages.jsonl")][::PEER_STRIDE]

    rates = sorted(one["charges_per_second"] for one in own)
    tollbook = rates[ROUNDS // 2]
    result = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 2), "requests": own[0]["requests"],
        "tollbook": {"charges_per_second": tollbook, "all": rates,
                     "allocations_per_charge": counted["allocations"] / counted["charges"]},
    }
    rows = [("tollbook", tollbook, 1.0, "")]
    for name in RUNNERS:
        # Each in a process of its own: their packages do not go together.
        told = subprocess.run(
            [sys.executable, __file__, "--peer", name], input="".join(json.dumps(usage) + "\n" for usage in usages),
            text=True, check=True, stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(pathlib.Path(sys.prefix) / "litellm") if name == "litellm" else ""})
        result[name] = peer = json.loads(told.stdout)
        rate, failed = peer["charges_per_second"], peer["without_price"]
        rows.append((name, rate, tollbook / rate, f"{failed} of {len(usages)} without a price" if failed else ""))
    print(f"| calculator | charges/s on one core | tollbook is faster by | |\n|---|---:|---:|---|")
    for name, rate, ratio, note in rows:
        print(f"| {name} | {rate:,.0f} | {ratio:,.0f} | {note} |")
    print(f"\nallocations a charge: {result['tollbook']['allocations_per_charge']:.6f} "
          f"({counted['allocations']} in {counted['charges']:,}); load {result['load']}")
    with open(here.parent / "results/charges.jsonl", "a") as log:
        log.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        peer(sys.argv[2])
    else:
        main()
