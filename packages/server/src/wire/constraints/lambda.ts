/** The constraints of Lambda's API: by shape, and which member is bound by which. */
import type { ConstraintTable } from '../constraint.ts';
import { lambdaRequests } from './lambda-requests.ts';
import { lambdaShapes } from './lambda-shapes.ts';
import { lambdaStructures } from './lambda-structures.ts';

export const lambdaConstraints: ConstraintTable = {
  shapes: lambdaShapes,
  members: { ...lambdaRequests, ...lambdaStructures },
};
