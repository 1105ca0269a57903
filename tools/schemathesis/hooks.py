"""What Schemathesis cannot know of this service. Nothing here makes a request less of an attack."""

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

# Generating what the contract allows. --------------------------------------------------------------

TAGS = r'\A(\*|(W/)?"[!#-~]{0,9}"([ \t]*,[ \t]*(W/)?"[!#-~]{0,9}"){0,9})\Z'
schemathesis.openapi.format("entity-tags", st.from_regex(TAGS))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Adds what overlay.yaml says. Its targets are plain paths: `$.components.links.Login`."""
    overlay = yaml.safe_load(Path(__file__).with_name("overlay.yaml").read_text())
    for action in overlay["actions"]:
        place = reduce(dict.__getitem__, action["target"].split(".")[1:], raw_schema)
        place.update(action["update"])


# Leading on where no link can. ---------------------------------------------------------------------

pages = []
"""The queries that the service has handed out, each with its cursor."""
OWNER = {"current_password": "testpass123"}
"""As in identities.yaml."""
every_other = cycle([True, False])


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other cursor is one that was handed out, or none; every other password is the right one."""
    if operation(case) == "deleteCurrentUser" and isinstance(case.body, dict):
        # With the right password, as the example has it, nobody could sign in any more.
        if case.body.get("current_password") == OWNER["current_password"]:
            case.body = case.body | {"current_password": "not the password"}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    for name in ["password", "new_password"]:
        # No schema says which passwords are too common: none has such a letter.
        if operation(case) in ["register", "changePassword"] and name in case.body:
            case.body = case.body | {name: "ø" + case.body[name][1:]}
    if operation(case) == "login":
        # It would change the password that the others sign in with.
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
"""After these the token that the others use may be no good any more."""


def sign_in_again(auth):
    """In its stateful phase, Schemathesis would go on with the token that it has."""
    for provider in auth.providers[0].providers if auth.providers else []:
        if isinstance(provider, CachingAuthProvider):
            provider.invalidate()


def change_back(request):
    """Or the next login fails."""
    sent = requests.models.complexjson.loads(request.body)
    body = {"current_password": sent["new_password"], "new_password": sent["current_password"]}
    headers = {"Authorization": request.headers["Authorization"]}
    requests.put(request.url, json=body, headers=headers, timeout=10).raise_for_status()


# The exceptions: a valid request that is rightly refused, for a reason that no schema can state. -------


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, AcceptedNegativeData):
        # Where the body is optional, `null` is the same as none.
        return not (operation(case) in ["logout", "refresh"] and response.request.body == b"null")
    return not (isinstance(failure, RejectedPositiveData) and is_rightly_refused(case, response))


def is_rightly_refused(case, response):
    status, headers = response.status_code, response.request.headers
    where = [fault.get("parameter") or fault.get("pointer") for fault in response.json().get("errors", [])]
    if status == 400 and operation(case) == "listTodos" and where == ["cursor"]:
        # A cursor is opaque; only the service knows which it has handed out, and for which list.
        return case.query not in pages
    if status == 400 and operation(case) == "refresh" and where == ["/refresh_token"]:
        # The token may stand in either of two places, but not in neither.
        return "Refresh-Token" not in headers and response.request.body in [None, b"null"]
    if status == 412:
        # The todo is at another version than the one that was made up.
        return headers.get("If-Match", "*") != "*"
    return False


def operation(case):
    """Which operation it is; none, if it tries another method on the same path."""
    if case.method.upper() == case.operation.method.upper():
        return case.operation.definition.raw["operationId"]
