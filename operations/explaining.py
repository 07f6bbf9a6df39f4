"""Explaining: what a push or a pull request would lead to, in the words a decision is recorded in."""

from dataclasses import dataclass

from domain.decisions import Decision
from domain.errors import InvalidInput
from domain.ports.forge import Forge
from domain.ports.store import Store, UnitOfWork
from domain.records import DecisionRecord
from domain.source import FullName, parse_commit_sha, parse_full_name
from operations.deciding import explain_push
from operations.pull_requests import explain_pull_request


@dataclass(frozen=True, slots=True)
class Question:
    """What would happen: to a push of `sha` to `ref`, or to a pull request.

    Attributes:
        repository: `owner/name`.
        ref: a branch name or a full ref.
    """

    repository: str
    ref: str | None = None
    sha: str | None = None
    pull_request: int | None = None


def explain(store: Store, forge: Forge, question: Question) -> tuple[DecisionRecord, ...]:
    """Return what would be decided now; nothing is deployed or stored.

    Raises:
        InvalidInput: `question_invalid`, `repository_name_invalid`, `commit_sha_invalid`.
        NotFound: `repository_not_accessible`.
    """
    decisions = _decide(store, forge, parse_full_name(question.repository), question)
    with store.transaction() as work:
        return tuple(describe_decision(work, decision) for decision in decisions)


def describe_decision(work: UnitOfWork, decision: Decision) -> DecisionRecord:
    """Return what the decision would be recorded as."""
    project_id, environment_id = decision.project_id, decision.environment_id
    return DecisionRecord(
        outcome=decision.outcome.value,
        reason=str(decision.reason),
        sentence=decision.sentence,
        hint=decision.hint,
        deployment_id=None,
        project_slug=work.projects.get(project_id).slug if project_id else None,
        environment_slug=work.projects.get_environment(environment_id).slug if environment_id else None,
    )


def _decide(store: Store, forge: Forge, name: FullName, question: Question) -> tuple[Decision, ...]:
    match question:
        case Question(ref=None, sha=None, pull_request=int(number)):
            return explain_pull_request(store, forge, name=name, number=number)
        case Question(ref=str(ref), sha=str(sha), pull_request=None):
            full_ref = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
            return explain_push(store, forge, name=name, ref=full_ref, sha=parse_commit_sha(sha))
        case _:
            raise InvalidInput(
                "question_invalid", "Ask about a push, with ref and sha, or about a pull request, with its number."
            )
