/** A service with its model and protocol: everything the gateway needs to serve it. */
import type { Service, ServiceName } from '../core/operation.ts';
import { protocolOf, type Protocol } from '../wire/protocol.ts';
import { loadServiceModel, type ServiceModel } from '../wire/service-model.ts';

export interface ServedService {
  readonly service: Service;
  readonly model: ServiceModel;
  readonly protocol: Protocol;
}

export type ServedServices = ReadonlyMap<ServiceName, ServedService>;

export function serve(services: readonly Service[]): ServedServices {
  return new Map(
    services.map((service) => {
      const model = loadServiceModel(service.name);
      return [service.name, { service, model, protocol: protocolOf(model) }];
    }),
  );
}
