"""Where a test's stores lie: each in a file of its own, or in a database of its own on the tests' PostgreSQL server."""
import contextlib
import csv
import io
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest

import blocks
import postgres

QUERIED = {
    "segments": "id name lines usages duplicates rejected control", "closed_inputs": "period name lines sha256",
    "facets": "id endpoint provider model_requested model_returned key_id key_name team service_tier"}
NULL = "<null>"
BYTES = re.compile("X'[0-9A-F]+'")

_server = None
"""The server in which new stores are made, while there is one."""

on_sqlite = pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True, scope="module")
on_postgres = pytest.mark.parametrize("store_kind", ["postgres"], indirect=True, scope="module")
"""For a test of what only one of them has."""


@contextlib.contextmanager
def lie_in(server):
    """Until the end new stores are databases of this server; they are dropped then. Without a server: files."""
    global _server
    before, _server = _server, server
    kept = server.databases() if server else set()
    try:
        yield
    finally:
        _server = before
        if server:
            server.drop(server.databases() - kept)


def kind():
    return "postgres" if _server else "sqlite"


def location(folder):
    """Of a new store."""
    return _server.make_database() if _server else f"sqlite:{pathlib.Path(folder).absolute() / 'tollbook.db'}"


def query(store, sql):
    """The rows of a query over `requests`, which is every month's rows unpacked, and these tables. An empty store gives none."""
    months = _rows(store, "SELECT month FROM request_months ORDER BY month")
    if not months:
        return []
    memory = sqlite3.connect(":memory:")
    for name, columns in QUERIED.items():
        columns = columns.split()
        _fill(memory, name, columns, _rows(store, f"SELECT {', '.join(columns)} FROM {name}"))
    found = []
    for month, in months:
        for block, in _rows(store, f"SELECT data FROM request_blocks_{month // 12}_{month % 12 + 1:02}"):
            found += [tuple(row.values()) for row in blocks.rows(block)]
    _fill(memory, "requests", blocks.COLUMNS, found)
    return memory.execute(sql).fetchall()


def _fill(memory, name, columns, rows):
    memory.execute(f"CREATE TABLE {name}({', '.join(columns)})")
    memory.executemany(f"INSERT INTO {name} VALUES({','.join('?' * len(columns))})", rows)


def change(store, sql):
    """Behind the program's back."""
    if _is_file(store):
        with sqlite3.connect(_path(store)) as database:
            database.execute(sql)
    else:
        _tool("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-c", sql, store)


def restore(store, path):
    """Puts what another program wrote into a store that has nothing yet."""
    if _is_file(store):
        sqlite3.connect(_path(store)).executescript(path.read_text())
    else:
        _tool("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", path, store)


def dump(store):
    """Everything that is in it, as text; bytes that are no text as hexadecimal digits in lower case."""
    if _is_file(store):
        lines = sqlite3.connect(_path(store)).iterdump()
        return "\n".join(BYTES.sub(lambda found: found[0].lower(), line) for line in lines)
    lines = _tool("pg_dump", "--schema=tollbook", "--dbname", store).splitlines()
    # A key against a hostile dump, another one each time.
    return "\n".join(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict")))


def holds(store, text):
    """Whether a text is anywhere in it."""
    everything = dump(store)
    return text in everything or text.encode().hex() in everything


def _rows(store, sql):
    """None where no table was made yet."""
    if _is_file(store):
        return sqlite3.connect(_path(store)).execute(sql).fetchall() if _path(store).exists() else None
    if _tool("psql", "-XAtq", "-c", "SELECT to_regclass('tollbook.schema_version')", store).strip() == "":
        return None
    out = _tool("psql", "-Xq", "--csv", "-t", f"--pset=null={NULL}", "-v", "ON_ERROR_STOP=1", "-c", sql, store)
    csv.field_size_limit(1 << 27)
    return [tuple(_cell(cell) for cell in row) for row in csv.reader(io.StringIO(out))]


def _cell(text):
    if text == NULL:
        return None
    if text.startswith("\\x"):
        return bytes.fromhex(text[2:])
    return int(text) if text.isdigit() else text


def _is_file(store):
    return store.startswith("sqlite:")


def _path(store):
    return pathlib.Path(store.removeprefix("sqlite:"))


def _tool(name, *arguments):
    done = subprocess.run(
        [postgres.programs_folder() / name, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env=os.environ | {"PGOPTIONS": "-c search_path=tollbook"})
    assert done.returncode == 0, done.stderr
    return done.stdout
