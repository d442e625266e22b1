import { expect } from 'vitest';

/** The call must be refused with this error of AWS, word for word. */
export async function failsWith(
  calling: Promise<object>,
  code: string,
  message: string,
): Promise<void> {
  await expect(calling).rejects.toMatchObject({ code, message });
}
