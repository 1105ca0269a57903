import type { components, operationSecurity, operations } from '../../generated/openapi.d.ts';
import type { RequestContext } from './context.ts';

/** The `operationId`s of the contract. */
export type OperationId = keyof operations;

/** A schema of the contract by its name. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** Who makes the request, as the contract's security scheme established it. */
export interface Principal {
  userId: string;
  username: string;
  sessionId: string;
}

/** What a security scheme's handler finds. The names are the contract's `securitySchemes`. */
export interface Principals {
  bearerAuth: Principal;
}

type PrincipalOf<Id extends OperationId> = operationSecurity[Id] extends never
  ? undefined
  : Principals[operationSecurity[Id]];

type ParametersOf<
  Id extends OperationId,
  In extends 'path' | 'query' | 'header',
> = operations[Id]['parameters'] extends { [K in In]?: infer P }
  ? [NonNullable<P>] extends [never]
    ? Record<never, never>
    : NonNullable<P>
  : Record<never, never>;

type Content<T> = T extends { content: infer C } ? C[keyof C] : never;

type BodyOf<Id extends OperationId> = operations[Id] extends { requestBody: infer B }
  ? Content<B>
  : operations[Id] extends { requestBody?: infer B }
    ? Content<NonNullable<B>> | undefined
    : undefined;

/** What every handler may know of a request besides its contract. */
export type RequestMetadata = Pick<RequestContext, 'requestId' | 'address' | 'userAgent'>;

/** What a handler is given besides the contract's part; `acquireSlot` waits for expensive work. */
export type HandlerContext = RequestMetadata & Pick<RequestContext, 'acquireSlot'>;

/** A validated request of one operation. */
export interface OperationRequest<Id extends OperationId> {
  path: ParametersOf<Id, 'path'>;
  query: ParametersOf<Id, 'query'>;
  headers: ParametersOf<Id, 'header'>;
  body: BodyOf<Id>;
  /** `undefined`, and of no use to the compiler, where the operation is public. */
  principal: PrincipalOf<Id>;
  context: HandlerContext;
}

/** Headers that the edge sets by itself, so that no handler has to. */
export type EdgeHeader = 'X-Request-Id' | 'Cache-Control' | 'WWW-Authenticate';

type KnownHeaders<H> = {
  [Name in keyof H as string extends Name
    ? never
    : Name extends EdgeHeader
      ? never
      : Name]: H[Name];
};

type HeadersPart<H> = Record<never, never> extends H ? { headers?: H } : { headers: H };

type BodyPart<R> = R extends { content: infer C } ? { body: C[keyof C] } : { body?: never };

/** One response as the contract declares it: its status, its body, the headers it requires. */
export type DeclaredResponse<Status, R> = { status: Status } & BodyPart<R> &
  HeadersPart<R extends { headers: infer H } ? KnownHeaders<H> : Record<never, never>>;

/** All that an operation may answer: what the contract declares for it, and nothing else. */
export type OperationResponse<Id extends OperationId> = {
  [Status in keyof operations[Id]['responses']]: DeclaredResponse<
    Status,
    operations[Id]['responses'][Status]
  >;
}[keyof operations[Id]['responses']];

/** A handler maps a request value to a response value; it never sees the connection. */
export type OperationHandler<Id extends OperationId> = (
  request: OperationRequest<Id>,
) => Promise<OperationResponse<Id>>;

/** One handler for every operation of the contract. */
export type OperationHandlers = { [Id in OperationId]: OperationHandler<Id> };
