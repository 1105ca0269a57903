import java.util.UUID
import okhttp3.OkHttpClient
import todos.client.apis.AuthApi
import todos.client.apis.TodosApi
import todos.client.infrastructure.ApiClient
import todos.client.infrastructure.ApiResponse
import todos.client.infrastructure.ClientError
import todos.client.infrastructure.ClientException
import todos.client.infrastructure.Serializer
import todos.client.infrastructure.Success
import todos.client.models.Credentials
import todos.client.models.NewTodo
import todos.client.models.Problem
import todos.client.models.ProblemCode
import todos.client.models.RefreshRequest
import todos.client.models.TodoPatch

/** The scenario of ../README.md with the generated Kotlin client. */
fun main() = scenario(OkHttpClient())

fun scenario(http: OkHttpClient) {
    // Do not send members that are null: in a patch, null would reset a member to its default.
    Serializer.kotlinxSerializationJsonConfiguration = { explicitNulls = false }
    val url = System.getenv("TODOS_URL") ?: "http://localhost:8000"
    val auth = AuthApi(url, http)
    val todos = TodosApi(url, http)

    println("1. Log in")
    val first = auth.login(Credentials("testuser", "testpass123"))
    ApiClient.accessToken = first.accessToken

    println("2. Create a todo")
    val newTodo = NewTodo("Buy milk & müsli 🥛")
    val created = todos.createTodoWithHttpInfo(newTodo, idempotencyKey = null)
    val todo = created.value
    val etag = created.headers["ETag"]!!.first()
    expect(todo.title == newTodo.title && !todo.done) { todo }

    println("3. Page through all todos, two at a time")
    val seen = mutableSetOf<UUID>()
    var cursor: String? = null
    do {
        val page = todos.listTodosWithHttpInfo(done = null, q = null, sort = null, limit = 2, cursor)
        for (item in page.value) expect(seen.add(item.id)) { "${item.id} is on two pages" }
        cursor = nextCursor(page)
    } while (cursor != null)
    expect(todo.id in seen) { "the new todo is on no page" }

    println("4. Finish the todo, if it is still as it was created")
    val finish = TodoPatch(done = true)
    val finished = todos.updateTodoWithHttpInfo(todo.id, finish, ifMatch = etag)
    expect(finished.value.done && finished.value.title == newTodo.title) { finished.value }
    expect(etag !in finished.headers["ETag"]!!) { "the ETag has not changed" }

    println("5. Finish it again, as if it were still so: 412")
    expectProblem(412, ProblemCode.PreconditionFailed) {
        todos.updateTodo(todo.id, finish, ifMatch = etag)
    }

    println("6. Ask for a page that does not exist: 400")
    val fault = expectProblem(400, ProblemCode.InvalidRequest) { todos.listTodos(cursor = "made-up") }
    expect(fault.errors!!.first().parameter == "cursor") { fault }

    println("7. Delete the todo")
    todos.deleteTodo(todo.id)

    println("8. Get the deleted todo: 404")
    expectProblem(404, ProblemCode.NotFound) { todos.getTodo(todo.id) }

    println("9. Refresh, with the token in the body")
    val second = auth.refresh(refreshRequest = RefreshRequest(first.refreshToken))
    expect(second.refreshToken != first.refreshToken) { "the refresh token has not changed" }

    println("10. Refresh, with the token in a header")
    val third = auth.refresh(refreshToken = second.refreshToken)
    expect(third.refreshToken != second.refreshToken) { "the refresh token has not changed" }
    ApiClient.accessToken = third.accessToken

    println("11. Log out")
    auth.logout()

    println("12. List the todos of the ended session: 401")
    val ended = expectProblem(401, ProblemCode.SessionEnded) { todos.listTodos() }
    expect(ended.detail == "You have been logged out. Please log in again.") { ended }

    println("13. Refresh the ended session: 401")
    val refused = expectProblem(401, ProblemCode.InvalidRefreshToken) {
        auth.refresh(refreshRequest = RefreshRequest(third.refreshToken))
    }
    expect(refused.detail == "Invalid refresh token") { refused }
}

/** The body of a response, with its headers. */
private val <T> ApiResponse<T?>.value: T
    get() = (this as Success<T?>).data!!

private val next = Regex("""[?&]cursor=([\w-]+)[^>]*>; rel="next"""")

/** The cursor of the next page; null on the last page. */
private fun nextCursor(page: ApiResponse<*>): String? =
    page.headers["Link"]?.firstNotNullOfOrNull { next.find(it) }?.groupValues?.get(1)

/** The problem of the error response. */
private fun expectProblem(status: Int, code: ProblemCode, request: () -> Any): Problem {
    val answer = try {
        request()
    } catch (refusal: ClientException) {
        val body = (refusal.response as ClientError<*>).body as String
        val problem = Serializer.kotlinxSerializationJson.decodeFromString<Problem>(body)
        expect(problem.status == status && problem.code == code) { problem }
        return problem
    }
    throw AssertionError("this should have been refused: $answer")
}

private fun expect(holds: Boolean, found: () -> Any) {
    if (!holds) throw AssertionError(found())
}
