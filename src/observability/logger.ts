import { type DestinationStream, type Logger, pino } from 'pino';

/** Members that are redacted, at up to two levels within a logged object. */
const SECRETS = [
  'authorization',
  'refresh-token',
  'cookie',
  'password',
  'current_password',
  'new_password',
  'access_token',
  'refresh_token',
];

/** Creates a logger of JSON lines that redacts secrets. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const paths = SECRETS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);
  const options = {
    level,
    base: null,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: serializeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Other members of an error may have parts of the request. */
function serializeError(error: Error) {
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack };
}
