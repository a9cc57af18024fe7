/** Counters that TCP_INFO reports (include/uapi/linux/tcp.h). */
export class Statistics {
  totalRetrans = 0;
  bytesAcked = 0;
  bytesReceived = 0;
  segsOut = 0;
  segsIn = 0;
  dataSegsIn = 0;
  dataSegsOut = 0;
  bytesSent = 0;
  delivered = 0;
  lost = 0;
  /** Segments and nanoseconds of the last delivery rate: tcp_rate.c. */
  rateDelivered = 0;
  rateInterval = 0;
  /** Shared until something goes wrong. */
  #trouble = NO_TROUBLE;

  get trouble(): Readonly<TroubleStatistics> {
    return this.#trouble;
  }

  /** The counters of what goes wrong, to add to. */
  countTrouble(): TroubleStatistics {
    if (this.#trouble === NO_TROUBLE) this.#trouble = new TroubleStatistics();
    return this.#trouble;
  }
}

/** What most connections never count. */
class TroubleStatistics {
  bytesRetrans = 0;
  deliveredCe = 0;
  dsackDups = 0;
  receivedOutOfOrder = 0;
  totalRto = 0;
  totalRtoRecoveries = 0;
  /** Milliseconds spent in recovery from timeouts, and since when: 0 if not at present. */
  totalRtoTime = 0;
  rtoSince = 0;
}

const NO_TROUBLE = Object.freeze(new TroubleStatistics());
