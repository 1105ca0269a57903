// Made from openapi.yaml by `npm run generate`; never edited.
// openapi.yaml sha256: 2dfbf156b5b16c02aa5e9be6caef6d6cc3b5d91f0ea4538bd90450cfb9b27a40
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
         * @description Creates a user; it does not sign in. Names are unique without regard to case.
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
         * @description Starts a session. A wrong password and an unknown name get the same answer. A password that the
         *     operator has set has to be changed: without `new_password` the right one is answered with 403
         *     `password_change_required`. With `new_password` the sign-in changes the password and ends every
         *     other session of the user.
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
         * @description The token is sent in the body or in the `Refresh-Token` header. In neither: 400. In both and
         *     different: 401, and neither is spent.
         *
         *     | presented token | answer |
         *     | --- | --- |
         *     | current | 200, a new pair. The presented token is spent; the new refresh token is its successor. |
         *     | spent last, at most the reuse leeway ago, its successor not used yet | 200, the same successor again and a fresh access token |
         *     | spent last, with the same `Idempotency-Key`, at most 24 hours ago, its successor not used yet | 200, the same successor again and a fresh access token |
         *     | any other spent token | 401, and the session ends |
         *     | unknown, malformed, or of a session that has ended | 401, nothing changes |
         *
         *     The operator sets the reuse leeway: 10 seconds by default, 0 for none.
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
         * @description Ends the session of the access token, and that of the refresh token in the body if it is
         *     another one of the same user. A token that is not the user's: 401, and nothing changes.
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
         * @description The user whose access token is presented.
         */
        get: operations["getCurrentUser"];
        put?: never;
        post?: never;
        /**
         * Delete the current user
         * @description Needs the current password. Deletes the user with all sessions, todos and idempotency keys; none
         *     of their tokens works from now on, and the name is free again. The audit log keeps what happened,
         *     without the name, for its time.
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
         * @description Needs the current password and ends every other session of the user.
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
                 * @description A session's `id`.
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
         * @description Ends a session of the user, who may be signed in with it on another device.
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
         *     missing on the last. Items added or deleted meanwhile make no other item appear twice or not
         *     at all.
         *
         *     A filter that finds too little in the next 100 todos starts a long search. A user has one long
         *     search at a time; three more wait, and further ones are refused with 503.
         */
        get: operations["listTodos"];
        put?: never;
        /**
         * Create a todo
         * @description With an `Idempotency-Key`, the same request sent again within 24 hours is answered with the
         *     todo that the first one made; another request under the same key is refused with 409. The newest
         *     10,000 keys of a user are remembered.
         *
         *     The operator limits the todos of a user (10,000 by default). At the limit, the answer is 409 with
         *     the code `todo_limit_reached`.
         */
        post: operations["createTodo"];
        /**
         * Delete all todos, or the finished ones
         * @description Of the user's own; `?done=true` clears the finished ones. They are deleted in steps. 204 means
         *     that all are gone; after any other answer some may be gone, and the request can be sent again.
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
                 * @description A todo's `id`.
                 * @example 019ab1d0-5c00-7000-8000-000000000001
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        /**
         * Get a todo
         * @description With `If-None-Match`, 304 says that the client's copy is still good.
         */
        get: operations["getTodo"];
        /**
         * Replace a todo
         * @description What the body leaves out takes its default.
         */
        put: operations["replaceTodo"];
        post?: never;
        /**
         * Delete a todo
         * @description With `If-Match`, only if it is still as the client knows it.
         */
        delete: operations["deleteTodo"];
        options?: never;
        head?: never;
        /**
         * Update a todo
         * @description What the body leaves out stays as it is. `null` puts a member back to its default, as JSON
         *     Merge Patch (RFC 7396) says.
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
         * @description Says nothing about the database; for whoever restarts a process that hangs.
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
         * @description Ready means that the database answers and the service is not shutting down.
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
         * @description A JWK Set (RFC 7517); empty when tokens are signed with a shared secret (HS256).
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
        /** @description Unique without regard to case. */
        Username: string;
        /**
         * @description Any characters. One of the 18,000 most common passwords is refused with 400, which no schema can
         *     say.
         */
        NewPassword: string;
        PresentedPassword: string;
        /** @description A refresh token. Whatever is not one is answered like one that no longer works. */
        PresentedRefreshToken: string;
        EntityTags: string;
        NewUser: {
            username: components["schemas"]["Username"];
            password: components["schemas"]["NewPassword"];
        };
        User: {
            id: components["schemas"]["Id"];
            username: components["schemas"]["Username"];
            /** Format: date-time */
            created_at: string;
        };
        Credentials: {
            username: string;
            password: components["schemas"]["PresentedPassword"];
            new_password?: components["schemas"]["NewPassword"];
        };
        /** @description Exactly these two members. When the access token ends, its `exp` says. */
        TokenPair: {
            /** @description A JWT (RFC 7519) for the `Authorization` header; its `sub` is the username. */
            access_token: string;
            /** @description Opaque; for `POST /auth/refresh`, which spends it. */
            refresh_token: string;
        };
        /** @description `null` is the same as no body: many generated clients send it where they have none. */
        RefreshRequest: {
            refresh_token: components["schemas"]["PresentedRefreshToken"];
        } | null;
        /** @description `null` is the same as no body: many generated clients send it where they have none. */
        LogoutRequest: {
            refresh_token?: components["schemas"]["PresentedRefreshToken"];
        } | null;
        Message: {
            message: string;
        };
        /** @description The proof that the user wants the account deleted. */
        AccountDeletion: {
            current_password: components["schemas"]["PresentedPassword"];
        };
        PasswordChange: {
            current_password: components["schemas"]["PresentedPassword"];
            new_password: components["schemas"]["NewPassword"];
        };
        Session: {
            id: components["schemas"]["Id"];
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description When the session signed in or was refreshed last.
             */
            last_used_at: string;
            /** @description The client's network address at that time. */
            address: string;
            /** @description The client's `User-Agent` at that time; empty if it sent none. */
            user_agent: string;
            /** @description Whether this is the session of the request's access token. */
            current: boolean;
        };
        /** @description Not blank. */
        TodoTitle: string;
        Todo: {
            id: components["schemas"]["Id"];
            title: components["schemas"]["TodoTitle"];
            description: string;
            done: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
        };
        NewTodo: {
            title: components["schemas"]["TodoTitle"];
            /** @default  */
            description?: string;
            /** @default false */
            done?: boolean;
        };
        TodoPatch: {
            title?: components["schemas"]["TodoTitle"];
            description?: string | null;
            done?: boolean | null;
        };
        /**
         * @description An order of todos; `-` is descending.
         * @default created_at
         * @enum {string}
         */
        TodoSort: "created_at" | "-created_at" | "updated_at" | "-updated_at";
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        /** @description A public key (RFC 7517 §4). */
        Jwk: {
            /** @enum {string} */
            kty: "EC" | "OKP";
            kid: string;
            /** @enum {string} */
            alg: "ES256" | "EdDSA";
            /** @enum {string} */
            use: "sig";
            /** @enum {string} */
            crv: "P-256" | "Ed25519";
            x: string;
            y?: string;
        };
        /** @description A JWK Set (RFC 7517 §5). */
        JwkSet: {
            keys: components["schemas"]["Jwk"][];
        };
        /** @description What went wrong (RFC 9457). */
        Problem: {
            /** Format: uri-reference */
            type: string;
            /** @description The status in words. */
            title: string;
            /** Format: int32 */
            status: number;
            /** @description For a person. */
            detail: string;
            code: components["schemas"]["ProblemCode"];
            /** @description The same text as `detail`, for clients that read only this member. */
            error: string;
            /** @description On 400, every fault that was found. */
            errors?: components["schemas"]["InputError"][];
            /** @description On 5xx, the request's `X-Request-Id`. */
            request_id?: string;
        };
        /**
         * @description For a program; stable.
         * @enum {string}
         */
        ProblemCode: "invalid_request" | "authentication_required" | "invalid_access_token" | "access_token_expired" | "session_ended" | "invalid_credentials" | "invalid_refresh_token" | "registration_closed" | "wrong_password" | "password_change_required" | "not_found" | "method_not_allowed" | "not_acceptable" | "request_timeout" | "username_taken" | "idempotency_key_reused" | "todo_limit_reached" | "precondition_failed" | "content_too_large" | "unsupported_media_type" | "expectation_failed" | "misdirected_request" | "too_many_requests" | "headers_too_large" | "internal_error" | "method_not_implemented" | "unavailable";
        /** @description One fault of a request, and where it is. */
        InputError: {
            /**
             * Format: json-pointer
             * @description A JSON Pointer (RFC 6901) into the body; empty for the whole of it.
             */
            pointer?: string;
            /** @description The query or path parameter. */
            parameter?: string;
            /** @description The header. */
            header?: string;
            message: string;
        };
    };
    responses: {
        /** @description A new token pair. */
        TokenPair: {
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
        Todo: {
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
        /** @description Yes. */
        Health: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Health"];
            };
        };
        /** @description Done; there is nothing to say. */
        NoContent: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content?: never;
        };
        /**
         * @description The request is not what the contract says, an unknown query parameter among it; `errors` says
         *     where.
         */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description Not signed in, no longer signed in, or the wrong credentials; `code` says which.
         *
         *     | `code` | `detail` | `WWW-Authenticate` |
         *     | --- | --- | --- |
         *     | `authentication_required` | Authentication required | `Bearer realm="todos"` |
         *     | `invalid_credentials` | Invalid username or password | `Bearer realm="todos"` |
         *     | `invalid_access_token` | Invalid access token | `Bearer realm="todos", error="invalid_token"` |
         *     | `access_token_expired` | Access token expired | `Bearer realm="todos", error="invalid_token"` |
         *     | `session_ended` | You have been logged out. Please log in again. | `Bearer realm="todos", error="invalid_token"` |
         *     | `invalid_refresh_token` | Invalid refresh token | `Bearer realm="todos", error="invalid_token"` |
         */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Registration is closed, the current password is wrong, or it has to be changed. */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing, or it is not yours. */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The path is known, the method is not; `Allow` lists those that are. */
        MethodNotAllowed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                Allow: components["headers"]["Allow"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
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
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The name is taken, the `Idempotency-Key` belongs to another request, or the user has too many todos. */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The todo has changed since; get it again. */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is larger than the service takes (64 KiB, if the operator has set nothing else). */
        ContentTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body's `Content-Type` or `Content-Encoding` is none that this operation takes. */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many attempts; the same for known and unknown names. */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A fault of the service; `request_id` finds it in the log. */
        InternalServerError: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The service cannot answer right now. It never means that a token is no good. */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Cache-Control": components["headers"]["Cache-Control"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /**
         * @description A session's `id`.
         * @example 019ab1d0-5c00-7000-8000-00000000000a
         */
        SessionId: components["schemas"]["Id"];
        /**
         * @description A todo's `id`.
         * @example 019ab1d0-5c00-7000-8000-000000000001
         */
        TodoId: components["schemas"]["Id"];
        /** @description The refresh token, for clients that send no body. */
        RefreshTokenHeader: components["schemas"]["PresentedRefreshToken"];
        /**
         * @description A value of the client's own making, new for every action and the same for every retry of it
         *     (a random UUID does well): makes it safe to send the request again when no answer came.
         * @example 2e1f8c4e-6a55-4d3c-9f0e-0d4a3b7c9e11
         */
        IdempotencyKey: string;
        /**
         * @description Change the todo only if its `ETag` is (one of) these; `*` for any (RFC 9110 §13.1.1). A weak tag
         *     (`W/"1"`) never matches, and the 412 says that it is weak. A proxy that compresses may have weakened
         *     the `ETag` of an answer.
         * @example "1"
         */
        IfMatch: components["schemas"]["EntityTags"];
        /**
         * @description Answer 304 if the todo's `ETag` is still (one of) these (RFC 9110 §13.1.2).
         * @example "1"
         */
        IfNoneMatch: components["schemas"]["EntityTags"];
    };
    requestBodies: never;
    headers: {
        /**
         * @description Names this request in the service's log: the client's own `X-Request-Id` if that is a UUID, a ULID
         *     or a trace id, else a new UUID.
         * @example 019ab1d0-5c00-7000-8000-0000000000ff
         */
        "X-Request-Id": string;
        /**
         * @description Nothing of this may be kept by a shared cache.
         * @example no-store
         */
        "Cache-Control": "no-store" | "private, no-cache";
        /**
         * @description Nothing of this may be kept by any cache.
         * @example no-store
         */
        "No-Store": "no-store";
        /**
         * @description Where the new todo is, relative to the service.
         * @example /todos/019ab1d0-5c00-7000-8000-000000000001
         */
        Location: string;
        /**
         * @description Changes whenever the todo does (RFC 9110 §8.8.3).
         * @example "1"
         */
        ETag: string;
        /**
         * @description The challenge (RFC 6750 §3).
         * @example Bearer realm="todos", error="invalid_token"
         */
        "WWW-Authenticate": "Bearer realm=\"todos\"" | "Bearer realm=\"todos\", error=\"invalid_token\"";
        /**
         * @description The methods that this path knows.
         * @example GET, HEAD, POST
         */
        Allow: string;
        /**
         * @description Seconds to wait before the next attempt.
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
            /** @description The account exists now. */
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
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            409: components["responses"]["Conflict"];
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
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
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
                 * @description A value of the client's own making, new for every action and the same for every retry of it
                 *     (a random UUID does well): makes it safe to send the request again when no answer came.
                 * @example 2e1f8c4e-6a55-4d3c-9f0e-0d4a3b7c9e11
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
            200: components["responses"]["TokenPair"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
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
            401: components["responses"]["Unauthorized"];
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
            403: components["responses"]["Forbidden"];
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
            403: components["responses"]["Forbidden"];
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
                 * @description Keep the session of this request's access token.
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
                 * @description A session's `id`.
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
                /**
                 * @description Only finished (`true`) or only open (`false`) todos.
                 * @example false
                 */
                done?: boolean;
                /**
                 * @description Only todos with this text in their title or description, without regard to case. `%` and `_` stand for themselves.
                 * @example milk
                 */
                q?: string;
                /**
                 * @description The order; `-` is descending.
                 * @example -created_at
                 */
                sort?: components["schemas"]["TodoSort"];
                /**
                 * @description How many todos a page holds at most.
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description Where the page starts: taken from the `Link` of the page before, with the same `done`, `q`
                 *     and `sort`. Opaque; one that was never handed out is refused with 400.
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
                     * @description The next page (RFC 8288), if there is one.
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
                 * @description A value of the client's own making, new for every action and the same for every retry of it
                 *     (a random UUID does well): makes it safe to send the request again when no answer came.
                 * @example 2e1f8c4e-6a55-4d3c-9f0e-0d4a3b7c9e11
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
            /** @description The todo exists now. */
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
            409: components["responses"]["Conflict"];
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
                 * @description Only finished (`true`) or only open (`false`) todos.
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
                 * @description Answer 304 if the todo's `ETag` is still (one of) these (RFC 9110 §13.1.2).
                 * @example "1"
                 */
                "If-None-Match"?: components["parameters"]["IfNoneMatch"];
            };
            path: {
                /**
                 * @description A todo's `id`.
                 * @example 019ab1d0-5c00-7000-8000-000000000001
                 */
                todo_id: components["parameters"]["TodoId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: components["responses"]["Todo"];
            /** @description The todo is still the one whose `ETag` was sent. */
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
                 * @description Change the todo only if its `ETag` is (one of) these; `*` for any (RFC 9110 §13.1.1). A weak tag
                 *     (`W/"1"`) never matches, and the 412 says that it is weak. A proxy that compresses may have weakened
                 *     the `ETag` of an answer.
                 * @example "1"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description A todo's `id`.
                 * @example 019ab1d0-5c00-7000-8000-000000000001
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
            200: components["responses"]["Todo"];
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
                 * @description Change the todo only if its `ETag` is (one of) these; `*` for any (RFC 9110 §13.1.1). A weak tag
                 *     (`W/"1"`) never matches, and the 412 says that it is weak. A proxy that compresses may have weakened
                 *     the `ETag` of an answer.
                 * @example "1"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description A todo's `id`.
                 * @example 019ab1d0-5c00-7000-8000-000000000001
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
                 * @description Change the todo only if its `ETag` is (one of) these; `*` for any (RFC 9110 §13.1.1). A weak tag
                 *     (`W/"1"`) never matches, and the 412 says that it is weak. A proxy that compresses may have weakened
                 *     the `ETag` of an answer.
                 * @example "1"
                 */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                /**
                 * @description A todo's `id`.
                 * @example 019ab1d0-5c00-7000-8000-000000000001
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
            200: components["responses"]["Todo"];
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
            200: components["responses"]["Health"];
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
            200: components["responses"]["Health"];
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
