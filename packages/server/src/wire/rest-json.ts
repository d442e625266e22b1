/** restJson1, the protocol of Lambda: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol */
import { compileRestInput, type ReadInput } from './rest-input.ts';
import { writeRestError } from './rest-error.ts';
import { compileRestOutput, type WriteOutput } from './rest-output.ts';
import { createRouteTable } from './rest-routes.ts';
import type { Protocol } from './protocol.ts';
import type { OperationModel, ServiceModel } from './service-model.ts';

export function createRestJson(model: ServiceModel): Protocol {
  const routes = createRouteTable(model.operations.values());
  const readers = new Map<OperationModel, ReadInput>();
  const writers = new Map<OperationModel, WriteOutput>();
  return {
    needsBodyToRoute: false,
    route: (request) => routes.find(request),
    parseInput(operation, request): object {
      const read = readers.get(operation) ?? compileRestInput(operation);
      readers.set(operation, read);
      return read(request);
    },
    serializeOutput(operation, output, requestId) {
      const write = writers.get(operation) ?? compileRestOutput(operation);
      writers.set(operation, write);
      return write(output, requestId);
    },
    serializeError: (error, requestId) => writeRestError(model, error, requestId),
  };
}
