"""Where a test's stores lie: each in a file of its own, or in a database of its own on the tests' PostgreSQL server."""
import contextlib
import csv
import io
import os
import pathlib
import sqlite3
import subprocess

import pytest

import postgres

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
    """The rows of a query in which `requests` is every month's rows, with each number as one. An empty store gives none."""
    months = _rows(store, "SELECT month FROM request_months ORDER BY month")
    if months is None:
        return []
    tables = [f"requests_{month // 12}_{month % 12 + 1:02}" for month, in months]
    if not tables:
        return []
    rows = " UNION ALL ".join(f"SELECT * FROM {table}" for table in tables)
    return _rows(store, f"WITH requests AS ({rows}) {sql}")


def dump(store):
    """Everything that is in it, as text."""
    if _is_file(store):
        return "\n".join(sqlite3.connect(_path(store)).iterdump())
    lines = _tool("pg_dump", "--schema=tollbook", "--dbname", store).splitlines()
    # A key against a hostile dump, another one each time.
    return "\n".join(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict")))


def _rows(store, sql):
    """None where no table was made yet."""
    if _is_file(store):
        return sqlite3.connect(_path(store)).execute(sql).fetchall() if _path(store).exists() else None
    if _tool("psql", "-XAtq", "-c", "SELECT to_regclass('tollbook.schema_version')", store).strip() == "":
        return None
    out = _tool("psql", "-Xq", "--csv", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, store)
    return [tuple(int(cell) if cell.isdigit() else cell for cell in row) for row in csv.reader(io.StringIO(out))]


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
