import { lackingOperations } from './specification.ts';

/** Whether the contract has all operations of openapi.yaml: then all that the suite knows of them holds. */
export const isOwnContract = lackingOperations().length === 0;
