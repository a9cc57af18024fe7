/** Whether a call returned a flag: 1 or 0; or the negative errno that it failed with. */
export const flagIn = (returned: number, flag: number): number =>
  returned < 0 ? returned : Number((returned & flag) !== 0);
