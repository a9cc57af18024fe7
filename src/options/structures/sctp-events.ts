import { boolean, checkObject, integer } from "../../errors/argument.ts";
import type { ReadCodec, WriteCodec } from "../option.ts";
import { assocIdOf, type SctpAssociation } from "./sctp-association.ts";

/** Whether to receive a kind of event: struct sctp_event. */
export interface SctpEventSubscription extends SctpAssociation {
  /** `SCTP_EVENT.ASSOC_CHANGE` and so on. */
  readonly type: number;
  readonly on: boolean;
}

/** { sctp_assoc_t se_assoc_id; uint16_t se_type; uint8_t se_on } (include/uapi/linux/sctp.h). */
export const sctpEvent: WriteCodec<SctpEventSubscription> = {
  encode(value, into) {
    checkObject("the option", "{ assocId?, type, on }", value);
    const assocId = assocIdOf(value);
    const type = integer("type", value.type, 0, 0xffff);
    const on = boolean("on", value.on) ? 1 : 0;
    into.view.setInt32(0, assocId, true);
    into.view.setUint16(4, type, true);
    into.view.setUint16(6, on, true);
    into.length = 8;
  },
};

/** Which kinds of events to receive: struct sctp_event_subscribe. */
export interface SctpEventSubscribe {
  /** Messages carry SCTP_SNDRCV. */
  readonly dataIo: boolean;
  readonly association: boolean;
  readonly address: boolean;
  readonly sendFailure: boolean;
  readonly peerError: boolean;
  readonly shutdown: boolean;
  readonly partialDelivery: boolean;
  readonly adaptationLayer: boolean;
  readonly authentication: boolean;
  readonly senderDry: boolean;
  readonly streamReset: boolean;
  readonly assocReset: boolean;
  readonly streamChange: boolean;
  readonly sendFailureEvent: boolean;
}

/** The offset of each event's byte. */
const AT: Readonly<Record<keyof SctpEventSubscribe, number>> = {
  dataIo: 0,
  association: 1,
  address: 2,
  sendFailure: 3,
  peerError: 4,
  shutdown: 5,
  partialDelivery: 6,
  adaptationLayer: 7,
  authentication: 8,
  senderDry: 9,
  streamReset: 10,
  assocReset: 11,
  streamChange: 12,
  sendFailureEvent: 13,
};
const SIZE = 14;

/** Events omitted when it is set are not received. */
export const sctpEvents: ReadCodec<SctpEventSubscribe> & WriteCodec<Partial<SctpEventSubscribe>> = {
  size: SIZE,
  decode({ view }) {
    const isOn = (event: keyof SctpEventSubscribe) => view.getUint8(AT[event]) !== 0;
    return {
      dataIo: isOn("dataIo"),
      association: isOn("association"),
      address: isOn("address"),
      sendFailure: isOn("sendFailure"),
      peerError: isOn("peerError"),
      shutdown: isOn("shutdown"),
      partialDelivery: isOn("partialDelivery"),
      adaptationLayer: isOn("adaptationLayer"),
      authentication: isOn("authentication"),
      senderDry: isOn("senderDry"),
      streamReset: isOn("streamReset"),
      assocReset: isOn("assocReset"),
      streamChange: isOn("streamChange"),
      sendFailureEvent: isOn("sendFailureEvent"),
    };
  },
  encode(value, into) {
    checkObject("the option", "{ association, shutdown, … }", value);
    const { dataIo, association, address, sendFailure, peerError, shutdown, partialDelivery } = value;
    const { adaptationLayer, authentication, senderDry, streamReset, assocReset } = value;
    const { streamChange, sendFailureEvent } = value;
    const events = [
      ...[dataIo, association, address, sendFailure, peerError, shutdown, partialDelivery],
      ...[adaptationLayer, authentication, senderDry, streamReset, assocReset, streamChange],
      sendFailureEvent,
    ];
    for (const [index, isOn] of events.entries()) into.view.setUint8(index, isOn ? 1 : 0);
    into.length = SIZE;
  },
};
