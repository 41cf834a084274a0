"""Measures Tollbook's proxy beside its peers in front of one vendor, in turns, and prints medians (started by proxy.sh)."""
import argparse
import os
import signal
import sys

import figures
import load
import machine
import measure
import peers
import tables
from peer import Unavailable

WARM_CLIENTS, WARM_SECONDS = 8, 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--peers", default=peers.DEFAULT, help=f"of {', '.join(peers.ALL)}")
    parser.add_argument("--tests", default=figures.DEFAULT, help=f"of {', '.join(figures.TESTS)}")
    options = parser.parse_args()
    unknown = {*options.peers.split(",")} - {*peers.ALL} | {*options.tests.split(",")} - {*figures.TESTS}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    chosen = [figures.TESTS[name] for name in options.tests.split(",")]
    machine.FOLDER.mkdir(parents=True, exist_ok=True)
    machine.compile_tools()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    asked = [peers.ALL[name]() for name in options.peers.split(",")]
    vendor, failed = machine.start_vendor(), {}
    try:
        ready = [peer for peer in asked if set_up(peer, failed)]
        os.sched_setaffinity(0, {int(machine.LOAD_CPU)})
        measured = take_turns(ready, chosen, options.rounds, figures.Quiet(vendor, options.seconds), failed)
    finally:
        for running in [vendor, *(peer.running for peer in asked if peer.running)]:
            running.stop()
    tables.show(measured, ready, chosen)
    for name, why in failed.items():
        print(f"\nFAILED {name}: {why}")
    sys.exit(1 if failed else 0)


def set_up(peer, failed):
    """Whether it answers; then it rests until its turn."""
    say(f"setting up {peer.name}")
    try:
        peer.install()
        peer.start()
        if not peer.is_slow:
            load.finish(load.start(peer.port, peer.path, load.PLAIN, peer.key, WARM_CLIENTS, WARM_SECONDS, peer.prefix))
    except (Unavailable, RuntimeError) as problem:
        failed[peer.name] = str(problem)
        say(f"{peer.name} cannot be set up: {problem}")
        peer.pause()
        return False
    peer.pause()
    return True


def take_turns(ready, tests, rounds, quiet, failed):
    measured = []
    for number in range(rounds):
        for test in tests:
            for peer in ready:
                if not figures.is_for(test, peer, number, rounds) or peer.name in failed:
                    continue
                try:
                    figure = quiet.figures(peer, test)
                except (figures.Failed, RuntimeError) as problem:
                    failed[peer.name] = f"{test.name}: {problem}"
                    say(f"{peer.name} fails: {failed[peer.name]}")
                    continue
                measured.append({"round": number, "test": test.name, "peer": peer.name, **figure})
                measure.save("proxy", measured[-1] | {"version": peer.version()})
                say(tables.progress(measured[-1]))
    return measured


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
