"""How alembic runs our migrations: inside the one transaction that `ivr.store.schema` hands over."""

from alembic import context

from ivr.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
