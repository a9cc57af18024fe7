// A parsed packetdrill script.

export interface Script {
  readonly path: string;
  readonly options: readonly ScriptOption[];
  /** Shell lines before the first event, and after the last. */
  readonly setUp: ShellLines | undefined;
  readonly events: readonly ScriptEvent[];
  readonly cleanUp: ShellLines | undefined;
}

export interface ScriptOption {
  readonly name: string;
  readonly value: string | undefined;
  readonly line: number;
}

export interface ShellLines {
  readonly kind: "shell";
  readonly text: string;
  readonly line: number;
}

export interface ScriptEvent {
  readonly line: number;
  readonly time: EventTime;
  readonly action: Action;
}

/**
 * When an event is due, in microseconds: absolute, relative to the event before, or at any time.
 */
export type EventTime =
  | { readonly kind: "absolute" | "relative"; readonly from: number; readonly to: number | undefined }
  | { readonly kind: "any" };

export type Action = PacketAction | SystemCall | ShellLines | Code;

/** Python statements about tcp_info: `%{ assert tcpi_snd_cwnd == 10 }%`. */
export interface Code {
  readonly kind: "code";
  readonly text: string;
}

export interface SystemCall {
  readonly kind: "call";
  readonly name: string;
  readonly arguments: readonly Expression[];
  /** The expected result; `...` is anything. */
  readonly result: Expression;
  readonly errno: string | undefined;
  /** When a call that blocks returns, on the scale of `EventTime.from`. */
  readonly returnsAt: number | undefined;
}

export type Expression =
  | { readonly kind: "ellipsis" }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "word"; readonly name: string }
  /** `"text"...` is a string of which only the beginning is given. */
  | { readonly kind: "string"; readonly text: string; readonly elided: boolean }
  | { readonly kind: "or"; readonly operands: readonly Expression[] }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  /** `{sa_family = AF_INET, …}`, and `{onoff=1, linger=0}`. */
  | { readonly kind: "fields"; readonly fields: ReadonlyMap<string, Expression> }
  /** `htons(8080)` and `inet_addr("192.0.2.1")`. */
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] };

export interface PacketAction {
  readonly kind: "packet";
  /** `<` is a packet that the script sends to the host, `>` one that the host must send. */
  readonly direction: "in" | "out";
  readonly ip: IpFields;
  readonly ports: Ports | undefined;
  readonly content: TcpContent | UdpContent | IcmpContent;
}

export interface IpFields {
  /** The traffic class, or only its two ECN bits; "ect01" is either of ECT(0) and ECT(1). */
  readonly tos?: number;
  readonly ecn?: number | "ect01";
  readonly hopLimit?: number;
  readonly flowLabel?: number;
}

export interface Ports {
  readonly source: number;
  readonly destination: number;
}

export interface TcpContent {
  readonly protocol: "tcp";
  readonly flags: number;
  /** The count of Accurate ECN, in place of the flags ECE, CWR and AE. */
  readonly ace: number | undefined;
  readonly sequence: number;
  readonly length: number;
  readonly acknowledgment: number;
  readonly window: number | undefined;
  readonly urgentPointer: number;
  /** "any" is `<...>`: whatever the host sends. */
  readonly options: readonly TcpOption[] | "any";
}

export type TcpOption =
  | { readonly kind: "eol" | "nop" | "sackOK" }
  | { readonly kind: "mss"; readonly size: number }
  | { readonly kind: "wscale"; readonly shift: number }
  | { readonly kind: "sack"; readonly blocks: readonly SackBlock[] }
  | { readonly kind: "TS"; readonly value: number; readonly echo: number }
  | { readonly kind: "other"; readonly number: number; readonly bytes: readonly number[] };

export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

export interface UdpContent {
  readonly protocol: "udp";
  readonly length: number;
}

export interface IcmpContent {
  readonly protocol: "icmp";
  readonly type: string;
  readonly code: string | undefined;
  readonly mtu: number | undefined;
  readonly echoId: number | undefined;
  /** The packet that the message is about. */
  readonly quoted:
    | { readonly protocol: "tcp"; readonly sequence: number; readonly length: number }
    | { readonly protocol: "udp"; readonly length: number }
    | undefined;
}

/** Bits of the TCP header's flags, with AE (once NS) at 256. */
export const FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128, AE: 256 } as const;
