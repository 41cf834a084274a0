"""Fixtures: a vendor, a house with keys and a running proxy. A missing program fails the tests, it never skips them."""
import itertools
import uuid

import pytest

import postgres as postgresql
import programs
import rawlog
import stores

_numbers = itertools.count(1)


@pytest.fixture
def user():
    """A name no other request has, to find a request's lines by."""
    return f"u-{next(_numbers)}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def vendor(session_folder):
    stand_in = programs.StandIn(session_folder / "vendor")
    yield stand_in
    stand_in.close()


@pytest.fixture(scope="session")
def postgres():
    server = postgresql.Server()
    yield server
    server.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def store_kind(request):
    """Who asks for it is run on both stores: all that `Desk` and `House` make lies in the one of the turn."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    with stores.lie_in(server):
        yield request.param


class Shared:
    """One proxy and one key for the many tests that only send requests."""

    def __init__(self, folder, vendor):
        # It outlives the modules whose stores come and go.
        with stores.lie_in(None):
            self.house = programs.House(folder / "house", vendor.url)
        self.key = self.house.create_key(
            "ticket-generator-test", "--team", "user-review", "--tag", "product=ticket-generator")
        self.proxy = self.house.start_proxy()
        self.vendor = vendor

    @property
    def log(self):
        return rawlog.Log(self.house.raw_logs)


@pytest.fixture(scope="session")
def shared(session_folder, vendor):
    shared = Shared(session_folder, vendor)
    yield shared
    shared.house.close()


@pytest.fixture
def make_house(tmp_path, vendor):
    """Houses of a test's own, closed at its end."""
    houses = []

    def make(vendor_url=None, **settings):
        house = programs.House(tmp_path / f"house{len(houses)}", vendor_url or vendor.url, **settings)
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def make_vendor(tmp_path):
    vendors = []

    def make(default_fault="", port=0):
        vendors.append(programs.StandIn(tmp_path / f"vendor{len(vendors)}", default_fault, port))
        return vendors[-1]

    yield make
    for stand_in in vendors:
        stand_in.close()
