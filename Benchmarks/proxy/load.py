"""What clients ask, and what came of it: runs load.c and reads its result."""
import dataclasses
import json
import subprocess

import machine

USAGE = {"prompt_tokens": 812, "completion_tokens": 57, "total_tokens": 869,
         "prompt_tokens_details": {"cached_tokens": 512, "audio_tokens": 0},
         "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                                       "rejected_prediction_tokens": 0}}
"""What the vendor says that every answer took; the log must have it."""


@dataclasses.dataclass(frozen=True)
class Question:
    """vendor.c has an answer for each of these models."""
    model: str
    stream: bool = False
    asks_usage: bool = True

    def body(self, prefix=""):
        """About 650 bytes, as the models' names are spelled by a peer."""
        words = "Summarise the incident report in three bullet points. " * 8
        asked = {"model": prefix + self.model, "temperature": 0.2, "max_tokens": 256, "messages": [
            {"role": "system", "content": "You are a careful assistant."}, {"role": "user", "content": words}]}
        if self.stream:
            asked["stream"] = True
            if self.asks_usage:
                asked["stream_options"] = {"include_usage": True}
        return json.dumps(asked).encode()


PLAIN = Question("gpt-4o-mini")
PACED = Question("gpt-4o", stream=True)
PACED_UNASKED = Question("gpt-4o", stream=True, asks_usage=False)
SHORT = Question("gpt-4.1-mini", stream=True)
SLOW = Question("gpt-4.1", stream=True)
BURST = Question("gpt-4.1-nano", stream=True)
BURST_UNASKED = Question("gpt-4.1-nano", stream=True, asks_usage=False)
FAILING = Question("gpt-5-mini")
BREAKING = Question("gpt-5-nano", stream=True)


def start(port, path, question, key, clients, seconds, prefix="", abort=0, record=None):
    """The load as a process of its own, on the vendor's CPU; `finish` waits for it."""
    body = machine.FOLDER / f"{prefix.replace(':', '-')}{question.model}-{question.stream}-{question.asks_usage}.json"
    body.write_bytes(question.body(prefix))
    command = ["taskset", "-c", machine.LOAD_CPU, machine.FOLDER / "load", str(port), path, body, "--key", key,
               "--clients", str(clients), "--seconds", str(seconds), "--abort", str(abort)]
    if record:
        command += ["--record", record]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    out, complaint = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load failed: {complaint.strip()[-300:] or process.returncode}")
    return json.loads(out)


def faults(result):
    """Why a result does not count, or None."""
    bad = {status: count for status, count in result["statuses"].items() if status != "200"}
    counts = {"other statuses": bad, "broken answers": result["broken"], "cut answers": result["unsound"]}
    found = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return found or (None if result["requests"] else "no request ended")
