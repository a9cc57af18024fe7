/** The peer's urgent byte, where its urgent pointer said that it is. */
export class UrgentByte {
  state: "awaited" | "unread" | "read" = "awaited";
  readonly sequence: number;
  value = 0;

  constructor(sequence: number) {
    this.sequence = sequence;
  }
}
