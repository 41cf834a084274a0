"""What a raw line says of itself cannot steer the terminal of whoever asks about it."""
import json

import pytest

pytestmark = pytest.mark.usefixtures("store_kind")


def test_no_text_of_a_line_moves_the_cursor_or_begins_a_line(make_house):
    house = make_house()
    hostile = "x\x1b[2J\nrule 1, forged"
    head = {"v": 1, "writer": "w-1", "time": "2026-10-05T00:00:00.000000Z"}
    end = {**head, "kind": "end", "seq": 1, "id": hostile, "attempt": 1, "endpoint": "openai.chat_completions",
           "provider": hostile, "model": {"requested": hostile}, "user": hostile, "status": 200, "outcome": "ok",
           "usage": {"prompt_tokens": 1, "completion_tokens": 1}, "usage_source": "vendor", "response_id": "resp-1"}
    house.raw_logs.mkdir()
    (house.raw_logs / "a.jsonl").write_text(json.dumps(end) + "\n")
    house.publish_prices()
    house.command("ingest")
    text = house.command("explain", "resp-1").stdout
    assert "\x1b" not in text
    assert not any(line.startswith("rule 1, forged") for line in text.split("\n"))
    assert "x" + "\N{REPLACEMENT CHARACTER}" + "[2J rule 1, forged" in text, text
