import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import todos.client.ApiClient;
import todos.client.ApiException;
import todos.client.api.AuthApi;
import todos.client.api.TodosApi;
import todos.client.model.Credentials;
import todos.client.model.NewTodo;
import todos.client.model.Problem;
import todos.client.model.ProblemCode;
import todos.client.model.RefreshRequest;
import todos.client.model.TodoPatch;
import todos.client.model.TokenPair;

/** The scenario of ../README.md with the generated Java client. */
class Todos {
  private static final ApiClient client = new ApiClient();
  private static TokenPair tokens;

  public static void main(String[] args) throws Exception {
    client.updateBaseUri(
        Optional.ofNullable(System.getenv("TODOS_URL")).orElse("http://localhost:8000"));
    client.setRequestInterceptor(
        request -> {
          if (tokens != null) request.header("Authorization", "Bearer " + tokens.getAccessToken());
        });
    var auth = new AuthApi(client);
    var todos = new TodosApi(client);

    System.out.println("1. Log in");
    tokens = auth.login(new Credentials().username("testuser").password("testpass123"));

    System.out.println("2. Create a todo");
    var newTodo = new NewTodo().title("Buy milk & müsli 🥛");
    var created = todos.createTodoWithHttpInfo(newTodo, null);
    var todo = created.getData();
    var etag = created.getHeaders().get("ETag").get(0);
    expect(todo.getTitle().equals(newTodo.getTitle()) && !todo.getDone(), todo);

    System.out.println("3. Page through all todos, two at a time");
    var seen = new HashSet<>();
    String cursor = null;
    do {
      var page = todos.listTodosWithHttpInfo(/* done, q, sort */ null, null, null, 2, cursor);
      for (var item : page.getData()) expect(seen.add(item.getId()), "twice: " + item);
      cursor = nextCursor(page.getHeaders());
    } while (cursor != null);
    expect(seen.contains(todo.getId()), "the new todo is on no page");

    System.out.println("4. Finish the todo, if it is still as it was created");
    var finish = new TodoPatch().done(true);
    var finished = todos.updateTodoWithHttpInfo(todo.getId(), finish, etag);
    expect(finished.getData().getDone(), finished.getData());
    expect(finished.getData().getTitle().equals(newTodo.getTitle()), finished.getData());
    expect(!finished.getHeaders().get("ETag").contains(etag), "the ETag has not changed");

    System.out.println("5. Finish it again, as if it were still so: 412");
    expectProblem(
        412,
        ProblemCode.PRECONDITION_FAILED,
        () -> todos.updateTodo(todo.getId(), finish, etag));

    System.out.println("6. Ask for a page that does not exist: 400");
    var problem =
        expectProblem(
            400,
            ProblemCode.INVALID_REQUEST,
            () -> todos.listTodos(null, null, null, null, "made-up"));
    expect("cursor".equals(problem.getErrors().get(0).getParameter()), problem);

    System.out.println("7. Delete the todo");
    todos.deleteTodo(todo.getId(), null);

    System.out.println("8. Get the deleted todo: 404");
    expectProblem(404, ProblemCode.NOT_FOUND, () -> todos.getTodo(todo.getId(), null));

    System.out.println("9. Refresh, with the token in the body");
    var first = tokens.getRefreshToken();
    tokens = auth.refresh(null, null, new RefreshRequest().refreshToken(first));
    expect(!tokens.getRefreshToken().equals(first), "the refresh token has not changed");

    System.out.println("10. Refresh, with the token in a header");
    var second = tokens.getRefreshToken();
    tokens = auth.refresh(second, null, null);
    expect(!tokens.getRefreshToken().equals(second), "the refresh token has not changed");

    System.out.println("11. Log out");
    auth.logout(null);

    System.out.println("12. List the todos of the ended session: 401");
    problem =
        expectProblem(
            401,
            ProblemCode.SESSION_ENDED,
            () -> todos.listTodos(null, null, null, null, null));
    expect(
        problem.getDetail().equals("You have been logged out. Please log in again."), problem);

    System.out.println("13. Refresh the ended session: 401");
    var last = new RefreshRequest().refreshToken(tokens.getRefreshToken());
    problem =
        expectProblem(
            401, ProblemCode.INVALID_REFRESH_TOKEN, () -> auth.refresh(null, null, last));
    expect(problem.getDetail().equals("Invalid refresh token"), problem);
  }

  private static final Pattern NEXT =
      Pattern.compile("[?&]cursor=([\\w-]+)[^>]*>; rel=\"next\"");

  /** The cursor of the next page; null on the last page. */
  private static String nextCursor(Map<String, List<String>> headers) {
    var link = NEXT.matcher(String.join(", ", headers.getOrDefault("Link", List.of())));
    return link.find() ? link.group(1) : null;
  }

  private interface Request {
    Object send() throws ApiException;
  }

  /** The problem of the error response. */
  private static Problem expectProblem(int status, ProblemCode code, Request request)
      throws Exception {
    try {
      throw new AssertionError("this should have been refused: " + request.send());
    } catch (ApiException refusal) {
      var problem = client.getObjectMapper().readValue(refusal.getResponseBody(), Problem.class);
      expect(problem.getStatus() == status && problem.getCode() == code, problem);
      return problem;
    }
  }

  private static void expect(boolean holds, Object found) {
    if (!holds) throw new AssertionError(found);
  }
}
