"""A house between raw bytes on both sides: a client that sends anything, a vendor that keeps everything."""
import pathlib

from byte_vendor import ByteVendor
import programs
from raw_client import answered, talk

MORE_UPSTREAMS = """\
  - {{name: azure-main, provider: azure, base-url: "{url}", key-env: OPENAI_API_KEY}}
  - {{name: gemini-main, provider: gemini, base-url: "{url}", key-env: OPENAI_API_KEY}}
  - {{name: bedrock-main, provider: bedrock, base-url: "{url}", region: us-east-1, key-env: OPENAI_API_KEY}}
models:
"""
BODY = b'{"model":"gpt-4o-mini","messages":[]}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
LINE = b"POST /v1/chat/completions HTTP/1.1\r\n"
FIELDS = b"Host: proxy\r\nAuthorization: Bearer KEY\r\nContent-Type: application/json\r\n"
REQUEST = LINE + FIELDS + LENGTH + b"\r\n" + BODY
"""One that is served; `KEY` is filled in when it is sent."""


class Hostile:
    def __init__(self, folder, limits, proxy=(), **options):
        self.vendor = ByteVendor()
        self.house = programs.House(
            pathlib.Path(folder), self.vendor.url, proxy=["limits: {" + ", ".join(limits) + "}", *proxy])
        configuration = self.house.folder / "tollbook.yaml"
        configuration.write_text(configuration.read_text().replace(
            "models:\n", MORE_UPSTREAMS.format(url=self.vendor.url), 1))
        self.key = self.house.create_key("hostile")["key"].encode()
        self.proxy = self.house.start_proxy(**options)

    def keyed(self, data):
        return data.replace(b"KEY", self.key)

    def talk(self, *pieces, **options):
        """What the client heard, and the requests that reached the vendor meanwhile."""
        before = len(self.vendor.requests)
        heard = talk(self.proxy.port, *map(self.keyed, pieces), **options)
        faults = self.vendor.take_faults()
        assert not faults, faults
        return heard, self.vendor.requests[before:]

    def is_served(self):
        heard, requests = self.talk(REQUEST, enough=answered(1))
        return heard.statuses == [200] and [request.body for request in requests] == [BODY]

    def memory(self, field="VmRSS"):
        """Bytes; `VmHWM` is the most there has been since `forget_peak`."""
        status = pathlib.Path(f"/proc/{self.proxy.process.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(field + ":")).split()[1]) << 10

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.proxy.process.pid}/clear_refs").write_text("5")

    def processor_seconds(self):
        words = pathlib.Path(f"/proc/{self.proxy.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / 100

    def close(self):
        self.house.close()
        self.vendor.close()
