import { RuntimeUnavailable } from './runtime-catalogue.ts';
import type { RuntimeFamily } from './runtime-catalogue.ts';

const languages = [
  {
    name: 'Java',
    identifiers: [
      'java8.al2',
      'java8.al2023',
      'java11',
      'java11.al2023',
      'java17',
      'java17.al2023',
      'java21',
      'java25',
    ],
  },
  { name: '.NET', identifiers: ['dotnet8', 'dotnet10'] },
  { name: 'Ruby', identifiers: ['ruby3.2', 'ruby3.3', 'ruby3.4', 'ruby4.0'] },
];

/** AWS's runtimes that Hearth knows by name and cannot run yet. */
export function createUnsupportedFamily(): RuntimeFamily {
  const languageOf = new Map(
    languages.flatMap(({ name, identifiers }) => identifiers.map((each) => [each, name] as const)),
  );
  const detailOf = (identifier: string): string =>
    `Runtime ${identifier} cannot run here: Hearth does not start ${languageOf.get(identifier)} functions yet; package it with a bootstrap for provided.al2023 instead.`;
  return {
    identifiers: [...languageOf.keys()],
    install: async (identifier) => {
      throw new RuntimeUnavailable(detailOf(identifier));
    },
    status: async (identifier) => ({
      identifier,
      isAvailable: false,
      detail: detailOf(identifier),
    }),
  };
}
