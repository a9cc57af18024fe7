# The settings that every script starts from; `./defaults.sh` in its first lines applies them.
sysctl -q net.ipv4.tcp_rmem="4096 131072 6291456"
sysctl -q net.ipv4.tcp_wmem="4096 16384 4194304"
sysctl -q net.ipv4.tcp_congestion_control=cubic
sysctl -q net.ipv4.tcp_timestamps=1
sysctl -q net.ipv4.tcp_syncookies=1
sysctl -q net.ipv4.tcp_ecn=2
sysctl -q net.ipv4.tcp_syn_linear_timeouts=4
