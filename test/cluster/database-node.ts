import { join } from 'node:path';
import { etcdArguments } from './etcd.ts';
import type { Machine } from './machine.ts';
import { type Passwords, patroniConfiguration } from './patroni.ts';
import type { Programs } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

interface Setup {
  machine: Machine;
  machines: Machine[];
  passwords: Passwords;
}

export type DatabaseNode = ReturnType<typeof createDatabaseNode>;

/** A machine of the cluster: an etcd member, Patroni, and the PostgreSQL that Patroni runs. */
export function createDatabaseNode(
  sandbox: Sandbox,
  programs: Programs,
  { machine, machines, passwords }: Setup,
) {
  const folder = sandbox.makeFolder(machine.name);
  const configuration = patroniConfiguration(machine, machines, passwords, programs.postgres);
  sandbox.writeFile(folder, 'patroni.yml', configuration);

  /** Asks Patroni's REST API. @returns undefined if it does not answer */
  async function ask<Answer>(path: string): Promise<Answer | undefined> {
    try {
      const signal = AbortSignal.timeout(2000);
      const url = `http://${machine.address}:${machine.patroni}/${path}`;
      const response = await fetch(url, { signal });
      return (await response.json()) as Answer; // as Patroni documents it
    } catch {
      return undefined;
    }
  }

  return {
    machine,
    /** Starts all programs, as a boot of the machine would. The files are kept. */
    start() {
      sandbox.start(folder, 'etcd', programs.etcd, etcdArguments(machine, machines));
      sandbox.start(folder, 'patroni', programs.patroni, ['patroni.yml']);
    },
    /** `kill -9` of everything on the machine: PostgreSQL with its backends, Patroni, etcd. */
    kill: () => sandbox.kill(folder),
    /** `kill -9` of PostgreSQL only. Patroni notices and reacts. */
    killPostgres: () => sandbox.kill(join(folder, 'postgres')),
    /** Stops all processes of the machine without closing their connections. */
    freeze() {
      // Twice, to stop a process too that another one started meanwhile.
      for (let time = 0; time < 2; time += 1) sandbox.signal('SIGSTOP', folder);
    },
    /** Continues the stopped processes, which do not know that time has passed. */
    thaw: () => sandbox.signal('SIGCONT', folder),
    /** Patroni's status of its PostgreSQL. */
    status: () => ask<PatroniStatus>('patroni'),
    /** Patroni's list of the members of the cluster. */
    members: async () => (await ask<{ members: Member[] }>('cluster'))?.members,
  };
}

/** The members of `GET /patroni` that are used here. */
interface PatroniStatus {
  role: string;
  replication?: { state: string }[];
}

/** The member of a member in `GET /cluster` that is used here. */
interface Member {
  role: string;
}
