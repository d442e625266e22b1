import { describe, expect, it } from 'vitest';
import type { ConstraintTable } from '../constraint.ts';
import { compilePattern } from '../constraint-check.ts';
import { loadServiceModel } from '../service-model.ts';
import type { Shape, StructureShape } from '../shape.ts';
import { iamConstraints } from './iam.ts';
import { lambdaConstraints } from './lambda.ts';
import { logsConstraints } from './logs.ts';
import { stsConstraints } from './sts.ts';
import { xrayConstraints } from './xray.ts';

const tables = [
  ['lambda', lambdaConstraints],
  ['logs', logsConstraints],
  ['iam', iamConstraints],
  ['sts', stsConstraints],
  ['xray', xrayConstraints],
] as const;

describe.each(tables)('the constraints of %s', (service, table: ConstraintTable) => {
  it('bind members that the model has', () => {
    const structures = inputStructures(service);
    for (const [name, members] of Object.entries(table.members)) {
      const known = structures.get(name)?.members.map((each) => each.name);
      expect(known, name).toEqual(expect.arrayContaining(Object.keys(members)));
    }
  });

  it('name constraints that are in the table, and none is left over', () => {
    const used = new Set(Object.values(table.members).flatMap((each) => Object.values(each)));
    for (const { element, key, value } of Object.values(table.shapes)) {
      for (const name of [element, key, value]) if (name !== undefined) used.add(name);
    }
    expect([...used].toSorted()).toEqual(Object.keys(table.shapes).toSorted());
  });

  it('have patterns that compile', () => {
    for (const { pattern } of Object.values(table.shapes)) {
      if (pattern !== undefined) expect(compilePattern(pattern)).toBeInstanceOf(RegExp);
    }
  });
});

function inputStructures(service: (typeof tables)[number][0]): Map<string, StructureShape> {
  const found = new Map<string, StructureShape>();
  const visit = (shape: Shape): void => {
    if (shape.kind === 'list') visit(shape.element.shape);
    if (shape.kind === 'map') visit(shape.value.shape);
    if (shape.kind !== 'structure' || found.has(shape.name)) return;
    found.set(shape.name, shape);
    for (const member of shape.members) visit(member.shape);
  };
  for (const operation of loadServiceModel(service).operations.values()) visit(operation.input);
  return found;
}
