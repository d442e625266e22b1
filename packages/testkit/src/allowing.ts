/** The document of a policy that allows, or has another effect on, actions on everything. */
export function allowing(Action: unknown, Effect = 'Allow'): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect, Action, Resource: '*' }],
  });
}
