"""The tables; `docs/reference/database.md` describes them for people."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from domain.decisions import Outcome
from domain.deployments import IN_FLIGHT, DeploymentStatus
from domain.environments import EnvironmentKind, ForkPolicy, QueuePolicy
from domain.ports.secrets import Purpose

DELIVERY_STATUSES: Final = ("received", "processing", "done", "failed")
UNDECIDED: Final = ("received", "processing")
LIVE_STATUSES: Final = (*(status.value for status in DeploymentStatus if status in IN_FLIGHT), "DEPLOYED")
"""A commit in one of these is not deployed once more to its environment unless that is forced."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


def _created() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now())


def _flag(name: str, *, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("true" if default else "false"))


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(text(f"{column} IN ({_listed(values)})"), name=column)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


installations = Table(
    "installations",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger),
    Column("account_login", Text),
    Column("account_kind", Text),
    _moment("suspended_at"),
    _moment("deleted_at"),
    _moment("writes_blocked_until"),
    _created(),
)

granted_writes = Table(
    "granted_writes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("installation_id", ForeignKey(installations.c.id, ondelete="CASCADE"), nullable=False),
    Column("granted_at", DateTime(timezone=True), nullable=False),
    Column("count", Integer, nullable=False),
)
Index("ix_granted_writes_installation_id_granted_at", granted_writes.c.installation_id, granted_writes.c.granted_at)

repositories = Table(
    "repositories",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("installation_id", ForeignKey(installations.c.id), nullable=False, index=True),
    Column("full_name", Text, nullable=False),
    Column("default_branch", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    _flag("archived"),
    _flag("accessible", default=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_repositories_lower_full_name", func.lower(repositories.c.full_name))

branch_heads = Table(
    "branch_heads",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column("branch", Text, primary_key=True),
    Column("sha", Text, nullable=False),
    _flag("revisited"),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

pull_requests = Table(
    "pull_requests",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("head_repository_id", BigInteger),
    Column("head_branch", Text, nullable=False),
    Column("head_sha", Text, nullable=False),
    Column("draft", Boolean, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index(
    "ix_pull_requests_open_head",
    pull_requests.c.repository_id,
    pull_requests.c.head_repository_id,
    pull_requests.c.head_branch,
    postgresql_where=pull_requests.c.is_open,
)

comments = Table(
    "comments",
    metadata,
    Column("repository_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("comment_id", BigInteger, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("config_path", Text),
    Column("install_command", Text),
    Column("pre_build_command", Text),
    Column("queue_policy", Text, nullable=False),
    _flag("previews", default=True),
    _flag("drafts", default=True),
    Column("fork_policy", Text, nullable=False, server_default=ForkPolicy.IGNORE.value),
    Column("ignored_paths", ARRAY(Text), nullable=False, server_default="{}"),
    _flag("submodules"),
    _created(),
    _one_of("queue_policy", QueuePolicy),
    _one_of("fork_policy", ForkPolicy),
)

connections = Table(
    "connections",
    metadata,
    Column("project_id", ForeignKey(projects.c.id, ondelete="CASCADE"), primary_key=True),
    Column("repository_id", ForeignKey(repositories.c.id), nullable=False, index=True),
    _flag("paused"),
    _created(),
    _moment("watched_at"),
)

environments = Table(
    "environments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", ForeignKey(projects.c.id), nullable=False),
    Column("kind", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("tracked_branch", Text),
    Column("last_sequence", BigInteger, nullable=False, server_default="0"),
    Column("last_version_day", Date),
    Column("last_version_number", Integer),
    Column("current_deployment_id", ForeignKey("deployments.id", use_alter=True)),
    Column("current_sequence", BigInteger, nullable=False, server_default="0"),
    _moment("current_at"),
    Column("parent_id", ForeignKey("environments.id"), index=True),
    Column("head_repository_id", BigInteger),
    Column("branch", Text),
    _flag("keep"),
    _moment("active_at"),
    _moment("archived_at"),
    _created(),
    UniqueConstraint("project_id", "slug"),
    UniqueConstraint("project_id", "head_repository_id", "branch"),
    _one_of("kind", EnvironmentKind),
    CheckConstraint(
        text("num_nulls(parent_id, head_repository_id, branch, active_at) IN (0, 4)"), name="whole_preview"
    ),
)

variables = Table(
    "variables",
    metadata,
    Column("environment_id", ForeignKey(environments.c.id, ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

deployments = Table(
    "deployments",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", ForeignKey(projects.c.id), nullable=False),
    Column("environment_id", ForeignKey(environments.c.id), nullable=False),
    Column("sha", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("before", Text),
    Column("version_day", Date, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("short_code", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("forced", Boolean, nullable=False, server_default=text("false")),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("triggered_via", Text, nullable=False),
    Column("triggered_by_login", Text, nullable=False),
    Column("triggered_by_avatar", Text, nullable=False, server_default=""),
    Column("pull_request_number", Integer),
    Column("pull_request_title", Text),
    Column("pull_request_state", Text),
    Column("pull_request_trusted", Boolean),
    Column("pull_request_base_sha", Text),
    Column("pull_request_repository_id", BigInteger),
    _flag("held"),
    Column("approved_by", Text),
    Column("image", Text),
    Column("image_of", Text),
    Column("build_key", Text),
    Column("failure_code", Text),
    Column("failure_sentence", Text),
    Column("failure_problems", JSONB(none_as_null=True)),
    Column("check_run_id", BigInteger),
    Column("github_deployment_id", BigInteger),
    Column("github_deployment_state", Text, nullable=False, server_default=""),
    Column("log_line_count", BigInteger, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _moment("started_at"),
    _moment("installed_at"),
    _moment("built_at"),
    _moment("finished_at"),
    UniqueConstraint("environment_id", "version_day", "version_number"),
    UniqueConstraint("environment_id", "sequence"),
    UniqueConstraint("project_id", "short_code"),
    _one_of("status", DeploymentStatus),
)
Index("ix_deployments_environment_id_sha", deployments.c.environment_id, deployments.c.sha)
Index("ix_deployments_project_id_created_at", deployments.c.project_id, deployments.c.created_at)
Index("ix_deployments_created_at", deployments.c.created_at)
Index(
    "ix_deployments_environment_id_build_key",
    deployments.c.environment_id,
    deployments.c.build_key,
    postgresql_where=deployments.c.build_key.is_not(None),
)
Index(
    "uq_deployments_live_commit",
    deployments.c.environment_id,
    deployments.c.sha,
    unique=True,
    postgresql_where=text(f"NOT forced AND status IN ({_listed(LIVE_STATUSES)})"),
)

task_manifests = Table(
    "task_manifests",
    metadata,
    Column("deployment_id", ForeignKey(deployments.c.id, ondelete="CASCADE"), primary_key=True),
    Column("document", Text, nullable=False),
    Column("task_ids", ARRAY(Text), nullable=False),
)

log_chunks = Table(
    "log_chunks",
    metadata,
    Column("deployment_id", ForeignKey(deployments.c.id, ondelete="CASCADE"), primary_key=True),
    Column("first_line", BigInteger, primary_key=True, autoincrement=False),
    Column("lines", JSONB, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("deployment_id", ForeignKey(deployments.c.id, ondelete="CASCADE"), nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    _created(),
    _moment("sent_at"),
    _one_of("status", DeploymentStatus),
)
Index("ix_outbox_deployment_id_id", outbox.c.deployment_id, outbox.c.id)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("event_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("failure", Text, nullable=False, server_default=""),
    Column("received_at", DateTime(timezone=True), nullable=False),
    _moment("finished_at"),
    _one_of("status", DELIVERY_STATUSES),
)
Index("ix_deliveries_received_at", deliveries.c.received_at)
Index(
    "ix_deliveries_undecided",
    deliveries.c.subject,
    deliveries.c.received_at,
    postgresql_where=text(f"status IN ({_listed(UNDECIDED)})"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("delivery_id", ForeignKey(deliveries.c.id, ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("project_id", ForeignKey(projects.c.id)),
    Column("environment_id", ForeignKey(environments.c.id)),
    Column("deployment_id", ForeignKey(deployments.c.id)),
    _one_of("outcome", Outcome),
)

github_app = Table(
    "github_app",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("app_id", BigInteger, nullable=False),
    Column("slug", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("saved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("one", name="one"),
)

sealed_values = Table(
    "sealed_values",
    metadata,
    Column("place", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
)

round_trips = Table(
    "round_trips",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("session_hash", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("installation_id", BigInteger),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    _one_of("purpose", Purpose),
)
Index("ix_round_trips_expires_at", round_trips.c.expires_at)
