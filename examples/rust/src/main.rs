//! The scenario of ../README.md with the generated Rust client.

use std::collections::HashSet;
use std::env;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use http::{Extensions, HeaderMap};
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next, Result as Sent};
use todos_client::apis::configuration::Configuration;
use todos_client::apis::{Error, auth_api, todos_api};
use todos_client::models::{Credentials, NewTodo, Problem, ProblemCode, RefreshRequest, TodoPatch};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let headers = LastHeaders::default();
    let mut client = Configuration::new();
    client.client = ClientBuilder::new(Client::new()).with(headers.clone()).build();
    if let Ok(url) = env::var("TODOS_URL") {
        client.base_path = url;
    }

    println!("1. Log in");
    let credentials = Credentials::new("testuser".into(), "testpass123".into());
    let first = auth_api::login(&client, credentials).await.unwrap();
    client.bearer_access_token = Some(first.access_token);

    println!("2. Create a todo");
    let new_todo = NewTodo::new("Buy milk & müsli 🥛".into());
    let todo = todos_api::create_todo(&client, new_todo.clone(), None).await.unwrap();
    assert!(todo.title == new_todo.title && !todo.done, "{todo:?}");
    let id = todo.id.to_string();
    let etag = headers.get("ETag").unwrap();

    println!("3. Page through all todos, two at a time");
    let mut seen = HashSet::new();
    let mut cursor = None;
    loop {
        let page = todos_api::list_todos(&client, None, None, None, Some(2), cursor.as_deref());
        for item in page.await.unwrap() {
            assert!(seen.insert(item.id), "{} is on two pages", item.id);
        }
        cursor = headers.get("Link").and_then(|link| next_cursor(&link));
        if cursor.is_none() {
            break;
        }
    }
    assert!(seen.contains(&todo.id), "the new todo is on no page");

    println!("4. Finish the todo, if it is still as it was created");
    let finish = TodoPatch { done: Some(Some(true)), ..TodoPatch::default() };
    let todo = todos_api::update_todo(&client, &id, finish.clone(), Some(&etag)).await.unwrap();
    assert!(todo.title == new_todo.title && todo.done, "{todo:?}");
    assert_ne!(headers.get("ETag").unwrap(), etag);

    println!("5. Finish it again, as if it were still so: 412");
    let refusal = todos_api::update_todo(&client, &id, finish, Some(&etag)).await;
    expect_problem(refusal, 412, ProblemCode::PreconditionFailed);

    println!("6. Ask for a page that does not exist: 400");
    let refusal = todos_api::list_todos(&client, None, None, None, None, Some("made-up")).await;
    let problem = expect_problem(refusal, 400, ProblemCode::InvalidRequest);
    assert_eq!(problem.errors.unwrap()[0].parameter.as_deref(), Some("cursor"));

    println!("7. Delete the todo");
    todos_api::delete_todo(&client, &id, None).await.unwrap();

    println!("8. Get the deleted todo: 404");
    let refusal = todos_api::get_todo(&client, &id, None).await;
    expect_problem(refusal, 404, ProblemCode::NotFound);

    println!("9. Refresh, with the token in the body");
    let body = RefreshRequest::new(first.refresh_token.clone());
    let second = auth_api::refresh(&client, None, None, Some(body)).await.unwrap();
    assert_ne!(second.refresh_token, first.refresh_token);

    println!("10. Refresh, with the token in a header");
    let third = auth_api::refresh(&client, Some(&second.refresh_token), None, None).await.unwrap();
    assert_ne!(third.refresh_token, second.refresh_token);
    client.bearer_access_token = Some(third.access_token);

    println!("11. Log out");
    auth_api::logout(&client, None).await.unwrap();

    println!("12. List the todos of the ended session: 401");
    let refusal = todos_api::list_todos(&client, None, None, None, None, None).await;
    let problem = expect_problem(refusal, 401, ProblemCode::SessionEnded);
    assert_eq!(problem.detail, "You have been logged out. Please log in again.");

    println!("13. Refresh the ended session: 401");
    let body = RefreshRequest::new(third.refresh_token);
    let refusal = auth_api::refresh(&client, None, None, Some(body)).await;
    let problem = expect_problem(refusal, 401, ProblemCode::InvalidRefreshToken);
    assert_eq!(problem.detail, "Invalid refresh token");
}

/// The problem of an error response. (The variants of the generated error types do not identify the
/// problem, because all have the same form. Its `code` does.)
fn expect_problem<T: Debug, E: Debug>(
    refusal: Result<T, Error<E>>,
    status: i32,
    code: ProblemCode,
) -> Problem {
    let Err(Error::ResponseError(response)) = refusal else {
        panic!("expected {code:?}, got {refusal:?}");
    };
    let problem: Problem = serde_json::from_str(&response.content).unwrap();
    assert!(problem.status == status && problem.code == code, "{problem:?}");
    problem
}

/// The cursor of the next page.
fn next_cursor(link: &str) -> Option<String> {
    let (url, relation) = link.strip_prefix('<')?.split_once('>')?;
    let mut parameters = url.split(['?', '&']);
    let cursor = parameters.find_map(|parameter| parameter.strip_prefix("cursor="))?;
    (relation == "; rel=\"next\"").then(|| cursor.to_owned())
}

/// The headers of the last response, because the generated functions return only the body.
#[derive(Clone, Default)]
struct LastHeaders(Arc<Mutex<HeaderMap>>);

impl LastHeaders {
    fn get(&self, name: &str) -> Option<String> {
        let headers = self.0.lock().unwrap();
        Some(headers.get(name)?.to_str().ok()?.to_owned())
    }
}

#[async_trait::async_trait]
impl Middleware for LastHeaders {
    async fn handle(
        &self,
        request: Request,
        rest: &mut Extensions,
        next: Next<'_>,
    ) -> Sent<Response> {
        let response = next.run(request, rest).await?;
        *self.0.lock().unwrap() = response.headers().clone();
        Ok(response)
    }
}
