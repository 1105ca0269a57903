// The package's types promise `RateLimiterStoreAbstract`, its index.js does not export it (11.4.0).
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  export { RateLimiterStoreAbstract as default } from 'rate-limiter-flexible';
}
