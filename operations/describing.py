"""Decisions in words: the same for a delivery that was decided about and for one that only might be."""

from domain.decisions import Decision
from domain.ports.store import UnitOfWork
from domain.records import DecisionRecord


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
