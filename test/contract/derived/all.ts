// The checks of every operation that come from the document alone.
import { describe } from '../checks.ts';
import { operations } from '../document.ts';
import { describeCors } from './cors.ts';
import { describeExamples } from './examples.ts';
import { describeBody, describeParameters } from './input.ts';
import { describeOrder } from './order.ts';
import {
  describeAccept,
  describeHead,
  describeMethods,
  describeOptions,
  describeSecurity,
} from './protocol.ts';
import { describeItem } from './resource.ts';

export function deriveChecks(): void {
  for (const operation of operations) {
    describe(operation.operationId, () => {
      describeExamples(operation);
      describeSecurity(operation);
      describeMethods(operation);
      describeAccept(operation);
      describeHead(operation);
      describeParameters(operation);
      describeBody(operation);
      describeItem(operation);
      describeOrder(operation);
      describeOptions(operation);
      describeCors(operation);
    });
  }
}
