"""Variables: encrypted, bound to their place, within limits."""

import pytest
from sqlalchemy import Engine, select, text, update

from domain.errors import InvalidInput, NotFound, OperatorError
from domain.ports.store import Store
from domain.secrets import Secret
from store.encryption import Cipher
from store.engine import begin
from store.tables import variables
from store.unit_of_work import PostgresStore
from store.variables import MAX_TOTAL_BYTES, MAX_VALUE_BYTES, MAX_VARIABLES
from tests.fakes.job_queue import RecordingJobQueue
from tests.fakes.shop import Shop


def set_variable(shop: Shop, key: str, value: str) -> None:
    with shop.store.transaction() as work:
        work.variables.set(shop.production.id, key, Secret(value))


def reveal(store: Store, environment_id: str) -> dict[str, str]:
    with store.transaction() as work:
        return {key: value.reveal() for key, value in work.variables.reveal_all(environment_id).items()}


def test_values_come_back_in_their_environment_only(shop: Shop) -> None:
    set_variable(shop, "TOKEN", "old")
    set_variable(shop, "TOKEN", "s3cret\x00é\ud800")
    assert reveal(shop.store, shop.production.id) == {"TOKEN": "s3cret\x00é\ud800"}
    assert reveal(shop.store, shop.staging.id) == {}


def test_a_preview_has_its_parents_variables_and_its_own_are_stronger(shop: Shop) -> None:
    preview = shop.ensure()
    with shop.store.transaction() as work:
        work.variables.set(shop.preview.id, "SHARED", Secret("parent's"))
        work.variables.set(preview.id, "BOTH", Secret("own"))
        work.variables.set(shop.preview.id, "BOTH", Secret("parent's"))
        work.variables.set(shop.production.id, "PRODUCTION", Secret("not here"))
    assert reveal(shop.store, preview.id) == {"BOTH": "own", "SHARED": "parent's"}
    assert reveal(shop.store, shop.preview.id) == {"BOTH": "parent's", "SHARED": "parent's"}


def test_the_table_does_not_contain_the_value(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "TOKEN", "s3cret-value")
    with begin(engine) as connection:
        row = connection.execute(select(variables)).one()
    assert "s3cret-value" not in str(row)


def test_one_value_encrypts_differently_each_time(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "A", "same")
    set_variable(shop, "B", "same")
    with begin(engine) as connection:
        first, second = connection.execute(select(variables.c.ciphertext, variables.c.wrapped_key)).all()
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_ciphertext_moved_to_another_key_is_refused(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "HARMLESS", "s3cret")
    with begin(engine) as connection:
        connection.execute(update(variables).values(key="SHOWN"))
    with pytest.raises(OperatorError) as caught:
        reveal(shop.store, shop.production.id)
    assert caught.value.code == "decryption_failed"


def test_a_ciphertext_moved_to_another_environment_is_refused(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "TOKEN", "s3cret")
    with begin(engine) as connection:
        connection.execute(update(variables).values(environment_id=shop.staging.id))
    with pytest.raises(OperatorError) as caught:
        reveal(shop.store, shop.staging.id)
    assert caught.value.code == "decryption_failed"


def test_another_service_key_is_named(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "TOKEN", "s3cret")
    other = PostgresStore(engine, RecordingJobQueue(), Cipher(b"k" * 32))
    with pytest.raises(OperatorError) as caught:
        reveal(other, shop.production.id)
    assert caught.value.code == "encryption_key_unknown"


def test_a_rotated_key_still_opens_what_the_previous_one_sealed(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "TOKEN", "s3cret")
    rotated = PostgresStore(engine, RecordingJobQueue(), Cipher(b"k" * 32, [bytes(32)]))
    assert reveal(rotated, shop.production.id) == {"TOKEN": "s3cret"}


def test_removal(shop: Shop) -> None:
    set_variable(shop, "TOKEN", "x")
    with shop.store.transaction() as work:
        work.variables.remove(shop.production.id, "TOKEN")
    with pytest.raises(NotFound) as caught, shop.store.transaction() as work:
        work.variables.remove(shop.production.id, "TOKEN")
    assert caught.value.code == "variable_not_found"


@pytest.mark.parametrize("key", ["", "A-B", "A B", "É", "A\n", "A" * 256, "$(id)"])
def test_a_bad_key_is_refused(shop: Shop, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        set_variable(shop, key, "x")
    assert caught.value.code == "variable_key_invalid"


@pytest.mark.parametrize("key", ["TRIGGER_SECRET_KEY", "TRIGGER_API_URL"])
def test_a_reserved_key_is_refused(shop: Shop, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        set_variable(shop, key, "x")
    assert caught.value.code == "variable_reserved"


def test_a_value_has_a_limit_in_bytes(shop: Shop) -> None:
    set_variable(shop, "A", "x" * MAX_VALUE_BYTES)
    with pytest.raises(InvalidInput) as caught:
        set_variable(shop, "B", "é" * (MAX_VALUE_BYTES // 2 + 1))
    assert caught.value.code == "variable_too_large"


def test_all_values_together_have_a_limit(shop: Shop) -> None:
    for number in range(MAX_TOTAL_BYTES // MAX_VALUE_BYTES):
        set_variable(shop, f"A{number}", "x" * MAX_VALUE_BYTES)
    set_variable(shop, "LAST", "x" * (MAX_TOTAL_BYTES % MAX_VALUE_BYTES))
    set_variable(shop, "A0", "y" * MAX_VALUE_BYTES)
    with pytest.raises(InvalidInput, match="262144"):
        set_variable(shop, "ONE_MORE", "x")


def test_their_number_has_a_limit(shop: Shop, engine: Engine) -> None:
    set_variable(shop, "A0", "x")
    copies = text(
        "INSERT INTO variables SELECT environment_id, 'A' || n, key_id, wrapped_key, nonce, ciphertext, updated_at "
        "FROM variables, generate_series(1, :count) n"
    )
    with begin(engine) as connection:
        connection.execute(copies, {"count": MAX_VARIABLES - 1})
    set_variable(shop, "A1", "replaced")
    with pytest.raises(InvalidInput, match="500"):
        set_variable(shop, "ONE_MORE", "x")
