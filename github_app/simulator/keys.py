"""The App's RSA key pair: made on the first start, kept in a file for the next ones."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_KEY_BITS = 2048


def generate_private_key() -> str:
    """Return a fresh RSA private key as PEM, in the form GitHub hands out."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def keep_private_key(path: Path) -> str:
    """Return the key in `path`, which is made when it is not there."""
    return keep_secret(path, generate_private_key)


def keep_secret(path: Path, make: Callable[[], str]) -> str:
    """Return the text in `path`; when there is none, make it and keep it there, readable by its owner only."""
    if path.exists():
        return path.read_text()
    secret = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
    return secret


def public_half(private_key_pem: str) -> rsa.RSAPublicKey:
    """Return the public key that belongs to a private one."""
    # Its primes need no proof (40 ms): nothing is signed with it here.
    pem = private_key_pem.encode()
    key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The App's private key is not an RSA key: generate one in the App's settings on GitHub.")
    return key.public_key()


def public_pem(private_key_pem: str) -> str:
    """Return the public half of a private key as PEM."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public_half(private_key_pem).public_bytes(*form).decode()


def read_public_key(pem: str) -> rsa.RSAPublicKey:
    """Return the public key of a PEM text."""
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("The App's public key is not an RSA key.")
    return key
