/** Makes elements from a template: `<p class=${name}>…</p>`, `<${Component} property=${value} />`. */
export { html } from 'htm/preact';
