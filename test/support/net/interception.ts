/** What a gateway's administrator types: ports 80 to 82 of its clients, each intercepted another way, to port 1500 of the gateway. */
export const INTERCEPTION = `
iptables  -t nat -I PREROUTING -i eth0 -p tcp --dport 80 -j REDIRECT --to-ports 1500
ip6tables -t nat -I PREROUTING -i eth0 -p tcp --dport 80 -j REDIRECT --to-ports 1500
iptables  -t nat -I PREROUTING -i eth0 -p tcp --dport 81 -j DNAT --to-destination 10.77.1.2:1500
ip6tables -t nat -I PREROUTING -i eth0 -p tcp --dport 81 -j DNAT --to-destination [fd77:1::2]:1500
iptables  -t mangle -I PREROUTING -i eth0 -p tcp --dport 82 -j TPROXY --on-port 1500 --tproxy-mark 1
ip6tables -t mangle -I PREROUTING -i eth0 -p tcp --dport 82 -j TPROXY --on-port 1500 --tproxy-mark 1
ip rule add fwmark 1 lookup 100
ip -6 rule add fwmark 1 lookup 100
ip route add local default dev lo table 100
ip -6 route add local default dev lo table 100
`;
