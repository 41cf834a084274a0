"""The demo of the README, and the sample month that stands in the repository."""
import pathlib
import subprocess

import pytest

import programs

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "reports" / "2026-10"
SECONDS_MAX = 300


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo, run twice in one folder: the second time over what the first left."""
    folder = tmp_path_factory.mktemp("demo")
    for _ in range(2):
        done = subprocess.run(
            [programs.program("tollbook"), "demo", "--out", str(folder / "demo"), "--prices", str(ROOT / "prices"),
             "--attribution", str(ROOT / "examples" / "attribution.yaml")],
            cwd=folder, env=programs.environment(), capture_output=True, text=True, timeout=SECONDS_MAX)
        assert done.returncode == 0, done.stderr
    return folder / "demo" / "reports" / "2026-10"


def test_the_committed_month_is_what_the_demo_makes(demo):
    """Same inputs, same bytes. The workbook's own bytes hang on the zlib it was packed with, so it is not compared."""
    names = sorted(str(file.relative_to(demo)) for file in demo.rglob("*") if file.is_file())
    assert names == sorted(str(file.relative_to(SAMPLE)) for file in SAMPLE.rglob("*") if file.is_file())
    for name in names:
        if not name.endswith(".xlsx"):
            assert (demo / name).read_bytes() == (SAMPLE / name).read_bytes(), f"{name}: run `make demo` and copy it"


def test_the_readme_shows_the_demo_as_it_is(demo):
    readme = (ROOT / "README.md").read_text()
    first_lines = (demo / "summary.md").read_text().split("\n")
    total = next(line for line in first_lines if line.startswith("| **Total**"))
    cost = total.split("**")[3]
    assert cost in readme, f"the README's sample output should say {cost}"
