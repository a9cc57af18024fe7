/** Counters that TCP_INFO reports (include/uapi/linux/tcp.h). */
export class Statistics {
  bytesAcked = 0;
  segsOut = 0;
  segsIn = 0;
  delivered = 0;
  /** Segments and microseconds of the last delivery rate: tcp_rate.c. */
  rateDelivered = 0;
  rateInterval = 0;
  /** Both are shared until there is something to count. */
  #data = NO_DATA;
  #trouble = NO_TROUBLE;

  get data(): Readonly<DataStatistics> {
    return this.#data;
  }

  /** The counters of data, to add to. */
  countData(): DataStatistics {
    if (this.#data === NO_DATA) this.#data = new DataStatistics();
    return this.#data;
  }

  get trouble(): Readonly<TroubleStatistics> {
    return this.#trouble;
  }

  /** The counters of what goes wrong, to add to. */
  countTrouble(): TroubleStatistics {
    if (this.#trouble === NO_TROUBLE) this.#trouble = new TroubleStatistics();
    return this.#trouble;
  }
}

/** Counters that stay zero on an idle connection. */
class DataStatistics {
  bytesReceived = 0;
  bytesSent = 0;
  dataSegsIn = 0;
  dataSegsOut = 0;
}

/** Counters that stay zero on most connections. */
class TroubleStatistics {
  totalRetrans = 0;
  bytesRetrans = 0;
  lost = 0;
  deliveredCe = 0;
  dsackDups = 0;
  receivedOutOfOrder = 0;
  totalRto = 0;
  totalRtoRecoveries = 0;
  /** Milliseconds spent in recovery from timeouts, and since when: 0 if not at present. */
  totalRtoTime = 0;
  rtoSince = 0;
}

const NO_DATA = Object.freeze(new DataStatistics());
const NO_TROUBLE = Object.freeze(new TroubleStatistics());
