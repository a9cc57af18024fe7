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
  bytesRetrans = 0;
  delivered = 0;
  deliveredCe = 0;
  lost = 0;
  dsackDups = 0;
  receivedOutOfOrder = 0;
  totalRto = 0;
  totalRtoRecoveries = 0;
  totalRtoTime = 0;
  rtoSince = 0;
  /** When the first segment of the present round was delivered, and how much then: tcp_rate.c. */
  deliveredAt = 0;
  firstSentAt = 0;
  /** Segments and nanoseconds of the last delivery rate. */
  rateDelivered = 0;
  rateInterval = 0;
  appLimited = 0;
}
