"""The scenario of ../README.md with the generated Python client."""

import os
import re

from todos_client import (
    ApiClient,
    ApiException,
    AuthApi,
    Configuration,
    Credentials,
    NewTodo,
    Problem,
    ProblemCode,
    RefreshRequest,
    TodoPatch,
    TodosApi,
)

configuration = Configuration(host=os.environ.get("TODOS_URL", "http://localhost:8000"))
client = ApiClient(configuration)
auth = AuthApi(client)
todos = TodosApi(client)


def main():
    print("1. Log in")
    tokens = auth.login(Credentials(username="testuser", password="testpass123"))
    configuration.access_token = tokens.access_token

    print("2. Create a todo")
    new_todo = NewTodo(title="Buy milk & müsli 🥛")
    response = todos.create_todo_with_http_info(new_todo)
    todo, etag = response.data, header(response, "ETag")
    assert todo.title == new_todo.title and not todo.done, todo

    print("3. Page through all todos, two at a time")
    seen, cursor = set(), None
    while True:
        response = todos.list_todos_with_http_info(limit=2, cursor=cursor)
        page = {todo.id for todo in response.data}
        assert not page & seen, f"{page & seen} is on two pages"
        seen |= page
        cursor = next_cursor(header(response, "Link"))
        if cursor is None:
            break
    assert todo.id in seen, "the new todo is on no page"

    print("4. Finish the todo, if it is still as it was created")
    finish = TodoPatch(done=True)
    response = todos.update_todo_with_http_info(todo.id, finish, if_match=etag)
    assert response.data.done and response.data.title == new_todo.title, response.data
    assert header(response, "ETag") != etag, "the ETag has not changed"

    print("5. Finish it again, as if it were still so: 412")
    problem = problem_of(lambda: todos.update_todo(todo.id, finish, if_match=etag))
    assert (problem.status, problem.code) == (412, ProblemCode.PRECONDITION_FAILED), problem

    print("6. Ask for a page that does not exist: 400")
    problem = problem_of(lambda: todos.list_todos(cursor="made-up"))
    assert (problem.status, problem.code) == (400, ProblemCode.INVALID_REQUEST), problem
    assert problem.errors[0].parameter == "cursor", problem

    print("7. Delete the todo")
    todos.delete_todo(todo.id)

    print("8. Get the deleted todo: 404")
    problem = problem_of(lambda: todos.get_todo(todo.id))
    assert (problem.status, problem.code) == (404, ProblemCode.NOT_FOUND), problem

    print("9. Refresh, with the token in the body")
    second = auth.refresh(refresh_request=RefreshRequest(refresh_token=tokens.refresh_token))
    assert second.refresh_token != tokens.refresh_token, "the refresh token has not changed"

    print("10. Refresh, with the token in a header")
    third = auth.refresh(refresh_token=second.refresh_token)
    assert third.refresh_token != second.refresh_token, "the refresh token has not changed"
    configuration.access_token = third.access_token

    print("11. Log out")
    auth.logout()

    print("12. List the todos of the ended session: 401")
    problem = problem_of(lambda: todos.list_todos())
    assert (problem.status, problem.code) == (401, ProblemCode.SESSION_ENDED), problem
    assert problem.detail == "You have been logged out. Please log in again.", problem

    print("13. Refresh the ended session: 401")
    last = RefreshRequest(refresh_token=third.refresh_token)
    problem = problem_of(lambda: auth.refresh(refresh_request=last))
    assert (problem.status, problem.code) == (401, ProblemCode.INVALID_REFRESH_TOKEN), problem
    assert problem.detail == "Invalid refresh token", problem


def header(response, name):
    """A header of the response, whatever its case; empty if the response has none."""
    headers = {key.lower(): value for key, value in response.headers.items()}
    return headers.get(name.lower(), "")


def next_cursor(link):
    """The cursor of the next page; None on the last page."""
    match = re.search(r'[?&]cursor=([\w-]+)[^>]*>; rel="next"', link)
    return match and match[1]


def problem_of(request) -> Problem:
    """The problem of the error response."""
    try:
        answer = request()
    except ApiException as refusal:
        return refusal.data
    raise AssertionError(f"this should have been refused: {answer}")


main()
