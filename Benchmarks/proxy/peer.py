"""What the peers have in common: one process on one core, set up from Debian or PyPI, asked as any other.

One that cannot be set up says why."""
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

import load
import machine
import measure

APT = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True}
KEY = "sk-bench"


class Unavailable(Exception):
    pass


class Peer:
    name = ""
    about = ""
    port = 0
    path = "/v1/chat/completions"
    prefix = ""
    key = KEY
    python = None
    debian = {}
    """Debian packages, and a file that each one brings."""
    is_slow = False
    """Hundreds of times as slow as the others: one round, no thousand streams."""
    start_seconds_max = 30
    running = None

    def __init__(self):
        self.folder = machine.FOLDER / self.name
        self.folder.mkdir(parents=True, exist_ok=True)

    def install(self):
        missing = [package for package, file in self.debian.items() if not pathlib.Path(file).exists()]
        if missing:
            subprocess.run(["apt-get", "update", "-qq"], **APT)
            done = subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], **APT)
            if done.returncode:
                raise Unavailable(f"apt-get install {' '.join(missing)}: {done.stderr.strip()[-300:]}")
        if self.python and not (self.venv / "complete").exists():
            shutil.rmtree(self.venv, ignore_errors=True)
            interpreter = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable
            for command in ([interpreter, "-m", "venv", self.venv],
                            [self.venv / "bin/pip", "install", "--quiet", self.python]):
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    raise Unavailable(f"pip install {self.python}: {(done.stdout + done.stderr).strip()[-300:]}")
            (self.venv / "complete").touch()

    @property
    def venv(self):
        return measure.SCRATCH / f"venv-{self.python.partition('=')[0].partition('[')[0]}"

    def version(self):
        if self.python:
            return self.python
        done = subprocess.run(
            ["dpkg-query", "--show", *self.debian], capture_output=True, text=True) if self.debian else None
        return ", ".join(done.stdout.split("\n")).replace("\t", " ").strip(", ") if done else ""

    def configuration(self, name, **more):
        """A file of the folder `peers`, with what stands in <…> put in."""
        text = (machine.HERE / "peers" / name).read_text()
        values = {"port": self.port, "vendor": machine.VENDOR_PORT, "folder": self.folder, "key": self.key, **more}
        for word, value in values.items():
            text = text.replace(f"<{word}>", str(value))
        file = self.folder / name
        file.write_text(text)
        return file

    def command(self):
        raise NotImplementedError

    variables = {}

    def start(self):
        self.running = machine.Running(self.name, self.command(), machine.PROXY_CPU, self.variables)
        self.wait_for_answers()

    def wait_for_answers(self):
        for question, mark in ((load.PLAIN, b"The toll is paid"), (load.SHORT, b"[DONE]")):
            problem = []
            if not machine.wait_until(self.start_seconds_max, lambda: self.answers(question, mark, problem)):
                raise Unavailable(f"does not answer: {problem[-1] if problem else ''}; {self.said()}")

    def answers(self, question, mark, problem):
        if self.running and self.running.process.poll() is not None:
            raise Unavailable(f"ended with {self.running.process.returncode}: {self.said()}")
        try:
            request = urllib.request.Request(
                f"http://127.0.0.1:{self.port}{self.path}", data=question.body(self.prefix),
                headers={"authorization": f"Bearer {self.key}", "content-type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                body = answer.read()
            if mark in body:
                return True
            problem.append(body[:200])
        except OSError as error:
            problem.append(error)
        return False

    def said(self):
        return self.running.tail() if self.running else ""

    def pause(self):
        if self.running:
            self.running.pause()

    def resume(self):
        if self.running:
            self.running.resume()

    def log_faults(self, requests):
        return None

    def forget_log(self):
        pass
