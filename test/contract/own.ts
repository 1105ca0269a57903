import { lackingOperations } from './specification.ts';

/** Whether the contract has all operations of openapi.yaml: then the checks in suite/ apply. */
export const isOwnContract = lackingOperations().length === 0;
