"""Rows a second of `tollbook ingest`, which reads, checks, normalizes and keeps a row for each request, beside what a database
takes at best: the same facts, parsed beforehand, into one plain table of 25 columns with a unique text key.

SQLite: a bare C program (rows/sqlite_rows.c), its seconds of inserting alone. PostgreSQL: psql's COPY of a ready file. The peers
parse nothing; 1.0 would be ingest for free."""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import measure

HERE = pathlib.Path(__file__).resolve().parent / "rows"
COLUMNS = (
    "time timestamptz, key text UNIQUE, outcome text, session text, key_id text, key_name text, user_id text, team text,"
    "product text, provider text, model_requested text, model_returned text, endpoint text, stream bigint, status bigint,"
    "error text, duration_us bigint, first_byte_us bigint, input bigint, cache_read bigint, cache_write bigint,"
    "output bigint, thoughts bigint, service_tier text, ip text")
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min", "listen_addresses": "127.0.0.1"}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("requests", nargs="?", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--stores", default="sqlite,postgres")
    asked = options.parse_args()
    folder, made = measure.sample(asked.requests, crashes=3, resent=3)
    files = measure.segments(folder)
    facts = measure.SCRATCH / f"facts-{asked.requests}.tsv"
    if not facts.exists():
        subprocess.run([sys.executable, HERE / "facts.py", folder, facts], check=True)
    with open(facts, "rb") as file:
        rows = sum(block.count(b"\n") for block in iter(lambda: file.read(measure.WARM_BYTES), b""))
    assert rows == made["usages"], f"{rows} facts, but {made['usages']} usages"
    print(f"{rows:,} rows from {made['lines']:,} lines in {len(files):,} files", flush=True)
    results = {}
    with contextlib.ExitStack() as stack:
        if "sqlite" in asked.stores:
            results |= sqlite(asked.rounds, rows, folder, files, facts)
        if "postgres" in asked.stores:
            results |= postgres(asked.rounds, rows, folder, files, facts, stack)
    measure.save("rows", {"requests": asked.requests, "rows": rows, "lines": made["lines"], "results": show(results, made)})


def sqlite(rounds, rows, folder, files, facts):
    program = measure.SCRATCH / "sqlite_rows"
    subprocess.run(["cc", "-O2", "-o", program, HERE / "sqlite_rows.c", "-lsqlite3"], check=True)
    bare, ingest = [], []
    for _ in range(rounds):
        run = measure.quietest([program, facts, measure.SCRATCH / "bare.db"], [facts])
        inserted = json.loads((measure.SCRATCH / "last.log").read_text())
        assert inserted["rows"] == rows, inserted
        bare.append(run | {"rows_per_s": round(rows / inserted["seconds"])})
        store = f"sqlite:{measure.SCRATCH}/ingest.db"
        run = measure.quietest(ingest_into(folder, store), files, exits=(0, 3), before=remove_store)
        ingest.append(run | {"rows_per_s": round(rows / run["wall_s"])})
        print(f"sqlite: {bare[-1]}\n        {ingest[-1]}", flush=True)
    return {"C program, SQLite": bare, "tollbook ingest, SQLite": ingest}


def postgres(rounds, rows, folder, files, facts, stack):
    server = Server(stack)

    def empty_table():
        server.sql("DROP TABLE IF EXISTS requests", f"CREATE TABLE requests({COLUMNS})")

    def empty_database():
        server.sql("DROP DATABASE IF EXISTS books WITH (FORCE)", "CREATE DATABASE books")

    copy, ingest = [], []
    for _ in range(rounds):
        copying = server.psql("-c", f"\\copy requests from '{facts}'")
        run = measure.quietest(copying, [facts], before=empty_table, server=server.pid)
        assert server.sql("SELECT count(*) FROM requests") == str(rows)
        copy.append(run | {"rows_per_s": round(rows / run["wall_s"])})
        run = measure.quietest(
            ingest_into(folder, server.url("books")), files, exits=(0, 3), before=empty_database, server=server.pid)
        ingest.append(run | {"rows_per_s": round(rows / run["wall_s"])})
        print(f"postgres: {copy[-1]}\n          {ingest[-1]}", flush=True)
    return {"psql COPY, PostgreSQL": copy, "tollbook ingest, PostgreSQL": ingest}


def remove_store():
    for name in measure.SCRATCH.glob("ingest.db*"):
        name.unlink()


def ingest_into(folder, store):
    return [measure.tollbook(), "ingest", "--raw-logs", folder, "--store", store, "--json"]


def show(results, made):
    print("\n| what | rows/s | wall s | CPU s of the client | lines/s | peak RSS MiB | foreign CPU | of the peer |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    summary, peer = {}, None
    for name, runs in results.items():
        rate, wall, cpu, rss, foreign = (
            measure.median(runs, key) for key in ("rows_per_s", "wall_s", "cpu_s", "rss_mib", "foreign"))
        ours = name.startswith("tollbook")
        ratio = rate / peer if ours else None
        peer = rate
        summary[name] = {"rows_per_s": rate, "wall_s": wall, "cpu_s": cpu, "rss_mib": rss, "ratio": ratio, "runs": runs}
        lines, of_peer = (f"{made['lines'] / wall:,.0f}", f"{ratio:.2f}") if ours else ("–", "1")
        print(f"| {name} | {rate:,} | {wall:.2f} | {cpu:.2f} | {lines} | {rss:,.0f} | {foreign:.1%} | {of_peer} |")
    return summary


class Server:
    """A PostgreSQL server of this benchmark's own, stopped and removed at the end."""

    def __init__(self, stack):
        debian = sorted(map(str, pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")))
        binary = shutil.which("initdb") or (debian[-1] if debian else None)
        if not binary:
            raise SystemExit("PostgreSQL's initdb is not installed; --stores sqlite leaves this part out")
        self.folder = pathlib.Path(os.path.realpath(binary)).parent
        self.data = measure.SCRATCH / "postgres"
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        # PostgreSQL refuses to run as root.
        self.user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(self.data, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.run("initdb", "-D", self.data / "d", "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C.UTF-8")
        settings = SETTINGS | {"port": self.port, "unix_socket_directories": ""}
        with open(self.data / "d/postgresql.conf", "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        stack.callback(shutil.rmtree, self.data, ignore_errors=True)
        self.run("pg_ctl", "-D", self.data / "d", "-l", self.data / "log", "-w", "start")
        stack.callback(self.run, "pg_ctl", "-D", self.data / "d", "-m", "fast", "-w", "stop")
        self.pid = int((self.data / "d/postmaster.pid").read_text().split()[0])

    def run(self, name, *arguments):
        subprocess.run([*self.user, self.folder / name, *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def psql(self, *arguments):
        return ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url("postgres"), *arguments]

    def url(self, database):
        return f"postgres://bench@127.0.0.1:{self.port}/{database}"

    def sql(self, *statements):
        commands = [part for statement in statements for part in ("-c", statement)]
        return subprocess.run(self.psql(*commands), check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
