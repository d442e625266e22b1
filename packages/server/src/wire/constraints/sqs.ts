/** The public model of SQS constrains nothing: its service checks what it is given. */
import type { ConstraintTable } from '../constraint.ts';

export const sqsConstraints: ConstraintTable = { shapes: {}, members: {} };
