"""A project as its developer sees it: a clone to commit in, a push, and what came of it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from domain.deployments import Deployment
from domain.ports.store import Store
from domain.records import DeliveryRecord
from github_app.simulator.server import SimulatedGitHub
from tests.acceptance.service import RunningService, wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class ConnectedProject:
    """A project whose repository is hosted, cloned and connected."""

    slug: str
    clone: Path
    github: SimulatedGitHub
    service: RunningService
    store: Store

    @property
    def repository_id(self) -> int:
        """GitHub's id of the repository."""
        hosted = self.github.simulation.state.find_repository("acme", self.slug)
        assert hosted is not None
        return hosted.id

    def write(self, files: dict[str, str]) -> None:
        """Write files of the clone."""
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, message: str = "Change it") -> str:
        """Commit everything, also nothing, and return the commit id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def push(self, refspec: str = "HEAD:refs/heads/main", *options: str) -> None:
        """Push to the simulated GitHub, which sends the signed delivery."""
        self.git("push", "--quiet", *options, self.github.push_url(f"acme/{self.slug}"), refspec)

    def push_commit(self, message: str = "Change it") -> str:
        """Commit, push, and return the commit id."""
        sha = self.commit(message)
        self.push()
        return sha

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(
            ["git", "-C", str(self.clone), *identity, *arguments], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def change_settings(self, *options: str) -> None:
        self.service.succeed("project", "settings", self.slug, *options)

    def deployments(self) -> list[Deployment]:
        """Return the project's deployments, newest first."""
        with self.store.transaction() as work:
            return list(work.deployments.list_recent(work.projects.get_by_slug(self.slug).id, 100))

    def statuses(self) -> list[str]:
        return [deployment.status.value for deployment in self.deployments()]

    def deploy(self, sha: str) -> Deployment:
        """Wait until the commit's deployment has ended and return it."""
        return wait_until(lambda: self._find_ended(sha), f"{sha[:7]} has ended", seconds=180)

    def current_commit(self) -> str | None:
        """Return the commit production runs."""
        with self.store.transaction() as work:
            production = work.projects.list_environments(work.projects.get_by_slug(self.slug).id)[0]
            current = work.deployments.find_current(production.id)
        return current.commit.sha if current else None

    def tasks(self, deployment: Deployment) -> tuple[str, ...]:
        with self.store.transaction() as work:
            return work.deployments.list_task_ids(deployment.id)

    def log(self, sha: str) -> str:
        """Return the build log of the commit's deployment."""
        with self.store.transaction() as work:
            chunks = work.deployments.read_log(work.deployments.get_by_reference(sha).id, 0)
        return "\n".join(line[2] for chunk in chunks for line in chunk.lines)

    def decisions(self) -> list[DeliveryRecord]:
        """Return the deliveries that concerned the project, newest first."""
        with self.store.transaction() as work:
            records = work.deliveries.list_recent(100)
        return [r for r in records if any(decision.project_slug == self.slug for decision in r.decisions)]

    def _find_ended(self, sha: str) -> Deployment | None:
        return next((d for d in self.deployments() if d.commit.sha == sha and d.is_final), None)


@dataclass
class ProjectFactory:
    """Makes connected projects from the example repositories."""

    github: SimulatedGitHub
    service: RunningService
    store: Store
    directory: Path

    def make(self, slug: str, example: str = "hello-tasks") -> ConnectedProject:
        """Host a copy of an example as `acme/<slug>`, install the App, create and connect a project."""
        self.github.create_repository("acme", slug)
        if not self.github.simulation.state.installations:
            self.github.install("acme")
        clone = self.directory / "clones" / slug
        shutil.copytree(ROOT / "examples" / example, clone)
        project = ConnectedProject(slug, clone, self.github, self.service, self.store)
        project.git("init", "--quiet", "--initial-branch=main")
        self.service.succeed("project", "create", slug)
        self.service.succeed("project", "connect", slug, "--repo", f"acme/{slug}")
        return project
