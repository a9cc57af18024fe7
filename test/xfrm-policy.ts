/**
 * A struct xfrm_userpolicy_info that allows or blocks everything that a socket sends. Its selector,
 * of 56 bytes with the family at 40, selects everything; the limits are zero; the direction,
 * XFRM_POLICY_OUT, is at 160, and the action after it: XFRM_POLICY_ALLOW or XFRM_POLICY_BLOCK
 * (include/uapi/linux/xfrm.h).
 */
export function xfrmPolicy(family: number, action: "allow" | "block"): Uint8Array {
  const policy = Buffer.alloc(168);
  policy.writeUInt16LE(family, 40);
  policy.writeUInt8(1, 160);
  policy.writeUInt8(action === "block" ? 1 : 0, 161);
  return policy;
}
