"""The envelope around a value."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import OperatorError
from domain.secrets import Secret
from store.encryption import Cipher, Sealed, key_id_of

CIPHER = Cipher(bytes(32))


@given(st.text(), st.text(st.characters(codec="utf-8"), max_size=50))
def test_what_was_sealed_for_a_place_opens_there(value: str, place: str) -> None:
    assert CIPHER.open(CIPHER.seal(Secret(value), place), place) == Secret(value)


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
def test_a_changed_part_does_not_open(part: str) -> None:
    sealed = CIPHER.seal(Secret("value"), "env_1:KEY")
    original: bytes = getattr(sealed, part)
    changed = replace(sealed, **{part: bytes([original[0] ^ 1]) + original[1:]})
    with pytest.raises(OperatorError) as caught:
        CIPHER.open(changed, "env_1:KEY")
    assert caught.value.code == "decryption_failed"


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
def test_a_cut_part_does_not_open(part: str) -> None:
    sealed: Sealed = replace(CIPHER.seal(Secret("value"), "env_1:KEY"), **{part: b""})
    with pytest.raises(OperatorError) as caught:
        CIPHER.open(sealed, "env_1:KEY")
    assert caught.value.code == "decryption_failed"


def test_another_place_does_not_open() -> None:
    with pytest.raises(OperatorError, match="env_2:KEY"):
        CIPHER.open(CIPHER.seal(Secret("value"), "env_1:KEY"), "env_2:KEY")


def test_another_key_does_not_open_and_is_named() -> None:
    with pytest.raises(OperatorError, match=key_id_of(bytes(32))) as caught:
        Cipher(b"k" * 32).open(CIPHER.seal(Secret("value"), "env_1:KEY"), "env_1:KEY")
    assert caught.value.code == "encryption_key_unknown"


def test_a_previous_key_opens_and_the_current_one_seals() -> None:
    rotated = Cipher(b"k" * 32, [bytes(32)])
    assert rotated.open(CIPHER.seal(Secret("value"), "p"), "p") == Secret("value")
    assert rotated.seal(Secret("value"), "p").key_id == key_id_of(b"k" * 32)


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(33)])
def test_a_key_has_32_bytes(key: bytes) -> None:
    with pytest.raises(OperatorError) as caught:
        Cipher(key)
    assert caught.value.code == "encryption_key_invalid"


def test_the_name_of_a_key_is_not_the_key() -> None:
    assert key_id_of(b"k" * 32) not in (b"k" * 32).hex()
    assert len(key_id_of(b"k" * 32)) == 16
