"""Vendors are reached by TLS, and their certificates are checked."""
import json
import pathlib
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

import asking

SECONDS_MAX = 20


def make_certificate(folder, host_name):
    """A private authority, and a certificate of it for one host name."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test authority",
            "-keyout", "authority.key", "-out", "authority.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host_name}", "-keyout", "server.key",
            "-out", "server.csr")
    (folder / "names").write_text(f"subjectAltName=DNS:{host_name}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


class TLSDoor:
    """Takes TLS connections and passes what is inside them on to the stand-in."""

    def __init__(self, folder, port_behind):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.port = self.listener.getsockname()[1]
        self.port_behind = port_behind
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                outside, _ = self.listener.accept()
            except ssl.SSLError:
                continue
            except OSError:
                return
            inside = socket.create_connection(("127.0.0.1", self.port_behind))
            for source, target in ((outside, inside), (inside, outside)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def _pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()


@pytest.fixture
def door(tmp_path, vendor):
    folder = tmp_path / "certificates"
    folder.mkdir()
    make_certificate(folder, "localhost")
    door = TLSDoor(folder, vendor.port)
    door.authority = folder / "authority.pem"
    yield door
    door.close()


def ask(proxy, key, user):
    request = urllib.request.Request(
        proxy.url + asking.PATHS["openai"], data=asking.encoded(asking.question("openai", user)),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def started(house, trust_roots=None):
    configuration = house.folder / "tollbook.yaml"
    if trust_roots:
        text = configuration.read_text().replace("proxy:\n", f"proxy:\n  trust-roots: {trust_roots}\n")
        configuration.write_text(text)
    return house.start_proxy()


def test_a_vendor_behind_tls_answers_and_is_metered(make_house, door, user):
    house = make_house(f"https://localhost:{door.port}")
    key = house.create_key("tls")["key"]
    status, answer = ask(started(house, door.authority), key, user)
    assert status == 200, answer
    assert answer["usage"]["total_tokens"] > 0


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_does_not_fit_is_refused(make_house, door, user, host):
    """By localhost the authority is not trusted; by the address it is, but the name is another."""
    house = make_house(f"https://{host}:{door.port}")
    key = house.create_key("tls")["key"]
    proxy = started(house, door.authority if host == "127.0.0.1" else pathlib.Path("/etc/ssl/certs/ca-certificates.crt"))
    status, answer = ask(proxy, key, user)
    assert status == 502, answer
    assert answer["error"]["code"] == "vendor_unreachable" or answer["error"]["type"] == "vendor_unreachable", answer
