"""GitHub's published OpenAPI description as a judge: would the real GitHub take this request, and answer so?

The document (13 MB) is read once, in 0.15 s; an operation's schemas are resolved when it is first met, in 50 ms, and
then judge an exchange in 3 ms. Where the description contradicts what GitHub does, `_correct` says so.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from openapi_schema_validator import OAS30ReadValidator

from github_app.simulator.deliveries import Delivery
from github_app.simulator.journal import Exchange

_HOST: Final = "https://api.github.com"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
# What may contain slashes, as GitHub's router has it and OpenAPI cannot say.
_LONG: Final = frozenset({"branch", "ref", "path", "basehead"})
_BY_ID: Final = re.compile(r"/repositories/\d+(?=/|$)")
_NULL: Final = {"enum": [None], "nullable": True}
_NO_CONTENT: Final = 204
_NOT_MODIFIED: Final = 304


@dataclass(frozen=True, slots=True)
class _Route:
    template: str
    arguments: Mapping[str, str]


@dataclass(slots=True)
class OpenApiOracle:
    """Judges exchanges by GitHub's description; give `judge` to the simulator as `on_exchange`."""

    document: dict[str, Any] = field(repr=False)
    _patterns: dict[str, re.Pattern[str]] = field(default_factory=dict, repr=False)
    _descriptions: dict[str, OpenAPI] = field(default_factory=dict, repr=False)

    def judge(self, exchange: Exchange) -> str | None:
        """Return what GitHub would object to in the request, or what GitHub would not have answered."""
        path = _BY_ID.sub("/repos/owner/name", exchange.path)
        route = self._find_route(exchange.method.lower(), path)
        if route is None:
            return f"GitHub has no {exchange.method} {exchange.path}"
        description = self._describe(route.template, self.document["paths"][route.template])
        request = _request(exchange, route, path)
        try:
            description.validate_request(request)
            self._judge_response(description, request, exchange, route)
        except OpenAPIError as error:
            return f"{exchange.method} {exchange.path} ({exchange.status}): {_explain(error)}"
        return None

    def judge_delivery(self, delivery: Delivery, name: str | None = None) -> str | None:
        """Return what is wrong with a delivery; `name` is GitHub's, such as `installation-created`."""
        name = name or _webhook_name(delivery)
        if name not in self.document["x-webhooks"]:
            return f"GitHub has no event {name}"
        description = self._describe(f"/{name}", self.document["x-webhooks"][name])
        headers = dict(delivery.request_headers)
        request = MockRequest(_HOST, "post", f"/{name}", f"/{name}", headers=headers, data=delivery.body)
        try:
            description.validate_request(request)
        except OpenAPIError as error:
            return f"{delivery.event} {delivery.guid}: {_explain(error)}"
        return None

    def _judge_response(self, description: OpenAPI, request: MockRequest, exchange: Exchange, route: _Route) -> None:
        if exchange.status == _NOT_MODIFIED:
            # GitHub answers it on every GET that it documents on few.
            if exchange.method != "GET" or exchange.response_body:
                raise OpenAPIError("304 is for GET alone, and has no body")
            return
        documented = self.document["paths"][route.template][exchange.method.lower()]["responses"]
        if str(exchange.status) not in documented:
            self._judge_error(exchange)
            return
        content_type = exchange.response_headers.get("content-type", "")
        body = b"" if exchange.status == _NO_CONTENT else exchange.response_body
        response = MockResponse(body, exchange.status, dict(exchange.response_headers), content_type)
        description.validate_response(request, response)

    def _judge_error(self, exchange: Exchange) -> None:
        """GitHub answers errors on every operation that it documents on few."""
        expected = range(300, 600)
        schema = {**self.document["components"]["schemas"]["basic-error"], "required": ["message"]}
        if exchange.status not in expected:
            raise OpenAPIError(f"the status {exchange.status} is not documented")
        faults = list(OAS30ReadValidator(schema).iter_errors(exchange.response_json))
        if faults:
            raise OpenAPIError(faults[0].message)

    def _find_route(self, method: str, path: str) -> _Route | None:
        candidates = []
        for template, operations in self.document["paths"].items():
            if method in operations and template.split("/")[1] == path.split("/")[1]:
                match = self._pattern(template).fullmatch(path)
                if match:
                    candidates.append(_Route(template, match.groupdict()))
        return max(candidates, key=lambda route: _literal_parts(route.template), default=None)

    def _pattern(self, template: str) -> re.Pattern[str]:
        if template not in self._patterns:
            parts = _PLACEHOLDER.split(template)
            names = {i: f"(?P<{part}>{'.+' if part in _LONG else '[^/]+'})" for i, part in enumerate(parts) if i % 2}
            self._patterns[template] = re.compile(
                "".join(names.get(i, re.escape(part)) for i, part in enumerate(parts))
            )
        return self._patterns[template]

    def _describe(self, path: str, operations: Mapping[str, Any]) -> OpenAPI:
        """Return a description of this path alone: with all of them, openapi-core takes `/repos/o/app` for `/app`."""
        if path not in self._descriptions:
            _correct(operations)
            alone = {**self.document, "paths": {path: operations}}
            self._descriptions[path] = OpenAPI.from_dict(alone, config=Config(spec_validator_cls=None))
        return self._descriptions[path]


def load_oracle(path: Path) -> OpenApiOracle:
    """Read GitHub's description, which `make setup` fetches with npm."""
    if not path.exists():
        raise FileNotFoundError(f"GitHub's OpenAPI description is not at {path}: run `make setup`, which fetches it.")
    document = json.loads(path.read_bytes())
    _correct(document["components"]["schemas"])
    return OpenApiOracle(document)


def _correct(node: object) -> None:
    """Let `nullable` be what GitHub means by it; OpenAPI 3.0 wants null in the enumeration or a branch as well.

    The `account` of a listed installation is described as a user *and* an enterprise at once: it is one of them. The
    repository of a pull request's head is null when it was deleted.
    """
    if isinstance(node, list):
        for item in node:
            _correct(item)
    elif isinstance(node, dict):
        if node.get("nullable") is True:
            _admit_null(node)
        if {"label", "ref", "repo", "sha"} <= node.keys():
            node["repo"] = {"anyOf": [node["repo"], _NULL], "nullable": True}
        for value in node.values():
            if isinstance(value, dict | list):
                _correct(value)


def _admit_null(schema: dict[str, Any]) -> None:
    titles = [part.get("title") for part in schema.get("allOf", ())]
    if titles == ["Simple User", "Enterprise"]:
        schema["anyOf"] = schema.pop("allOf")
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    for word in ("anyOf", "oneOf"):
        if word in schema and _NULL not in schema[word]:
            schema[word] = [*schema[word], _NULL]


def _request(exchange: Exchange, route: _Route, path: str) -> MockRequest:
    return MockRequest(
        _HOST,
        exchange.method,
        path,
        route.template,
        args=dict(parse_qsl(exchange.query)),
        view_args=dict(route.arguments),
        headers=dict(exchange.request_headers),
        data=exchange.request_body,
        content_type=exchange.request_headers.get("content-type", "application/json"),
    )


def _webhook_name(delivery: Delivery) -> str:
    action = delivery.payload.get("action")
    return "-".join(part.replace("_", "-") for part in (delivery.event, action) if part)


def _literal_parts(template: str) -> int:
    return sum(not part.startswith("{") for part in template.split("/"))


def _explain(error: OpenAPIError) -> str:
    schema_errors = getattr(error.__cause__, "schema_errors", ())
    reasons = [f"{'.'.join(map(str, fault.path))}: {fault.message[:300]}" for fault in schema_errors]
    return "; ".join(reasons) or str(error)
