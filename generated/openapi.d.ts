// Made from openapi.yaml by `npm run generate`. Do not edit.
// openapi.yaml sha256: 5902121754a92bc7db591ecb93d8cd2a530d884a4e8d1e3c3570df40a72fbfcc
export interface operationSecurity {
    register: never;
    login: never;
    refresh: never;
    logout: "bearerAuth";
    getCurrentUser: "bearerAuth";
    deleteCurrentUser: "bearerAuth";
    changePassword: "bearerAuth";
    listSessions: "bearerAuth";
    revokeSessions: "bearerAuth";
    revokeSession: "bearerAuth";
    listTodos: "bearerAuth";
    createTodo: "bearerAuth";
    deleteTodos: "bearerAuth";
    getTodo: "bearerAuth";
    replaceTodo: "bearerAuth";
    updateTodo: "bearerAuth";
    deleteTodo: "bearerAuth";
    getHealth: never;
    getReadiness: never;
    getJwks: never;
}
export interface paths {
    "/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Register a user
         * @description Creates a user, without a session: sign in next. Names are unique without regard to case. 403
         *     if the operator has closed registration, 409 if the name is taken.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Starts a session. A wrong password and an unknown name get the same answer.
         *
         *     - With `new_password`, the sign-in also changes the password and ends every other session of the
         *       user.
         *     - A password that the operator has set is temporary: without `new_password` it is answered with
         *       403 `password_change_required`.
         *     - A user has 100 sessions at most. One more ends the session that was used the longest ago.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a refresh token
         * @description Answers a new pair for a refresh token, which is sent in the body or in the `Refresh-Token`
         *     header. In neither: 400. In both and different: 401, and neither is spent.
         *
         *     | presented token | answer |
         *     | --- | --- |
         *     | current | 200, a new pair. The presented token is spent; the new refresh token is its successor. |
         *     | spent last, at most the reuse leeway ago, its successor not used yet | 200, the same successor again and a fresh access token |
         *     | spent last, with the same `Idempotency-Key`, at most 24 hours ago, its successor not used yet | 200, the same successor again and a fresh access token |
         *     | any other spent token | 401, and the session ends |
         *     | unknown, malformed, or of a session that has ended | 401, nothing changes |
         *
         *     The operator sets the reuse leeway: 10 seconds by default, 0 for none. Two requests with the same
         *     token are the same request if they have the same `Idempotency-Key`.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description Ends the session of the access token. With a refresh token in the body:
         *
         *     | refresh token | answer |
         *     | --- | --- |
         *     | of the same session, current or spent | 200 |
         *     | of another session of the user, current or spent | 200, and that session ends, too |
         *     | unknown, or of another user | 401 `invalid_refresh_token`, and nothing changes |
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the current user
         * @description The user of the access token.
         */
        get: operations["getCurrentUser"];
        put?: never;
        post?: never;
        /**
         * Delete the current user
         * @description Deletes the user with all sessions, todos and idempotency keys, if the current password is right
         *     (403 if not). None of the user's tokens works from then on, and the name is free again. The
         *     operator's audit log keeps its entries for a time, without the name.
         */
        delete: operations["deleteCurrentUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the password
         * @description Changes the password, if the current one is right (403 if not), and ends every other session of
         *     the user.
         */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sessions
         * @description The user's live sessions, the most recently used first (100 at most).
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /**
         * Revoke all sessions
         * @description Ends all of the user's sessions, or all but the current one.
         */
        delete: operations["revokeSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The `id` of a session.
                 * @example 019ab1d0-5c00-7000-8000-00000000000a
                 */
                session_id: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a session
         * @description Ends a session of the user, the current one or one on another device. 404 if it has ended already
         *     or is another user's.
         */
        delete: operations["revokeSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/todos": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List todos
         * @description A page of the user's todos. `Link: <…>; rel="next"` (RFC 8288) leads to the next one and is
         *     missing on the last. It repeats the parameters of the request, with the next `cursor`; defaults may
         *     be added. Todos that are added or deleted in between make no other todo appear twice or not at all.
         *
         *     A filter that finds too little in the next 100 todos starts a long search. A user has one long
         *     search at a time; three more wait, and further ones are refused with 503.
         */
        get: operations["listTodos"];
        put?: never;
        /**
         * Create a todo
         * @description Adds a todo to the user's list. With an `Idempotency-Key`, the request can be sent again:
         *
         *     - The same request within 24 hours is answered like the first one, with the todo as it was then,
         *       even if it has been changed or deleted since. Nothing is created.
         *     - Requests are the same if `title`, `description` and `done` are, with their defaults. The order
         *       and the spelling of the JSON make no difference.
         *     - Another request with the same key is answered with 409 `idempotency_key_reused`.
         *     - Keys belong to their user. The newest 10,000 of a user are remembered.
         *
         *     The operator limits the todos of a user (10,000 by default). At the limit, the answer is 409
         *     `todo_limit_reached`.
         */
        post: operations["createTodo"];
        /**
         * Delete todos
         * @description Deletes all todos of the user, or only the finished or the open ones. 204 means that all of these
         *     are gone. After any other answer some may be gone, and the request can be sent again.
         */
        delete: operations["deleteTodos"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/todos/{todo_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The `id` of a todo.
                 * @example 019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        /**
         * Get a todo
         * @description The todo, with its `ETag`. With `If-None-Match`, 304 says that the client's copy is up to date.
         */
        get: operations["getTodo"];
        /**
         * Replace a todo
         * @description Replaces title, description and done. A member that the body leaves out takes its default. A
         *     replacement that changes nothing keeps `updated_at` and `ETag`.
         */
        put: operations["replaceTodo"];
        post?: never;
        /**
         * Delete a todo
         * @description Deletes the todo; with `If-Match`, only if it has not changed since.
         */
        delete: operations["deleteTodo"];
        options?: never;
        head?: never;
        /**
         * Update a todo
         * @description Changes the members that the body has, as JSON Merge Patch (RFC 7396) says. What the body leaves
         *     out stays as it is. `null` puts a member back to its default. An update that changes nothing keeps
         *     `updated_at` and `ETag`.
         */
        patch: operations["updateTodo"];
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check liveness
         * @description Answers as long as the process runs, whatever the state of the database. An orchestrator restarts
         *     a process that does not answer.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check readiness
         * @description Answers 200 if the database answers and the service is not shutting down, else 503. A load
         *     balancer sends requests to services that are ready.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the public keys
         * @description The public keys that verify access tokens, as a JWK Set (RFC 7517); empty when tokens are signed
         *     with a shared secret (HS256).
         */
        get: operations["getJwks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: uuid
         * @description A UUID; the service makes version 7 (RFC 9562 §5.7).
         */
        Id: string;
        /** @description The name that a user signs in with; unique without regard to case. */
        Username: string;
        /**
         * @description A password that is to be set. Every character but U+0000 is allowed. One of the 18,000 most common
         *     passwords is refused with 400, which no schema can say.
         */
        NewPassword: string;
        /** @description The password that the user has now. */
        PresentedPassword: string;
        /**
         * @description A refresh token. A text of at most 512 characters that is not one is answered with 401, like a token
         *     that does not work any more; a longer one with 400.
         */
        PresentedRefreshToken: string;
        /**
         * @description A list of entity tags with commas between, or `*` (RFC 9110 §13.1).
         * @example "1"
         */
        EntityTags: string;
        /** @description A user to be registered. */
        NewUser: {
            username: components["schemas"]["Username"];
            password: components["schemas"]["NewPassword"];
        };
        /** @description A user, without secrets. */
        User: {
            id: components["schemas"]["Id"];
            username: components["schemas"]["Username"];
            /**
             * Format: date-time
             * @description When the user was registered, in UTC (RFC 3339).
             */
            created_at: string;
        };
        /** @description What a user signs in with. */
        Credentials: {
            /** @description The user's name, in any case. What no name can be is answered like an unknown name. */
            username: string;
            password: components["schemas"]["PresentedPassword"];
            new_password?: components["schemas"]["NewPassword"];
        };
        /**
         * @description An access token and a refresh token: exactly these two members. The `exp` of the access token says
         *     when it expires.
         */
        TokenPair: {
            /**
             * @description A JWT (RFC 7519) for the `Authorization` header; its `sub` is the username. The security scheme
             *     `bearerAuth` lists its claims.
             */
            access_token: string;
            /** @description A random value that `POST /auth/refresh` accepts once. */
            refresh_token: string;
        };
        /**
         * @description A refresh token to be rotated. `null` is the same as no body: many generated clients send it when
         *     they have none.
         */
        RefreshRequest: {
            refresh_token: components["schemas"]["PresentedRefreshToken"];
        };
        /**
         * @description A refresh token whose session ends as well. `null` is the same as no body: many generated clients
         *     send it when they have none.
         */
        LogoutRequest: {
            refresh_token?: components["schemas"]["PresentedRefreshToken"];
        };
        /** @description What has happened. */
        Message: {
            /** @description A sentence for a person. */
            message: string;
        };
        /** @description The proof that the user wants the account deleted. */
        AccountDeletion: {
            current_password: components["schemas"]["PresentedPassword"];
        };
        /** @description The current password and the one that takes its place. */
        PasswordChange: {
            current_password: components["schemas"]["PresentedPassword"];
            new_password: components["schemas"]["NewPassword"];
        };
        /** @description A sign-in of the user, on one device. */
        Session: {
            id: components["schemas"]["Id"];
            /**
             * Format: date-time
             * @description When the user signed in, in UTC (RFC 3339).
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the session signed in or was refreshed last, in UTC (RFC 3339).
             */
            last_used_at: string;
            /** @description The client's network address at that time. */
            address: string;
            /** @description The client's `User-Agent` at that time; empty if it sent none. */
            user_agent: string;
            /** @description Whether this is the session of the access token of the request. */
            current: boolean;
        };
        /** @description What is to be done. Not blank, which means that it has a character that is not white space. */
        TodoTitle: string;
        /** @description A todo as it is stored. */
        Todo: {
            id: components["schemas"]["Id"];
            title: components["schemas"]["TodoTitle"];
            /** @description Notes, which may be empty. */
            description: string;
            /** @description Whether the todo is finished. */
            done: boolean;
            /**
             * Format: date-time
             * @description When the todo was created, in UTC (RFC 3339).
             */
            created_at: string;
            /**
             * Format: date-time
             * @description When the todo was changed last, in UTC (RFC 3339); at first, when it was created.
             */
            updated_at: string;
        };
        /** @description The content of a todo, with defaults for what is left out. */
        NewTodo: {
            title: components["schemas"]["TodoTitle"];
            /**
             * @description Notes.
             * @default
             */
            description?: string;
            /**
             * @description Whether the todo is finished.
             * @default false
             */
            done?: boolean;
        };
        /** @description The members of a todo that are to be changed. */
        TodoPatch: {
            title?: components["schemas"]["TodoTitle"];
            /** @description Notes; `null` empties them. */
            description?: string | null;
            /** @description Whether the todo is finished; `null` is the same as `false`. */
            done?: boolean | null;
        };
        /**
         * @description By which time todos are ordered; with `-`, the latest first.
         * @default created_at
         * @enum {string}
         */
        TodoSort: "created_at" | "-created_at" | "updated_at" | "-updated_at";
        /** @description That the service is well. */
        Health: {
            /**
             * @description Always `ok`.
             * @enum {string}
             */
            status: "ok";
        };
        /** @description A public key that verifies access tokens (RFC 7517 §4). */
        Jwk: {
            /**
             * @description The kind of key.
             * @enum {string}
             */
            kty: "EC" | "OKP";
            /** @description The name of the key, which the header of an access token repeats. */
            kid: string;
            /**
             * @description The algorithm that the key is for.
             * @enum {string}
             */
            alg: "ES256" | "EdDSA";
            /**
             * @description Always `sig`; the key verifies signatures.
             * @enum {string}
             */
            use: "sig";
            /**
             * @description The curve of the key.
             * @enum {string}
             */
            crv: "P-256" | "Ed25519";
            /** @description The x coordinate (EC) or the public key itself (OKP), in base64url. */
            x: string;
            /** @description The y coordinate, in base64url; EC only. */
            y?: string;
        };
        /** @description A JWK Set (RFC 7517 §5). */
        JwkSet: {
            /** @description All keys that access tokens may be signed with. */
            keys: components["schemas"]["Jwk"][];
        };
        /** @description What went wrong (RFC 9457). */
        Problem: {
            /**
             * Format: uri-reference
             * @description Where the problem is explained (RFC 9457), or `about:blank`. Use `code` instead.
             */
            type: string;
            /** @description The name of the status in RFC 9110, such as Content Too Large. */
            title: string;
            /**
             * Format: int32
             * @description The status of the response.
             */
            status: number;
            /** @description What went wrong, in a sentence for a person. */
            detail: string;
            code: components["schemas"]["ProblemCode"];
            /** @description The same text as `detail`, for clients that read only this member. */
            error: string;
            /**
             * @description On 400, what is wrong and where. At least one place is listed; if only members of the body are
             *     wrong, each of them is, up to 20. A place may be listed more than once.
             */
            errors?: components["schemas"]["InputError"][];
            /** @description On 5xx, the `X-Request-Id` of the response. */
            request_id?: string;
        };
        /**
         * @description Which problem it is, for a program. Codes do not change. The examples of a response show every code
         *     that it can have.
         * @enum {string}
         */
        ProblemCode: "invalid_request" | "authentication_required" | "invalid_access_token" | "access_token_expired" | "session_ended" | "invalid_credentials" | "invalid_refresh_token" | "registration_closed" | "wrong_password" | "password_change_required" | "not_found" | "method_not_allowed" | "not_acceptable" | "request_timeout" | "username_taken" | "idempotency_key_reused" | "todo_limit_reached" | "precondition_failed" | "content_too_large" | "unsupported_media_type" | "expectation_failed" | "misdirected_request" | "too_many_requests" | "headers_too_large" | "internal_error" | "method_not_implemented" | "unavailable";
        /** @description One fault of a request, and its place. */
        InputError: {
            /**
             * Format: json-pointer
             * @description A JSON Pointer (RFC 6901) into the body; empty for the whole of it. A member that is missing or
             *     not declared is named itself, or by its object.
             */
            pointer?: string;
            /** @description The name of the query or path parameter. */
            parameter?: string;
            /** @description The name of the header. */
            header?: string;
            /** @description What is wrong there, in words for a person. */
            message: string;
        };
    };
    responses: {
        /** @description A new token pair. */
        TokenPairResponse: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["No-Store"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["TokenPair"];
            };
        };
        /** @description The todo as it is now. */
        TodoResponse: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                ETag: components["headers"]["ETag"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Todo"];
            };
        };
        /** @description The service is well. */
        HealthResponse: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Health"];
            };
        };
        /** @description The request was successful. There is no body. */
        NoContent: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /**
         * @description A parameter, a header or the body is not as declared, or a query parameter is not declared;
         *     `errors` says where.
         */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "invalid_request";
                };
            };
        };
        /**
         * @description A token is missing or does not work, or the username or password is wrong; `code` says which. The
         *     first row that applies decides.
         *
         *     | `code` | `detail` | `WWW-Authenticate` | when |
         *     | --- | --- | --- | --- |
         *     | `authentication_required` | Authentication required | `Bearer realm="todos"` | There is no `Authorization`, or its scheme is not `Bearer` (RFC 6750 §3.1). |
         *     | `invalid_access_token` | Invalid access token | `Bearer realm="todos", error="invalid_token"` | What follows `Bearer` is nothing, or not an access token of this service. |
         *     | `access_token_expired` | Access token expired | `Bearer realm="todos", error="invalid_token"` | Its `exp` has passed. |
         *     | `session_ended` | You have been logged out. Please log in again. | `Bearer realm="todos", error="invalid_token"` | Its session has ended: by a logout, a revocation, a change of the password, a reused refresh token, or its age. |
         *     | `invalid_credentials` | Invalid username or password | `Bearer realm="todos"` | Login: the username is unknown, or the password is wrong. |
         *     | `invalid_refresh_token` | Invalid refresh token | `Bearer realm="todos", error="invalid_token"` | Refresh and logout: the refresh token is unknown, another user's, or does not work any more. |
         */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "authentication_required" | "invalid_access_token" | "access_token_expired" | "session_ended";
                };
            };
        };
        /** @description The access token (see `Unauthorized`) or the refresh token does not work. */
        LogoutUnauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "authentication_required" | "invalid_access_token" | "access_token_expired" | "session_ended" | "invalid_refresh_token";
                };
            };
        };
        /** @description The username is unknown, or the password is wrong (`invalid_credentials`). */
        InvalidCredentials: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "invalid_credentials";
                };
            };
        };
        /** @description The refresh token is unknown or does not work any more (`invalid_refresh_token`). */
        InvalidRefreshToken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "invalid_refresh_token";
                };
            };
        };
        /** @description The operator has closed registration (`registration_closed`). */
        RegistrationClosed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "registration_closed";
                };
            };
        };
        /** @description The password has to be changed (`password_change_required`). */
        PasswordChangeRequired: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "password_change_required";
                };
            };
        };
        /** @description The current password is wrong (`wrong_password`). */
        WrongPassword: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "wrong_password";
                };
            };
        };
        /** @description The item does not exist, or it is another user's. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "not_found";
                };
            };
        };
        /** @description The path does not have this method; `Allow` lists those that it has. */
        MethodNotAllowed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                Allow: components["headers"]["Allow"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "method_not_allowed";
                };
            };
        };
        /** @description The request's `Accept` excludes JSON. */
        NotAcceptable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "not_acceptable";
                };
            };
        };
        /** @description Another user has this username (`username_taken`). */
        UsernameTaken: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "username_taken";
                };
            };
        };
        /**
         * @description The `Idempotency-Key` belongs to another request (`idempotency_key_reused`), or the user has too
         *     many todos (`todo_limit_reached`).
         */
        TodoConflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "idempotency_key_reused" | "todo_limit_reached";
                };
            };
        };
        /** @description The todo has changed since the `ETag` of `If-Match`; get it again. */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "precondition_failed";
                };
            };
        };
        /** @description The body is larger than the service takes (64 KiB, unless the operator sets otherwise). */
        ContentTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "content_too_large";
                };
            };
        };
        /**
         * @description The operation does not take this `Content-Type` or `Content-Encoding`. A body without a
         *     `Content-Type` is refused as well.
         */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "unsupported_media_type";
                };
            };
        };
        /**
         * @description There were too many attempts from this address or for this name; the same for known and unknown
         *     names. `Retry-After` says when the next one is possible.
         */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "too_many_requests";
                };
            };
        };
        /** @description The service has failed. `request_id` names the request in its log. */
        InternalServerError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "internal_error";
                };
            };
        };
        /**
         * @description The service cannot answer right now: send the request again after `Retry-After`. It says nothing
         *     about a token, which stays good.
         */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {string} */
                    code: "unavailable";
                };
            };
        };
    };
    parameters: {
        /**
         * @description The `id` of a session.
         * @example 019ab1d0-5c00-7000-8000-00000000000a
         */
        SessionId: components["schemas"]["Id"];
        /**
         * @description The `id` of a todo.
         * @example 019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
         */
        TodoId: components["schemas"]["Id"];
        /** @description The refresh token, for clients that send no body. */
        RefreshTokenHeader: components["schemas"]["PresentedRefreshToken"];
        /**
         * @description Makes it safe to send a request again when no answer came. The client makes a new value for each
         *     request, such as a random UUID, and sends the same value when it repeats the request.
         */
        IdempotencyKey: string;
        /**
         * @description Change the todo only if its `ETag` is one of these, or if this is `*` (RFC 9110 §13.1.1); else 412.
         *     A todo that does not exist is 404, not 412. A weak tag (`W/"1"`) never matches, and the 412 says
         *     that it is weak: a proxy that compresses may have weakened the `ETag`.
         */
        IfMatch: components["schemas"]["EntityTags"];
        /**
         * @description Answer 304 if the todo's `ETag` is one of these, or if this is `*` (RFC 9110 §13.1.2). A weak tag
         *     (`W/"1"`) matches like a strong one.
         */
        IfNoneMatch: components["schemas"]["EntityTags"];
    };
    requestBodies: never;
    headers: {
        /**
         * @description Names this request in the log of the service: the client's own `X-Request-Id` if that is a UUID, a
         *     ULID or a trace id (32 hexadecimal digits), else a new UUID.
         * @example 019ab1d0-5c00-7000-8000-0000000000ff
         */
        "X-Request-Id": string;
        /**
         * @description No shared cache may keep the response: `no-store`, or `private, no-cache` if it has an `ETag`.
         * @example no-store
         */
        "Cache-Control": "no-store" | "private, no-cache";
        /**
         * @description No cache may keep the response.
         * @example no-store
         */
        "No-Store": "no-store";
        /**
         * @description The path of the new todo, relative to the service.
         * @example /todos/019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
         */
        Location: string;
        /**
         * @description The version of the todo, as a strong tag (RFC 9110 §8.8.3). It changes whenever the todo does, and
         *     only then.
         * @example "1"
         */
        ETag: string;
        /**
         * @description The authentication that is asked for (RFC 6750 §3); the table of 401 says which.
         * @example Bearer realm="todos", error="invalid_token"
         */
        "WWW-Authenticate": "Bearer realm=\"todos\"" | "Bearer realm=\"todos\", error=\"invalid_token\"";
        /**
         * @description The methods that this path has, `HEAD` among them if it has `GET`.
         * @example GET, HEAD, POST
         */
        Allow: string;
        /**
         * @description How many seconds to wait before the next attempt.
         * @example 1
         */
        "Retry-After": number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The user that was created. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["RegistrationClosed"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            409: components["responses"]["UsernameTaken"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description The token pair of a new session. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["No-Store"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenPair"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["InvalidCredentials"];
            403: components["responses"]["PasswordChangeRequired"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: {
                /** @description The refresh token, for clients that send no body. */
                "Refresh-Token"?: components["parameters"]["RefreshTokenHeader"];
                /**
                 * @description Makes it safe to send a request again when no answer came. The client makes a new value for each
                 *     request, such as a random UUID, and sends the same value when it repeats the request.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            200: components["responses"]["TokenPairResponse"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["InvalidRefreshToken"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["LogoutRequest"];
            };
        };
        responses: {
            /** @description The session has ended; none of its tokens works from now on. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Message"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["LogoutUnauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getCurrentUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signed-in user. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteCurrentUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountDeletion"];
            };
        };
        responses: {
            204: components["responses"]["NoContent"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["WrongPassword"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            204: components["responses"]["NoContent"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["WrongPassword"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The live sessions. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeSessions: {
        parameters: {
            query?: {
                /**
                 * @description Whether the session of the access token stays.
                 * @example true
                 */
                keep_current?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["NoContent"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The `id` of a session.
                 * @example 019ab1d0-5c00-7000-8000-00000000000a
                 */
                session_id: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["NoContent"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listTodos: {
        parameters: {
            query?: {
                /** @description Only finished (`true`) or only open (`false`) todos. */
                done?: boolean;
                /**
                 * @description Only todos with this text in their title or description, without regard to case. `%` and `_`
                 *     are ordinary characters. Two characters are refused: U+0000 and U+001F (unit separator).
                 */
                q?: string;
                /**
                 * @description The order of the todos.
                 * @example -created_at
                 */
                sort?: components["schemas"]["TodoSort"];
                /**
                 * @description How many todos a page has at most.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Where the page starts: a value from the `Link` of the page before. It works for the same user
                 *     with the same `done`, `q` and `sort`; `limit` may differ. Any other value is answered with 400.
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of todos. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    /**
                     * @description The next page (RFC 8288), relative to the service; missing on the last page.
                     * @example </todos?limit=20&cursor=WyJhIl0>; rel="next"
                     */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Todo"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes it safe to send a request again when no answer came. The client makes a new value for each
                 *     request, such as a random UUID, and sends the same value when it repeats the request.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTodo"];
            };
        };
        responses: {
            /** @description The todo that was created. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    Location: components["headers"]["Location"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Todo"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            409: components["responses"]["TodoConflict"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteTodos: {
        parameters: {
            query?: {
                /**
                 * @description Delete only finished (`true`) or only open (`false`) todos.
                 * @example true
                 */
                done?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["NoContent"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Answer 304 if the todo's `ETag` is one of these, or if this is `*` (RFC 9110 §13.1.2). A weak tag
                 *     (`W/"1"`) matches like a strong one.
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /**
                 * @description The `id` of a todo.
                 * @example 019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["TodoResponse"];
            /** @description The todo has not changed since the `ETag` that was sent. */
            304: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    replaceTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Change the todo only if its `ETag` is one of these, or if this is `*` (RFC 9110 §13.1.1); else 412.
                 *     A todo that does not exist is 404, not 412. A weak tag (`W/"1"`) never matches, and the 412 says
                 *     that it is weak: a proxy that compresses may have weakened the `ETag`.
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description The `id` of a todo.
                 * @example 019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTodo"];
            };
        };
        responses: {
            200: components["responses"]["TodoResponse"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Change the todo only if its `ETag` is one of these, or if this is `*` (RFC 9110 §13.1.1); else 412.
                 *     A todo that does not exist is 404, not 412. A weak tag (`W/"1"`) never matches, and the 412 says
                 *     that it is weak: a proxy that compresses may have weakened the `ETag`.
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description The `id` of a todo.
                 * @example 019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: components["responses"]["NoContent"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            412: components["responses"]["PreconditionFailed"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateTodo: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Change the todo only if its `ETag` is one of these, or if this is `*` (RFC 9110 §13.1.1); else 412.
                 *     A todo that does not exist is 404, not 412. A weak tag (`W/"1"`) never matches, and the 412 says
                 *     that it is weak: a proxy that compresses may have weakened the `ETag`.
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description The `id` of a todo.
                 * @example 019ab1d0-5c00-7a5e-8c1d-3f6b9e2d4a01
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TodoPatch"];
                "application/merge-patch+json": components["schemas"]["TodoPatch"];
            };
        };
        responses: {
            200: components["responses"]["TodoResponse"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["ContentTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["HealthResponse"];
            400: components["responses"]["BadRequest"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["HealthResponse"];
            400: components["responses"]["BadRequest"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getJwks: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The public keys. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["X-Request-Id"];
                    "Cache-Control": components["headers"]["Cache-Control"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JwkSet"];
                };
            };
            400: components["responses"]["BadRequest"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            500: components["responses"]["InternalServerError"];
        };
    };
}
