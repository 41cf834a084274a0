"""Another date for a program under test, by libfaketime."""
import pathlib

_LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def environment(time):
    """- time: `2026-11-01T06:00:30Z`, at which the program's clock starts."""
    if not _LIBRARIES:
        raise RuntimeError("libfaketime is missing: scripts/setup.sh test installs it")
    date, clock = time.removesuffix("Z").split(".")[0].split("T")
    return {
        # Otherwise it sets a variable itself, which moves the environment: Swift then finds no arguments.
        "FAKETIME_SHARED": "/faketime_sem_none /faketime_shm_none",
        "LD_PRELOAD": str(_LIBRARIES[0]), "FAKETIME": f"@{date} {clock}", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1", "TZ": "UTC"}
