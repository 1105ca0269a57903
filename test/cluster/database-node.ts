import { join } from 'node:path';
import { etcdArguments } from './etcd.ts';
import type { Machine } from './machine.ts';
import { type Passwords, patroniConfiguration } from './patroni.ts';
import type { Programs } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

/** A machine of the cluster: an etcd member, Patroni, and the PostgreSQL that Patroni runs. */
export class DatabaseNode {
  readonly machine: Machine;
  #sandbox: Sandbox;
  #programs: Programs;
  #folder: string;
  #etcd: string[];

  constructor(
    sandbox: Sandbox,
    programs: Programs,
    {
      machine,
      machines,
      passwords,
    }: { machine: Machine; machines: Machine[]; passwords: Passwords },
  ) {
    this.machine = machine;
    this.#sandbox = sandbox;
    this.#programs = programs;
    this.#folder = sandbox.makeFolder(machine.name);
    this.#etcd = etcdArguments(machine, machines);
    const configuration = patroniConfiguration(machine, machines, passwords, programs.postgres);
    sandbox.writeFile(this.#folder, 'patroni.yml', configuration);
  }

  /** Starts all programs, as a boot of the machine would. The files are kept. */
  async start(): Promise<void> {
    this.#sandbox.start(this.#folder, 'etcd', this.#programs.etcd, this.#etcd);
    this.#sandbox.start(this.#folder, 'patroni', this.#programs.patroni, ['patroni.yml']);
  }

  /** `kill -9` of everything on the machine: PostgreSQL with its backends, Patroni, etcd. */
  async kill(): Promise<void> {
    await this.#sandbox.kill(this.#folder);
  }

  /** `kill -9` of PostgreSQL only. Patroni notices and reacts. */
  async killPostgres(): Promise<void> {
    await this.#sandbox.kill(join(this.#folder, 'postgres'));
  }

  /** Stops all processes of the machine without closing their connections. */
  async freeze(): Promise<void> {
    // Twice, to stop a process too that another one started meanwhile.
    for (let time = 0; time < 2; time += 1) this.#sandbox.signal('SIGSTOP', this.#folder);
  }

  /** Continues the stopped processes, which do not know that time has passed. */
  async thaw(): Promise<void> {
    this.#sandbox.signal('SIGCONT', this.#folder);
  }

  /** Patroni's status of its PostgreSQL; undefined if Patroni does not answer. */
  async status(): Promise<PatroniStatus | undefined> {
    return this.#ask<PatroniStatus>('patroni');
  }

  /** Patroni's list of the members of the cluster; undefined if Patroni does not answer. */
  async members(): Promise<Member[] | undefined> {
    return (await this.#ask<{ members: Member[] }>('cluster'))?.members;
  }

  async #ask<Answer>(path: string): Promise<Answer | undefined> {
    const { address, patroni } = this.machine;
    try {
      const signal = AbortSignal.timeout(2000);
      const response = await fetch(`http://${address}:${patroni}/${path}`, { signal });
      return (await response.json()) as Answer; // as Patroni's REST API documents it
    } catch {
      return undefined;
    }
  }
}

/** The members of `GET /patroni` that are used here. */
interface PatroniStatus {
  state: string;
  role: string;
  replication?: { application_name: string; state: string }[];
}

/** A member in `GET /cluster`. */
export interface Member {
  name: string;
  role: string;
  state: string;
}
