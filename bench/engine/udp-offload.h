// UDP_SEGMENT and UDP_GRO, which the C library of older systems lacks.
#pragma once
#include <netinet/udp.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
