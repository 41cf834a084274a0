"""A PostgreSQL server of the tests' own, in a folder of its own. Where PostgreSQL is missing, the tests fail."""
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile

START_SECONDS_MAX = 60
_databases = itertools.count(1)


def programs_folder():
    """The programs of the newest version that is here."""
    versions = [p for p in pathlib.Path("/usr/lib/postgresql").glob("*") if p.name.isdigit()]
    if not versions:
        raise RuntimeError("these tests need PostgreSQL: apt-get install postgresql")
    return max(versions, key=lambda p: int(p.name)) / "bin"


class Server:
    """It sorts texts as English, so that a query that leans on the order of bytes without saying so is found."""

    def __init__(self):
        self.bin = programs_folder()
        # A socket's path is short, so it cannot lie in a test's own deep folder.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tollbook-pg-"))
        self.user = {}
        if os.getuid() == 0:
            # The server refuses to run as root.
            shutil.chown(self.folder, "nobody", "nogroup")
            self.user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        self._own("initdb", "-D", "data", "-U", "tollbook", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--locale-provider=icu", "--icu-locale=en-US", "--no-sync")
        self.start()

    def _own(self, name, *arguments):
        with open(self.folder / "log", "ab") as log:
            subprocess.run(
                [self.bin / name, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                check=True, timeout=START_SECONDS_MAX, **self.user)

    def start(self):
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=100 -c shared_buffers=64MB"
        self._own("pg_ctl", "-D", "data", "-w", "-o", options, "start")

    def stop(self, mode="immediate"):
        """`immediate`: as if the machine went down."""
        self._own("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def signal(self, number):
        """To the server's processes, all of them."""
        first = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["pgrep", "-P", str(first)], capture_output=True, text=True).stdout.split()
        for pid in [first, *map(int, children)]:
            os.kill(pid, number)

    def make_database(self):
        """The location of a store in a new and empty database."""
        name = f"test_{next(_databases)}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return self.location(name)

    def databases(self):
        return set(self.sql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'"))

    def drop(self, names):
        """A session that a killed program left behind is no reason to keep one."""
        if names:
            self.sql("postgres", *(f"DROP DATABASE {name} WITH (FORCE)" for name in sorted(names)))

    def location(self, name):
        return f"postgres:///{name}?host={self.folder}&user=tollbook"

    def sql(self, database, *texts):
        """What the queries give, a line a row."""
        commands = [word for text in texts for word in ("-c", text)]
        done = subprocess.run(
            [self.bin / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "tollbook",
             "-d", database, *commands], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def close(self):
        try:
            self.stop()
        except subprocess.CalledProcessError:
            # A test stopped it and failed before it started it again.
            pass
        shutil.rmtree(self.folder)
