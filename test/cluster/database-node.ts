import { join } from 'node:path';
import { etcdArguments } from './etcd.ts';
import { type Passwords, patroniConfiguration } from './patroni.ts';
import type { Place } from './place.ts';
import type { Programs } from './programs.ts';
import type { Workplace } from './workplace.ts';

/** A machine of the cluster: an etcd member, Patroni, and the PostgreSQL that Patroni runs. */
export class DatabaseNode {
  readonly place: Place;
  #workplace: Workplace;
  #programs: Programs;
  #folder: string;
  #etcd: string[];

  constructor(
    workplace: Workplace,
    programs: Programs,
    { place, places, passwords }: { place: Place; places: Place[]; passwords: Passwords },
  ) {
    this.place = place;
    this.#workplace = workplace;
    this.#programs = programs;
    this.#folder = workplace.makeFolder(place.name);
    this.#etcd = etcdArguments(place, places);
    const configuration = patroniConfiguration(place, places, passwords, programs.postgres);
    workplace.writeFile(this.#folder, 'patroni.yml', configuration);
  }

  /** Like the machine's boot: what its disk holds is still there. */
  async start(): Promise<void> {
    this.#workplace.start(this.#folder, 'etcd', this.#programs.etcd, this.#etcd);
    this.#workplace.start(this.#folder, 'patroni', this.#programs.patroni, ['patroni.yml']);
  }

  /** `kill -9` of everything on the machine: PostgreSQL with its backends, Patroni, etcd. */
  async kill(): Promise<void> {
    await this.#workplace.kill(this.#folder);
  }

  /** `kill -9` of PostgreSQL alone; Patroni sees it. */
  async killPostgres(): Promise<void> {
    await this.#workplace.kill(join(this.#folder, 'postgres'));
  }

  /** Everything on the machine stands still, its connections stay open. */
  async freeze(): Promise<void> {
    // Twice: what was being started meanwhile, too.
    for (let time = 0; time < 2; time += 1) this.#workplace.signal('SIGSTOP', this.#folder);
  }

  /** It goes on, and does not know that time has passed. */
  async thaw(): Promise<void> {
    this.#workplace.signal('SIGCONT', this.#folder);
  }

  /** What Patroni says about its PostgreSQL; undefined when it does not answer. */
  async status(): Promise<PatroniStatus | undefined> {
    return this.#ask<PatroniStatus>('patroni');
  }

  /** What Patroni knows of the cluster; undefined when it does not answer. */
  async members(): Promise<Member[] | undefined> {
    return (await this.#ask<{ members: Member[] }>('cluster'))?.members;
  }

  async #ask<Answer>(path: string): Promise<Answer | undefined> {
    const { address, patroni } = this.place;
    try {
      const signal = AbortSignal.timeout(2000);
      const response = await fetch(`http://${address}:${patroni}/${path}`, { signal });
      return (await response.json()) as Answer; // as Patroni's REST API documents it
    } catch {
      return undefined;
    }
  }
}

/** `GET /patroni`, as far as it is of interest here. */
interface PatroniStatus {
  state: string;
  role: string;
  replication?: { application_name: string; state: string }[];
}

/** One of `GET /cluster`. */
export interface Member {
  name: string;
  role: string;
  state: string;
}
