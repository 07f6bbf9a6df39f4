"""The sweep: what many repositories are like now, asked with few requests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.identifiers import InstallationId
from domain.ports.forge import RepositoryFacts, WatchedRepository
from domain.pull_requests import PullRequest
from domain.source import BranchName, Commit, Repository
from github_app.asking import NOT_FOUND, OK, Asking, parse, route
from github_app.client import Call, refusal
from github_app.payloads import RepositoryPart
from github_app.sweep_answer import AnsweredRepository, read_answer
from github_app.sweep_query import Question, deal_out, list_questions, query_body
from github_app.tokens import Purpose


def read_repositories(
    asking: Asking, installation_id: InstallationId, watched: Sequence[WatchedRepository]
) -> tuple[RepositoryFacts, ...]:
    """Ask about many repositories of one installation; those it does not see are left out."""
    gathered = {repository.address.repository_id: _Gathered(repository) for repository in watched}
    questions = list_questions(watched)
    while questions:
        # Each round asks for the next page of pull requests, until no repository has more.
        questions = [
            following
            for portion in deal_out(questions)
            for question, answered in _ask(asking, installation_id, portion)
            if (following := gathered[question.watched.address.repository_id].take(question, answered))
        ]
    seen = [(known, _describe(asking, installation_id, known)) for known in gathered.values()]
    return tuple(known.to_facts(repository) for known, repository in seen if repository is not None)


def _ask(
    asking: Asking, installation_id: InstallationId, questions: Sequence[Question]
) -> Iterable[tuple[Question, AnsweredRepository | None]]:
    answer = asking.ask_widely(installation_id, Purpose.SWEEP, Call("POST", "/graphql", query_body(questions)))
    if answer.status != OK:
        raise refusal(answer, "tell about many repositories")
    answered = read_answer(answer)
    return [(question, answered.get(f"r{index}")) for index, question in enumerate(questions)]


@dataclass
class _Gathered:
    """What the answers say of one repository so far."""

    watched: WatchedRepository
    described: AnsweredRepository | None = None
    heads: dict[BranchName, Commit] = field(default_factory=dict)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    unseen: bool = False

    def take(self, question: Question, answered: AnsweredRepository | None) -> Question | None:
        """Add an answer, and return the question for the next page of pull requests when there is one."""
        # A stranger may have a repository under the name this one had.
        if answered is None or answered.id != self.watched.address.repository_id:
            self.unseen = True
            return None
        self.described = answered
        self.heads |= answered.list_heads(question.branches)
        self.pull_requests |= {found.number: found for found in answered.list_pull_requests()}
        return question.continued(answered.next_page) if answered.next_page else None

    def to_facts(self, repository: Repository) -> RepositoryFacts:
        pull_requests = tuple(self.pull_requests.values()) if self.watched.pull_requests else None
        return RepositoryFacts(self.watched.address, repository, self.heads, pull_requests)


def _describe(asking: Asking, installation_id: InstallationId, known: _Gathered) -> Repository | None:
    described = known.described
    if known.unseen or described is None:
        return None
    repository_id = known.watched.address.repository_id
    if described.default_branch is not None:
        return Repository(repository_id, described.full_name, described.default_branch.name, described.private)
    # Of a repository without commits, only the other API tells what its default branch will be.
    answer = asking.ask_widely(installation_id, Purpose.SWEEP, Call("GET", route(described.full_name)))
    if answer.status == NOT_FOUND:
        return None
    if answer.status != OK:
        raise refusal(answer, "describe a repository")
    found = parse(RepositoryPart, answer).to_domain()
    return found if found.id == repository_id else None
