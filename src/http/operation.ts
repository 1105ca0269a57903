import type { components, operationSecurity, operations } from '../../generated/openapi.d.ts';
import type { RequestContext } from './context.ts';

/** An `operationId` of the contract. */
export type OperationId = keyof operations;

/** A schema of the contract, by its name. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** The user and the session of an authenticated request. */
export interface Principal {
  userId: string;
  username: string;
  sessionId: string;
}

/** The result of authentication, by the name of the security scheme in the contract. */
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

/** What a handler may know of a request, beside its declared values. */
export type RequestMetadata = Pick<RequestContext, 'requestId' | 'address' | 'userAgent'>;

/** `acquireSlot` waits for a slot of another queue, before expensive work. */
export type HandlerContext = RequestMetadata & Pick<RequestContext, 'acquireSlot'>;

/** A validated request of one operation. */
export interface OperationRequest<Id extends OperationId> {
  path: ParametersOf<Id, 'path'>;
  query: ParametersOf<Id, 'query'>;
  headers: ParametersOf<Id, 'header'>;
  body: BodyOf<Id>;
  /** `undefined` where the operation is public. */
  principal: PrincipalOf<Id>;
  context: HandlerContext;
}

/** Headers that the pipeline sets, not the handlers. */
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

/** One declared response: its status, its body and its headers. */
export type DeclaredResponse<Status, R> = { status: Status } & BodyPart<R> &
  HeadersPart<R extends { headers: infer H } ? KnownHeaders<H> : Record<never, never>>;

/** The responses that the contract declares for an operation. */
export type OperationResponse<Id extends OperationId> = {
  [Status in keyof operations[Id]['responses']]: DeclaredResponse<
    Status,
    operations[Id]['responses'][Status]
  >;
}[keyof operations[Id]['responses']];

/** Maps a request value to a response value. A handler never sees the connection. */
export type OperationHandler<Id extends OperationId> = (
  request: OperationRequest<Id>,
) => Promise<OperationResponse<Id>>;

/** One handler for every operation of the contract. */
export type OperationHandlers = { [Id in OperationId]: OperationHandler<Id> };
