"""Answers that are kept to be asked for again with their ETag."""

import pytest

from github_app.documents import KeptDocument, KeptDocuments


def document(content: bytes = b"{}", etag: str = 'W/"1"') -> KeptDocument:
    return KeptDocument(etag, content)


def test_a_kept_document_is_found_by_who_asked_what() -> None:
    kept = KeptDocuments()
    kept.keep((3, "/a"), document())
    assert kept.find((3, "/a")) == document()
    assert kept.find((4, "/a")) is None


def test_the_one_used_longest_ago_goes_first() -> None:
    kept = KeptDocuments(max_count=2)
    kept.keep("a", document())
    kept.keep("b", document())
    kept.find("a")
    kept.keep("c", document())
    assert [key for key in "abc" if kept.find(key)] == ["a", "c"]


@pytest.mark.parametrize("unfit", [document(b"x" * 11), document(etag="")])
def test_a_large_document_or_one_without_etag_is_let_go(unfit: KeptDocument) -> None:
    kept = KeptDocuments(max_bytes=10)
    kept.keep("a", document(b"{}"))
    kept.keep("a", unfit)
    assert kept.find("a") is None


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ('<https://api.github.com/x?per_page=100&page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last"',
         {"per_page": "100", "page": "2"}),
        ('<https://evil.example/x?cursor=v1_7>; rel="next"', {"cursor": "v1_7"}),
        ('<https://api.github.com/x?page=1>; rel="prev"', {}),
        ("", {}),
        ("nonsense", {}),
    ],
)  # fmt: skip
def test_the_next_page_is_read_off_the_link_header(link: str, query: dict[str, str]) -> None:
    assert KeptDocument("e", b"", link).next_page == query
