"""Hooks that give Schemathesis facts about this service that the schema cannot express."""

import re
from functools import reduce
from itertools import cycle
from pathlib import Path
from urllib.parse import parse_qsl

import requests
import schemathesis
import yaml
from hypothesis import strategies as st
from schemathesis.auths import CachingAuthProvider
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

# Generate values that the contract allows. --------------------------------------------------------

TAGS = r'\A(\*|(W/)?"[!#-~]{0,9}"([ \t]*,[ \t]*(W/)?"[!#-~]{0,9}"){0,9})\Z'
schemathesis.openapi.format("entity-tags", st.from_regex(TAGS))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Applies overlay.yaml. Its targets are simple paths, such as `$.components.links.Login`."""
    overlay = yaml.safe_load(Path(__file__).with_name("overlay.yaml").read_text())
    for action in overlay["actions"]:
        target = reduce(dict.__getitem__, action["target"].split(".")[1:], raw_schema)
        target.update(action["update"])


# Use values of earlier answers where the contract has no link. ------------------------------------

pages = []
"""The queries of the `Link` headers, each with its cursor."""
OWNER = {"current_password": "testpass123"}
"""The password of the demo user in identities.yaml."""
every_other = cycle([True, False])


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every second cursor is one of the service, or none; every second password is the right one."""
    if operation(case) == "deleteCurrentUser" and isinstance(case.body, dict):
        # The example has the right password, and would delete the user who makes the requests.
        if case.body.get("current_password") == OWNER["current_password"]:
            case.body = case.body | {"current_password": "not the password"}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    for name in ["password", "new_password"]:
        # The schema does not list the common passwords. None of them contains this letter.
        if operation(case) in ["register", "changePassword"] and name in case.body:
            case.body = case.body | {name: "ø" + case.body[name][1:]}
    if operation(case) == "login":
        # new_password would change the password that later logins use.
        case.body = {name: case.body[name] for name in case.body if name != "new_password"}
    if operation(case) == "listTodos" and "cursor" in case.query and next(every_other):
        if pages:
            case.query = dict(pages[-1])
        else:
            del case.query["cursor"]
    if operation(case) == "changePassword" and next(every_other):
        case.body = case.body | OWNER


@schemathesis.hook
def after_call(context, case, response):
    if operation(case) == "listTodos":
        for link in response.headers.get("link", []):
            pages.append(dict(parse_qsl(re.search(r"\?([^>]*)>", link)[1])))
            del pages[:-50]
    if operation(case) in ENDING and response.status_code < 300:
        if operation(case) == "changePassword":
            change_back(response.request)
        sign_in_again(case.operation.schema.auth)


ENDING = ["logout", "revokeSession", "revokeSessions", "changePassword"]
"""Operations after which the access token may no longer be valid."""


def sign_in_again(auth):
    """Removes the cached token, which Schemathesis would otherwise use in its stateful phase."""
    for provider in auth.providers[0].providers if auth.providers else []:
        if isinstance(provider, CachingAuthProvider):
            provider.invalidate()


def change_back(request):
    """Restores the password, so that the next login succeeds."""
    sent = requests.models.complexjson.loads(request.body)
    body = {"current_password": sent["new_password"], "new_password": sent["current_password"]}
    headers = {"Authorization": request.headers["Authorization"]}
    requests.put(request.url, json=body, headers=headers, timeout=10).raise_for_status()


# Ignore correct rejections whose reason the schema cannot express. --------------------------------


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, AcceptedNegativeData):
        # An optional body may be `null`.
        return not (operation(case) in ["logout", "refresh"] and response.request.body == b"null")
    return not (isinstance(failure, RejectedPositiveData) and is_correct_rejection(case, response))


def is_correct_rejection(case, response):
    status, headers = response.status_code, response.request.headers
    where = [fault.get("parameter") or fault.get("pointer") for fault in response.json().get("errors", [])]
    if status == 400 and operation(case) == "listTodos" and where == ["cursor"]:
        # A cursor is opaque, and valid only for the list that it came from.
        return case.query not in pages
    if status == 400 and operation(case) == "refresh" and where == ["/refresh_token"]:
        # The token may be in the header or in the body, but it must be in one of them.
        return "Refresh-Token" not in headers and response.request.body in [None, b"null"]
    if status == 412:
        # The generated version is not that of the todo.
        return headers.get("If-Match", "*") != "*"
    return False


def operation(case):
    """The operation of the request; None if the request has another method on the same path."""
    if case.method.upper() == case.operation.method.upper():
        return case.operation.definition.raw["operationId"]
