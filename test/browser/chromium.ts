import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll } from 'vitest';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const places = [
  process.env['CHROME_PATH'] ?? '',
  ...names.map((name) => `/usr/bin/${name}`),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
];

/** A name of this machine that is no secure context: pages there have no Web Locks. */
export const PLAIN_HOST = 'plain-http.test';

/**
 * Starts the machine's Chromium or Chrome for all tests of a file: under a usual name, or where
 * CHROME_PATH says.
 */
export async function startSharedBrowser(): Promise<Browser> {
  const executablePath = places.find((place) => existsSync(place));
  if (!executablePath) throw new Error('no Chromium or Chrome found: set CHROME_PATH to one');
  const args = [
    '--no-sandbox',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-features=LocalNetworkAccessChecks', // a page of PLAIN_HOST may call this machine
    `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
  ];
  const browser = await chromium.launch({ executablePath, args });
  afterAll(() => browser.close());
  return browser;
}
