import type { Place } from './place.ts';

/** HAProxy's configuration: one port that leads to whichever node Patroni calls the leader. */
export function haproxyConfiguration(port: number, places: Place[]): string {
  const servers = places.map(
    ({ name, address, postgres, patroni }) =>
      `  server ${name} ${address}:${postgres} check port ${patroni}`,
  );
  return `
global
  maxconn 1000

defaults
  mode tcp
  option clitcpka
  option srvtcpka
  retries 0
  timeout connect 2s
  timeout check 2s
  timeout client 1h
  timeout server 1h

listen leader
  bind 127.0.0.1:${port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}
`;
}
