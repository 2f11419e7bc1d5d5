// What a handler of the fake service is, and how it refuses.
import type { AnswerOf, OperationId, RequestOf, Role } from '../../../src/service/contract/index.js';

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

/** An answer that is not JSON, where it has another type than the contract's first. */
export class FakeFile {
  constructor(
    readonly contentType: string,
    readonly content: string | Uint8Array,
  ) {}
}

type Fake<T> = T extends string ? T | FakeFile : T;
type Handler<I extends OperationId> = (
  request: RequestOf<I>,
  caller: { readonly user?: { readonly name: string; readonly role: Role } },
) => Fake<AnswerOf<I>> | Promise<Fake<AnswerOf<I>>>;
export type Handlers = { readonly [I in OperationId]?: Handler<I> };
