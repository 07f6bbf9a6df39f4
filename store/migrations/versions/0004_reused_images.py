"""What went into an image, and which version an image was built for that is used again.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deployments", sa.Column("image_of", sa.Text(), nullable=True))
    op.add_column("deployments", sa.Column("build_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_deployments_environment_id_build_key",
        "deployments",
        ["environment_id", "build_key"],
        postgresql_where=sa.text("build_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_deployments_environment_id_build_key", "deployments")
    op.drop_column("deployments", "build_key")
    op.drop_column("deployments", "image_of")
