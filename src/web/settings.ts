/** What the service tells the page about itself, in an attribute of the page's `body`. */
export interface Settings {
  /** The demo user's credentials, where there is one. */
  demo?: { username: string; password: string };
  /** Whether anyone may register. */
  registration: boolean;
  /** For how long a spent refresh token is answered with its successor again. */
  reuseLeewaySeconds: number;
}

/** The settings of the page that this runs in. */
export function readSettings(): Settings {
  return JSON.parse(document.body.dataset['settings'] ?? '{}');
}
