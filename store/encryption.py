"""Encryption of values at rest: an envelope per value.

Each value has its own random key (AES-256-GCM); that key is stored wrapped (AES-KW) by the service's key. Where a
value belongs is authenticated with it, so that a ciphertext moved to another row cannot be read there.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import OperatorError
from domain.secrets import Secret

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEALED_COLUMNS: Final = ("key_id", "wrapped_key", "nonce", "ciphertext")
"""The fields of `Sealed`, as the columns of every table that holds one are called."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted value and what is needed, besides the service's key, to open it.

    Attributes:
        key_id: which of the service's keys wraps `wrapped_key`.
    """

    key_id: str
    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


class Cipher:
    """Seals with the current key, opens with the current or a previous one."""

    def __init__(self, key: bytes, previous_keys: Sequence[bytes] = ()) -> None:
        """Take the keys.

        Raises:
            OperatorError: `encryption_key_invalid`, a key is not 32 bytes long.
        """
        keys = (key, *previous_keys)
        if any(len(candidate) != KEY_BYTES for candidate in keys):
            raise OperatorError(
                "encryption_key_invalid",
                f"The encryption key must be {KEY_BYTES} bytes: make one with openssl rand -base64 {KEY_BYTES}.",
            )
        self._current = key_id_of(key)
        self._keys = {key_id_of(candidate): candidate for candidate in keys}

    def seal(self, value: Secret, place: str) -> Sealed:
        """Encrypt `value` for `place`, such as `env_1:NAME`."""
        key = AESGCM.generate_key(bit_length=8 * KEY_BYTES)
        nonce = os.urandom(_NONCE_BYTES)
        plaintext = value.reveal().encode("utf-8", "surrogatepass")
        return Sealed(
            key_id=self._current,
            wrapped_key=keywrap.aes_key_wrap(self._keys[self._current], key),
            nonce=nonce,
            ciphertext=AESGCM(key).encrypt(nonce, plaintext, place.encode()),
        )

    def open(self, sealed: Sealed, place: str) -> Secret:
        """Decrypt what was sealed for `place`.

        Raises:
            OperatorError: `encryption_key_unknown` when the key is not among the service's, `decryption_failed`
                when the value was changed or moved from another place.
        """
        service_key = self._keys.get(sealed.key_id)
        if service_key is None:
            raise OperatorError(
                "encryption_key_unknown",
                f"{place} was encrypted with key {sealed.key_id}, which the service was not given: "
                "add that key to the previous encryption keys.",
            )
        try:
            key = keywrap.aes_key_unwrap(service_key, sealed.wrapped_key)
            plaintext = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, place.encode())
        except (keywrap.InvalidUnwrap, InvalidTag, ValueError) as error:
            raise OperatorError(
                "decryption_failed",
                f"{place} cannot be decrypted: its row was changed or moved by hand. Set the value again.",
            ) from error
        return Secret(plaintext.decode("utf-8", "surrogatepass"))


def key_id_of(key: bytes) -> str:
    """Return the public name of a key: a fingerprint, so that no numbering has to be kept."""
    return hashlib.sha256(b"pushwright encryption key\0" + key).hexdigest()[:16]
