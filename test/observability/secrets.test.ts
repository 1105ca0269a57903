// Every secret there is, in every place that a client can put it, through every operation, with a
// database that works and with one that does not: it stands in nothing that the service puts out.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { expect, test } from 'vitest';
