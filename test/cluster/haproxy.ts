import type { Machine } from './machine.ts';

/** HAProxy's configuration: one port, connected to the node that Patroni reports as the leader. */
export function haproxyConfiguration(port: number, machines: Machine[]): string {
  const servers = machines.map(
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
