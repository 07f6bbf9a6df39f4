import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from images.reference import ImageReference

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "text",
    [
        "shop",
        "shop:1",
        "acme/shop:20261124.1.production.abcdefgh",
        "localhost:5055/shop:1",
        "localhost/shop",
        "registry.example/acme/shop@" + DIGEST,
        "registry:5000/shop:1@" + DIGEST,
        "a__b/c--d/e.f",
    ],
)
def test_a_reference_is_written_as_it_was_read(text: str) -> None:
    assert str(ImageReference.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Shop",
        "shop:",
        "shop:-1",
        "shop:" + "x" * 129,
        "-shop",
        "shop/",
        "a//b",
        "a b",
        "a,b",
        "shop@sha256:12",
        "a" * 256,
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ImageReference.parse(text)
    assert caught.value.code == "image_reference_invalid"


def test_parts_of_a_reference() -> None:
    reference = ImageReference.compose("localhost:5055", "acme/shop", "1").with_digest(DIGEST)
    assert reference == ImageReference("localhost:5055", "acme/shop", "1", DIGEST)


@given(st.text(max_size=40))
def test_whatever_is_accepted_has_nothing_a_command_line_could_misread(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except InvalidInput:
        return
    assert str(reference) == text
    assert not set(text) & set(" ,=\n\"'$;&|")
