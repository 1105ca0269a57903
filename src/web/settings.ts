/** The settings that the service writes into an attribute of the page's `body`. */
export interface Settings {
  /** The demo user's credentials, if there is a demo user. */
  demo?: { username: string; password: string };
  /** Whether new users may register. */
  registration: boolean;
  /** How long a spent refresh token gets its successor again. */
  reuseLeewaySeconds: number;
}

/** Reads the settings of this page. */
export function readSettings(): Settings {
  return JSON.parse(document.body.dataset['settings'] ?? '{}');
}
