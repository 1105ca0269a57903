// The scenario of ../README.md with the generated Go client.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"regexp"

	todos "example.com/todos/client"
)

func main() {
	configuration := todos.NewConfiguration()
	if url := os.Getenv("TODOS_URL"); url != "" {
		configuration.Servers = todos.ServerConfigurations{{URL: url}}
	}
	client := todos.NewAPIClient(configuration)
	ctx := context.Background()

	fmt.Println("1. Log in")
	credentials := todos.Credentials{Username: "testuser", Password: "testpass123"}
	tokens, _, err := client.AuthAPI.Login(ctx).Credentials(credentials).Execute()
	check(err)
	signedIn := context.WithValue(ctx, todos.ContextAccessToken, tokens.AccessToken)

	fmt.Println("2. Create a todo")
	newTodo := todos.NewTodo{Title: "Buy milk & müsli 🥛"}
	todo, response, err := client.TodosAPI.CreateTodo(signedIn).NewTodo(newTodo).Execute()
	check(err)
	etag := response.Header.Get("ETag")
	expect(todo.Title == newTodo.Title && !todo.Done, "not the todo that was sent: %+v", todo)

	fmt.Println("3. Page through all todos, two at a time")
	seen := map[string]bool{}
	for request := client.TodosAPI.ListTodos(signedIn).Limit(2); ; {
		page, response, err := request.Execute()
		check(err)
		for _, todo := range page {
			expect(!seen[todo.Id], "%s is on two pages", todo.Id)
			seen[todo.Id] = true
		}
		cursor := nextCursor(response)
		if cursor == "" {
			break
		}
		request = request.Cursor(cursor)
	}
	expect(seen[todo.Id], "the new todo is on no page")

	fmt.Println("4. Finish the todo, if it is still as it was created")
	patch := todos.TodoPatch{Done: *todos.NewNullableBool(todos.PtrBool(true))}
	finish := client.TodosAPI.UpdateTodo(signedIn, todo.Id).TodoPatch(patch).IfMatch(etag)
	todo, response, err = finish.Execute()
	check(err)
	expect(todo.Done && todo.Title == newTodo.Title, "not finished: %+v", todo)
	expect(response.Header.Get("ETag") != etag, "the ETag has not changed")

	fmt.Println("5. Finish it again, as if it were still so: 412")
	_, _, err = finish.Execute()
	expectProblem(err, 412, todos.PRECONDITION_FAILED)

	fmt.Println("6. Ask for a page that does not exist: 400")
	_, _, err = client.TodosAPI.ListTodos(signedIn).Cursor("made-up").Execute()
	problem := expectProblem(err, 400, todos.INVALID_REQUEST)
	expect(*problem.Errors[0].Parameter == "cursor", "another fault: %+v", problem.Errors)

	fmt.Println("7. Delete the todo")
	_, err = client.TodosAPI.DeleteTodo(signedIn, todo.Id).Execute()
	check(err)

	fmt.Println("8. Get the deleted todo: 404")
	_, _, err = client.TodosAPI.GetTodo(signedIn, todo.Id).Execute()
	expectProblem(err, 404, todos.NOT_FOUND)

	fmt.Println("9. Refresh, with the token in the body")
	body := todos.RefreshRequest{RefreshToken: tokens.RefreshToken}
	second, _, err := client.AuthAPI.Refresh(ctx).RefreshRequest(body).Execute()
	check(err)
	expect(second.RefreshToken != tokens.RefreshToken, "the refresh token has not changed")

	fmt.Println("10. Refresh, with the token in a header")
	third, _, err := client.AuthAPI.Refresh(ctx).RefreshToken(second.RefreshToken).Execute()
	check(err)
	expect(third.RefreshToken != second.RefreshToken, "the refresh token has not changed")
	signedIn = context.WithValue(ctx, todos.ContextAccessToken, third.AccessToken)

	fmt.Println("11. Log out")
	_, _, err = client.AuthAPI.Logout(signedIn).Execute()
	check(err)

	fmt.Println("12. List the todos of the ended session: 401")
	_, _, err = client.TodosAPI.ListTodos(signedIn).Execute()
	problem = expectProblem(err, 401, todos.SESSION_ENDED)
	expect(problem.Detail == "You have been logged out. Please log in again.", "%s", problem.Detail)

	fmt.Println("13. Refresh the ended session: 401")
	body = todos.RefreshRequest{RefreshToken: third.RefreshToken}
	_, _, err = client.AuthAPI.Refresh(ctx).RefreshRequest(body).Execute()
	problem = expectProblem(err, 401, todos.INVALID_REFRESH_TOKEN)
	expect(problem.Detail == "Invalid refresh token", "%s", problem.Detail)
}

var next = regexp.MustCompile(`[?&]cursor=([\w-]+)[^>]*>; rel="next"`)

// nextCursor returns the cursor of the next page, or "" on the last page.
func nextCursor(response *http.Response) string {
	if match := next.FindStringSubmatch(response.Header.Get("Link")); match != nil {
		return match[1]
	}
	return ""
}

// expectProblem returns the problem of an error response.
func expectProblem(err error, status int32, code todos.ProblemCode) todos.Problem {
	var refusal *todos.GenericOpenAPIError
	expect(errors.As(err, &refusal), "expected %s, got %v", code, err)
	problem, ok := refusal.Model().(todos.Problem)
	expect(ok && problem.Status == status && problem.Code == code, "expected %s, got %v", code, err)
	return problem
}

func expect(holds bool, format string, values ...any) {
	if !holds {
		log.Fatalf(format, values...)
	}
}

func check(err error) {
	expect(err == nil, "%v", err)
}
