import { hasOwnOperations } from './specification.ts';

/** Whether the contract has all operations of openapi.yaml: then the checks in suite/ apply. */
export const isOwnContract = hasOwnOperations();
