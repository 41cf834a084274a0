"""The program lives through the made-up company's story, step by step, as its operator would."""
import json
import shutil

import yaml

from desk import Desk


class CompanyDesk(Desk):
    """A desk in the company's own folder; `said` keeps what each step printed."""

    def __init__(self, folder):
        settings = (folder / "tollbook.yaml").read_text()
        super().__init__(folder, attribution=folder / "attribution.yaml")
        (folder / "tollbook.yaml").write_text(settings)
        self.versions, self.said, self.runs, self.closed_files = {}, [], {}, {}

    def live(self):
        for step in yaml.safe_load((self.folder / "story.yaml").read_text()):
            [(verb, what)] = list(step.items())[:1]
            self.said.append((verb, what, getattr(self, "do_" + verb)(what, step)))
        return self

    def do_publish(self, name, _):
        done = self.command("prices", "import", "--file", str(self.folder / "editions" / f"{name}.csv"), "--json")
        self.versions[name] = json.loads(done.out)["version"]
        return done

    def do_arrive(self, name, _):
        shutil.copytree(self.folder / "arrivals" / name, self.raw_logs, dirs_exist_ok=True)

    def do_run(self, month, _):
        done = self.command("run", "--period", month, "--json", codes=(0, 3))
        self.runs[month] = json.loads(done.out)
        return done

    def do_close(self, month, _):
        done = self.command("close", "--period", month, "--accept-incomplete")
        self.closed_files[month] = self.files_of(month)
        return done

    def do_reprice(self, month, step):
        return self.command("reprice", "--period", month, "--prices-version", self.versions[step["edition"]],
                            "--reason", step["reason"])

    def files_of(self, month):
        return {p.name: p.read_bytes() for p in (self.reports / month).rglob("*") if p.is_file()}
