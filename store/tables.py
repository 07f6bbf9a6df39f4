"""The tables; `docs/reference/database.md` describes them for people."""

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

from domain.deployments import IN_FLIGHT, DeploymentStatus
from domain.environments import ConnectionState, EnvironmentKind, QueuePolicy

DELIVERY_STATUSES: Final = ("received", "processing", "done", "failed")
UNDECIDED: Final = ("received", "processing")
DECISION_OUTCOMES: Final = ("start", "promote", "ignore")
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


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(text(f"{column} IN ({_listed(values)})"), name=column)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


installations = Table(
    "installations",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _created(),
)

repositories = Table(
    "repositories",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("installation_id", ForeignKey(installations.c.id), nullable=False, index=True),
    Column("full_name", Text, nullable=False),
    Column("default_branch", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
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
    _created(),
    _one_of("queue_policy", tuple(policy.value for policy in QueuePolicy)),
)

connections = Table(
    "connections",
    metadata,
    Column("project_id", ForeignKey(projects.c.id, ondelete="CASCADE"), primary_key=True),
    Column("repository_id", ForeignKey(repositories.c.id), nullable=False, index=True),
    Column("state", Text, nullable=False),
    _created(),
    _one_of("state", tuple(state.value for state in ConnectionState)),
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
    _created(),
    UniqueConstraint("project_id", "slug"),
    _one_of("kind", tuple(kind.value for kind in EnvironmentKind)),
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
    Column("triggered_by", Text, nullable=False),
    Column("image", Text),
    Column("failure_code", Text),
    Column("failure_sentence", Text),
    Column("check_run_id", BigInteger),
    Column("log_line_count", BigInteger, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _moment("started_at"),
    _moment("installed_at"),
    _moment("built_at"),
    _moment("finished_at"),
    UniqueConstraint("environment_id", "version_day", "version_number"),
    UniqueConstraint("environment_id", "sequence"),
    UniqueConstraint("project_id", "short_code"),
    _one_of("status", tuple(status.value for status in DeploymentStatus)),
)
Index("ix_deployments_environment_id_sha", deployments.c.environment_id, deployments.c.sha)
Index("ix_deployments_project_id_created_at", deployments.c.project_id, deployments.c.created_at)
Index("ix_deployments_created_at", deployments.c.created_at)
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
    _one_of("status", tuple(status.value for status in DeploymentStatus)),
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
    _one_of("outcome", DECISION_OUTCOMES),
)
